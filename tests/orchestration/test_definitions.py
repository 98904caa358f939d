"""Dagster's view of the graph: complete, described, and the same as the graph of identities."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

import assets as assets_package
import deploy
import evaluation
import model
import orchestration
import training
from assets.recipes.ablation import VARIANTS, ablation_name
from assets.recipes.catalogue import RECIPES, recipe
from assets.recipes.code_versions import CODE_VERSIONS
from assets.recipes.graph import RecipeGraph, ablation_step, raw_step, withdrawn_step
from orchestration.definitions import ASSETS, build_definitions
from orchestration.settings import PROJECT_ROOT, Settings
from tests.golden.text import assert_golden

FAMILIES = {
    "checkpoints", "corpora", "mixtures", "models", "releases", "reports", "synthesis",
    "tokenizers",
}  # fmt: skip


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    return build_definitions(Settings.from_env({"MATERIA_HOME": str(tmp_path)}))


def specs() -> Iterator[dg.AssetSpec]:
    for asset in ASSETS:
        yield from asset.specs


def node_of(key: dg.AssetKey) -> str:
    return "/".join(key.path)


def test_our_packages_are_the_ones_of_this_project() -> None:
    for package in (assets_package, deploy, evaluation, model, orchestration, training):
        assert package.__file__ is not None
        assert Path(package.__file__).parents[1] == PROJECT_ROOT


def test_every_node_has_an_asset_and_every_asset_a_node() -> None:
    assert {node_of(spec.key) for spec in specs()} == set(CODE_VERSIONS)


def test_group_family_and_first_key_part_are_one() -> None:
    for spec in specs():
        assert spec.group_name == spec.key.path[0]
        assert spec.group_name in FAMILIES


def test_every_asset_tells_a_person_what_it_is() -> None:
    for spec in specs():
        assert len(spec.description or "") > 30, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.code_version == CODE_VERSIONS[node_of(spec.key)]


def test_every_asset_is_checked() -> None:
    for asset in ASSETS:
        assert list(asset.check_specs), asset.keys


def test_dagster_draws_the_dependencies_that_identities_have() -> None:
    drawn = {node_of(s.key): {node_of(dep.asset_key) for dep in s.deps} for s in specs()}
    for node, inputs in _identities().items():
        assert inputs <= drawn[node], node
        assert drawn[node] <= inputs, node


def test_the_whole_view_is_golden(definitions: dg.Definitions) -> None:
    view = {
        "assets": {
            node_of(spec.key): {
                "deps": sorted(node_of(dep.asset_key) for dep in spec.deps),
                "kinds": sorted(spec.kinds),
                "owners": list(spec.owners),
            }
            for spec in specs()
        },
        "checks": sorted(
            f"{node_of(check.asset_key)}: {check.name}{' (blocking)' if check.blocking else ''}"
            for asset in ASSETS
            for check in asset.check_specs
        ),
        "jobs": {job.name: job.description for job in definitions.jobs or ()},
        "partitions": {
            node_of(spec.key): None
            if spec.partitions_def is None
            else sorted(spec.partitions_def.get_partition_keys())
            for spec in specs()
        },
        "schedules": [schedule.name for schedule in definitions.schedules or ()],
        "sensors": [sensor.name for sensor in definitions.sensors or ()],
    }
    assert_golden("definitions.json", json.dumps(view, indent=1, sort_keys=True) + "\n")


def test_automation_is_off_until_someone_turns_it_on(definitions: dg.Definitions) -> None:
    for schedule in definitions.schedules or ():
        assert isinstance(schedule, dg.ScheduleDefinition)
        assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    for sensor in definitions.sensors or ():
        assert sensor.default_status == dg.DefaultSensorStatus.STOPPED


def test_the_definitions_are_loadable(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def _identities() -> dict[str, set[str]]:
    raw = {
        source: raw_step({"name": source}, {"files": []})
        for name in RECIPES
        for source in recipe(name).source_names
    }
    found: dict[str, set[str]] = {
        "corpora/raw": set(),
        "corpora/documents": {"corpora/raw"},
        "corpora/withdrawn": set(),
        "mixtures/signatures": {"corpora/documents"},
    }
    lists = withdrawn_step({"version": "", "files": []})
    graphs = {name: RecipeGraph(recipe(name), raw, {"version": "1"}, lists) for name in RECIPES}
    table = ablation_step({v: graphs[ablation_name(v)] for v in VARIANTS})
    for step in [table, *[s for graph in graphs.values() for s in graph.steps.values()]]:
        found.setdefault(step.node, set()).update(parent.node for parent in step.inputs)
    return found
