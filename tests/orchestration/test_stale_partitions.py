"""One source changes, and exactly the partitions that descend from it are stale: on Dagster's own
page, edge by edge as it sees, and by our fingerprints, all at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from assets.fakes import FakeTracker
from orchestration.staleness import stale_artifacts
from tests.orchestration.toy_platform import Toy

pytestmark = pytest.mark.slow

ONLY_SMOKE, SHARED = "inbox", "hpo"
RECIPES = ("smoke", "tiny")
Place = tuple[str, str]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    toy = Toy(home=tmp_path_factory.mktemp("toy"), tracker=FakeTracker())
    with toy.open_dagster() as instance:
        toy.make(instance, RECIPES)
    return toy


@pytest.fixture
def instance(toy: Toy) -> Iterator[dg.DagsterInstance]:
    with toy.open_dagster() as instance:
        yield instance


def on_the_page(toy: Toy, instance: dg.DagsterInstance) -> set[Place]:
    """Return what Dagster holds for stale among all that was ever made, as its page computes it."""
    from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
    from dagster._core.loader import LoadingContextForTest

    resolver = CachingStaleStatusResolver(
        instance, toy.definitions().resolve_asset_graph(), LoadingContextForTest(instance)
    )
    return {
        ("/".join(key.path), partition)
        for key in instance.all_asset_keys()
        for partition in instance.get_materialized_partitions(key)
        if resolver.get_status(key, partition) == StaleStatus.STALE
    }


def by_fingerprint(toy: Toy) -> set[Place]:
    found = [entry for name in RECIPES for entry in stale_artifacts(toy.lake, name)]
    return {(entry.node, entry.partition) for entry in found}


def below(toy: Toy, source: str) -> set[Place]:
    """Return all that was made from a source, by walking the manifests' inputs."""
    manifests = list(toy.lake.manifests())
    reached = {m.fingerprint for m in manifests if (m.name, m.partition) == ("raw", source)}
    found: set[Place] = set()
    while True:
        more = [
            manifest
            for manifest in manifests
            if manifest.fingerprint not in reached
            and any(record.fingerprint in reached for record in manifest.inputs)
        ]
        if not more:
            return found
        reached |= {manifest.fingerprint for manifest in more}
        found |= {(f"{m.family}/{m.name}", m.partition) for m in more}


def test_everything_that_was_just_made_is_fresh(toy: Toy, instance: dg.DagsterInstance) -> None:
    assert on_the_page(toy, instance) == by_fingerprint(toy) == set()


def test_a_source_of_one_recipe_makes_only_that_recipe_stale(
    toy: Toy, instance: dg.DagsterInstance
) -> None:
    descend = below(toy, ONLY_SMOKE)
    assert {partition for _, partition in descend} == {ONLY_SMOKE, "smoke"}
    toy.versions[ONLY_SMOKE] = "2"
    toy.materialize(instance, ONLY_SMOKE, "corpora/raw")
    assert by_fingerprint(toy) == descend
    assert on_the_page(toy, instance) == {("corpora/documents", ONLY_SMOKE)}
    toy.materialize(instance, ONLY_SMOKE, "corpora/documents")
    assert by_fingerprint(toy) == descend - {("corpora/documents", ONLY_SMOKE)}
    # Direct consumers: the sketches of the source, and in the recipe that names it what reads it.
    assert on_the_page(toy, instance) == {
        ("mixtures/signatures", ONLY_SMOKE),
        ("mixtures/deduped", "smoke"),
        ("reports/data_docs", "smoke"),
    }


def test_a_source_of_both_recipes_makes_both_stale(toy: Toy, instance: dg.DagsterInstance) -> None:
    before = on_the_page(toy, instance)
    descend = below(toy, SHARED)
    assert {partition for _, partition in descend} == {SHARED, *RECIPES}
    toy.versions[SHARED] = "2"
    toy.materialize(instance, SHARED, "corpora/raw", "corpora/documents", "mixtures/signatures")
    # Its facts are read raw by synthesis as well.
    assert on_the_page(toy, instance) - before == {
        ("mixtures/deduped", "tiny"),
        ("reports/data_docs", "tiny"),
        ("synthesis/questions", "smoke"),
        ("synthesis/questions", "tiny"),
    }
    assert by_fingerprint(toy) >= descend - {
        ("corpora/documents", SHARED),
        ("mixtures/signatures", SHARED),
    }


def test_made_anew_both_are_fresh_everywhere(toy: Toy, instance: dg.DagsterInstance) -> None:
    toy.materialize(instance, ONLY_SMOKE, "mixtures/signatures")
    for name in RECIPES:
        toy.materialize(instance, name, *toy.graph(name).steps)
    assert on_the_page(toy, instance) == by_fingerprint(toy) == set()


def test_every_partition_reports_its_fingerprint_as_its_data_version(
    toy: Toy, instance: dg.DagsterInstance
) -> None:
    for name in RECIPES:
        for node, step in toy.graph(name).steps.items():
            record = instance.get_latest_data_version_record(
                dg.AssetKey(node.split("/")), partition_key=name
            )
            assert record is not None and record.asset_materialization is not None
            tags = record.asset_materialization.tags or {}
            assert tags["dagster/data_version"] == step.fingerprint, (node, name)
