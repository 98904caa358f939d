"""A changed literal makes exactly its descendants stale, in its partition, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest

from assets.corpora.benchmarks import benchmark_package
from assets.corpora.sources import source
from assets.fakes import FakeLake, FakeTracker, fake_manifest
from assets.lineage.build import Work
from assets.lineage.defs import artifact_asset
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.platform import Platform
from assets.recipes.graph import RecipeGraph, raw_step
from assets.recipes.smoke import smoke
from orchestration.dagster_staleness import report_staleness, tell_pages
from orchestration.staleness import explain, stale_artifacts, stale_recipes
from tests.orchestration.runs import record_of
from tests.orchestration.toy_platform import Toy, work

PARTITIONS = ("one", "two")
EDGES = {
    "mixtures/deduped": (),
    "tokenizers/tokenizer": ("mixtures/deduped",),
    "mixtures/stage1": ("mixtures/deduped",),
    "checkpoints/stage1": ("tokenizers/tokenizer", "mixtures/stage1"),
    "reports/scorecard": ("checkpoints/stage1",),
}
BELOW_STAGE1 = ["mixtures/stage1", "checkpoints/stage1", "reports/scorecard"]


class Graph:
    """Five nodes, two partitions, one literal each."""

    def __init__(self, folder: Path) -> None:
        self.toy = Toy(home=folder, tracker=FakeTracker())
        self.lake = self.toy.lake
        self.literals = {(node, name): 1 for node in EDGES for name in PARTITIONS}

    def steps(self, partition: str) -> dict[str, Step]:
        made: dict[str, Step] = {}
        for node, above in EDGES.items():
            family, name = node.split("/")
            made[node] = Step(
                family=family,
                name=name,
                partition=partition,
                code_version="1",
                config={"of": partition, "schedule": {"lr": self.literals[node, partition]}},
                inputs=tuple(made[i] for i in above),
            )
        return made

    def definitions(self) -> dg.Definitions:
        def asset(node: str, above: tuple[str, ...]) -> dg.AssetsDefinition:
            def prepare(platform: Platform, partition: str) -> tuple[Step, Work]:
                return self.steps(partition)[node], work

            return artifact_asset(
                node,
                None,
                description="toy",
                partitions=dg.StaticPartitionsDefinition(list(PARTITIONS)),
                deps=above,
                kinds={"file"},
                owner="team:data",
                prepare=prepare,
            )

        return dg.Definitions(
            assets=[asset(node, above) for node, above in EDGES.items()],
            resources={"platform": self.toy.platform},
        )

    def materialize(self, instance: dg.DagsterInstance, partition: str, *nodes: str) -> None:
        job = self.definitions().resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(
            instance=instance,
            partition_key=partition,
            asset_selection=[dg.AssetKey(node.split("/")) for node in nodes or EDGES],
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        assert result.success

    def stale(self, partition: str) -> dict[str, tuple[str, ...]]:
        found = explain(self.steps(partition).values(), partition, self.lake)
        return {entry.node: entry.reasons for entry in found}

    def stale_on_the_page(self, instance: dg.DagsterInstance, partition: str) -> list[str]:
        """Return what Dagster itself holds for stale, as its page computes it."""
        from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
        from dagster._core.loader import LoadingContextForTest

        resolver = CachingStaleStatusResolver(
            instance, self.definitions().resolve_asset_graph(), LoadingContextForTest(instance)
        )
        return [
            node
            for node in EDGES
            if resolver.get_status(dg.AssetKey(node.split("/")), partition) != StaleStatus.FRESH
        ]


Run = tuple[Graph, dg.DagsterInstance]


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return Graph(tmp_path)


@pytest.fixture
def instance(graph: Graph) -> Iterator[dg.DagsterInstance]:
    with graph.toy.open_dagster() as instance:
        for partition in PARTITIONS:
            graph.materialize(instance, partition)
        yield instance


@pytest.fixture(scope="module")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run of all nodes in both partitions; tests read it."""
    graph = Graph(tmp_path_factory.mktemp("run"))
    with graph.toy.open_dagster() as instance:
        for partition in PARTITIONS:
            graph.materialize(instance, partition)
        yield graph, instance


def test_after_a_run_nothing_is_stale_here_or_on_the_page(run_once: Run) -> None:
    graph, instance = run_once
    for partition in PARTITIONS:
        assert graph.stale(partition) == {}
        assert graph.stale_on_the_page(instance, partition) == []


def test_a_changed_literal_makes_its_descendants_stale_in_its_partition_only(
    run_once: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, _ = run_once
    monkeypatch.setitem(graph.literals, ("mixtures/stage1", "one"), 2)
    assert graph.stale("one") == {
        "mixtures/stage1": ("schedule.lr 1 -> 2",),
        "checkpoints/stage1": ("its input mixtures/stage1[one] is stale",),
        "reports/scorecard": ("its input checkpoints/stage1[one] is stale",),
    }
    assert graph.stale("two") == {}
    found = explain(graph.steps("one").values(), "one", graph.lake)
    assert {entry.roots for entry in found} == {("mixtures/stage1[one]",)}


@pytest.mark.slow
def test_the_page_follows_from_the_change_to_its_last_descendant(
    graph: Graph, instance: dg.DagsterInstance
) -> None:
    graph.literals["mixtures/stage1", "one"] = 2
    for made, next_one in pairwise(BELOW_STAGE1):
        graph.materialize(instance, "one", made)
        assert graph.stale_on_the_page(instance, "one") == [next_one]
        assert next(iter(graph.stale("one"))) == next_one
        assert graph.stale("one")[next_one] == (f"its input {made}[one] was made anew",)
    graph.materialize(instance, "one", BELOW_STAGE1[-1])
    assert graph.stale_on_the_page(instance, "one") == []
    assert graph.stale("one") == {}
    assert graph.stale_on_the_page(instance, "two") == []


@pytest.mark.slow
def test_a_return_to_what_was_there_before_makes_nothing_stale_once_it_is_told(
    graph: Graph, instance: dg.DagsterInstance
) -> None:
    graph.literals["mixtures/stage1", "one"] = 2
    graph.materialize(instance, "one", *BELOW_STAGE1)
    graph.literals["mixtures/stage1", "one"] = 1
    assert graph.stale("one") == {}  # the lake has it all
    graph.materialize(instance, "one", *BELOW_STAGE1)
    assert graph.stale_on_the_page(instance, "one") == []


@pytest.mark.slow
def test_the_pages_are_told_the_reasons_once_and_that_they_are_gone(
    graph: Graph, instance: dg.DagsterInstance
) -> None:
    def report() -> int:
        found = explain(graph.steps("one").values(), "one", graph.lake)
        return report_staleness(instance, found, [(node, "one") for node in EDGES])

    assert report() == 0
    graph.literals["mixtures/stage1", "one"] = 2
    assert report() == len(BELOW_STAGE1)
    assert report() == 0
    assert observed(instance, "mixtures/stage1", "one") == (True, "schedule.lr 1 -> 2")
    assert observed(instance, "reports/scorecard", "one") == (
        True,
        "its input checkpoints/stage1[one] is stale",
    )
    assert observed(instance, "mixtures/stage1", "two") is None
    assert observed(instance, "tokenizers/tokenizer", "one") is None
    graph.literals["mixtures/stage1", "one"] = 3
    assert report() == len(BELOW_STAGE1)
    graph.materialize(instance, "one", *BELOW_STAGE1)
    assert report() == len(BELOW_STAGE1)
    assert observed(instance, "mixtures/stage1", "one") == (False, "")


def observed(
    instance: dg.DagsterInstance, node: str, partition: str
) -> tuple[object, object] | None:
    records = instance.fetch_observations(
        dg.AssetRecordsFilter(asset_key=dg.AssetKey(node.split("/")), asset_partitions=[partition]),
        limit=1,
    ).records
    if not records or records[0].asset_observation is None:
        return None
    metadata = records[0].asset_observation.metadata
    return metadata["stale"].value, metadata["why"].value if "why" in metadata else ""


# On a real recipe, with nothing but manifests.


def commit(lake: FakeLake, step: Step, number: int) -> Manifest:
    attempt = lake.begin(step.family, step.name, step.fingerprint)
    (attempt.scratch / "a.txt").write_text(step.fingerprint)
    manifest = replace(
        fake_manifest(step, attempt.scratch),
        inputs=tuple(
            record_of(lake.committed[i.family, i.name, i.fingerprint]) for i in step.inputs
        ),
        finished_at=f"2026-01-01T00:00:{number:02}+00:00",
    )
    lake.commit(attempt, manifest)
    return manifest


@pytest.fixture
def made(tmp_path: Path) -> FakeLake:
    """A lake with all of `smoke`."""
    lake, number = FakeLake(tmp_path / "lake"), 0
    raw = {
        name: raw_step(source(name).to_dict(), {"source": name, "version": "1", "files": []})
        for name in smoke().source_names
    }
    graph = RecipeGraph(smoke(), raw, benchmark_package())

    def visit(step: Step) -> None:
        nonlocal number
        for above in step.inputs:
            visit(above)
        if lake.find(step.family, step.name, step.fingerprint) is None:
            number += 1
            commit(lake, step, number)

    for step in graph.steps.values():
        visit(step)
    return lake


def test_a_whole_recipe_is_not_stale(made: FakeLake) -> None:
    assert stale_artifacts(made, "smoke") == []
    assert stale_recipes(made) == []


def test_a_recipes_learning_rate_re_makes_the_stage_and_what_descends_from_it(
    made: FakeLake,
) -> None:
    recipe = smoke()
    first, second, third = recipe.stages
    changed = replace(recipe, stages=(first, replace(second, peak_lr=0.123), third))
    raw = {
        manifest.partition: raw_step(manifest.config["source"], manifest.config["snapshot"])
        for manifest in made.manifests("corpora", "raw")
    }
    graph = RecipeGraph(changed, raw, benchmark_package())
    found = {e.node: e for e in explain(graph.steps.values(), "smoke", made)}
    (reason,) = found["checkpoints/stage2"].reasons
    assert reason.startswith("schedule.peak_lr ") and reason.endswith(" -> 0.123")
    assert {entry.roots for entry in found.values()} == {("checkpoints/stage2[smoke]",)}
    assert set(found) == {
        "checkpoints/stage2", "checkpoints/stage3", "models/sft_general", "models/sft_medical",
        "reports/perplexity", "reports/benchmarks", "reports/medical", "reports/needle",
        "reports/scorecard", "releases/release",
    }  # fmt: skip


def test_a_new_snapshot_of_a_source_is_a_reason_of_its_own(made: FakeLake) -> None:
    newer = raw_step(source("hpo").to_dict(), {"source": "hpo", "version": "2", "files": []})
    commit(made, newer, 59)
    found = {entry.key: entry for entry in stale_artifacts(made, "smoke")}
    assert found["corpora/documents[hpo]"].reasons == ("its input corpora/raw[hpo] was made anew",)
    assert found["corpora/documents[hpo]"].roots == ("corpora/raw[hpo]",)
    assert "corpora/documents[icd10cm]" not in found
    assert stale_recipes(made) == ["smoke"]


def test_the_pages_of_a_recipe_are_told_at_once(made: FakeLake, tmp_path: Path) -> None:
    with Toy(home=tmp_path / "home", tracker=FakeTracker()).open_dagster() as instance:
        assert tell_pages(instance, made, "smoke") == 0
        newer = raw_step(source("hpo").to_dict(), {"source": "hpo", "version": "2", "files": []})
        commit(made, newer, 59)
        told = tell_pages(instance, made, "smoke")
        assert told == len(stale_artifacts(made, "smoke"))
        assert tell_pages(instance, made, "smoke") == 0
        assert observed(instance, "corpora/documents", "hpo") == (
            True,
            "its input corpora/raw[hpo] was made anew",
        )


def test_raised_code_and_an_artifact_that_never_was_are_told(made: FakeLake) -> None:
    step = Step(family="mixtures", name="new", partition="x", code_version="1", config={})
    (entry,) = explain([step], "x", made)
    assert (entry.reasons, entry.last) == (("it was never made",), "")
    commit(made, step, 58)
    (entry,) = explain([replace(step, code_version="2")], "x", made)
    assert (entry.reasons, entry.last) == (("code version 1 -> 2",), step.fingerprint)


def test_inputs_that_came_or_went_are_counted(made: FakeLake) -> None:
    above = Step(family="corpora", name="a", partition="x", code_version="1", config={})
    step = Step(family="mixtures", name="m", partition="x", code_version="1", config={})
    commit(made, above, 57)
    commit(made, step, 58)
    (entry,) = explain([replace(step, inputs=(above,))], "x", made)
    assert "1 inputs corpora/a instead of 0" in entry.reasons
