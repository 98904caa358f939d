"""A lost database of Dagster or MLflow is written again from the lake alone, as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.dagster_rebuild import REBUILT_TAG, rebuild_dagster
from orchestration.dagster_views import INPUT_EVENT, DagsterViews
from orchestration.mlflow_views import stray_runs
from orchestration.published import published_in
from orchestration.tracker import MlflowTracker
from orchestration.tracker_sync import rebuild
from orchestration.verify import verify
from orchestration.view_checks import dagster_view, mlflow_view
from tests.orchestration.toy_platform import Toy

pytestmark = pytest.mark.slow

RECIPE, SIBLING = "smoke", "tiny"
_BY_DAGSTER = (INPUT_EVENT, "dagster/input_data_version/", REBUILT_TAG)
"""They count rows of one database, or say that the event was written again."""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    toy = Toy.with_mlflow(tmp_path_factory.mktemp("toy"))
    with toy.open_dagster() as instance:
        toy.make(instance, [RECIPE])
        # Shares benchmarks and nothing else, and has made two artifacts of its own.
        toy.make_sources(instance, [SIBLING])
        toy.materialize(instance, SIBLING, "corpora/benchmarks", "mixtures/deduped")
    tracker = mlflow(toy)
    for manifest in toy.lake.manifests("releases", "release"):
        tracker.register_model(
            recipe=manifest.config["recipe"],
            manifest=manifest,
            uri=toy.lake.uri(manifest),
            alias="candidate",
        )
    # Curves are sent while a job runs; here there was none.
    rebuild(tracker, toy.lake)
    yield toy


def mlflow(toy: Toy) -> MlflowTracker:
    assert isinstance(toy.tracker, MlflowTracker)
    return toy.tracker


def rebuild_all(toy: Toy, instance: dg.DagsterInstance) -> int:
    tracker = mlflow(toy)
    runs = rebuild(tracker, toy.lake)
    return rebuild_dagster(
        instance,
        toy.definitions().resolve_asset_graph(),
        toy.platform,
        runs=runs,
        published=published_in(tracker, toy.lake),
    )


def dagster_view_of(toy: Toy, instance: dg.DagsterInstance) -> dict[tuple[str, str], Any]:
    """Return, per asset and partition, what its page shows of the newest materialization."""
    views = {}
    for key in instance.all_asset_keys():
        node = "/".join(key.path)
        told = DagsterViews(instance).newest(node)
        for partition in instance.get_materialized_partitions(key):
            event = instance.get_latest_data_version_record(key, partition_key=partition)
            assert event is not None and event.asset_materialization is not None
            tags = event.asset_materialization.tags or {}
            metadata = dict(event.asset_materialization.metadata)
            # The link holds the run's id, which a new MLflow gives anew.
            metadata["mlflow_run"] = "mlflow_run" in metadata
            metadata.pop("reused")
            for name in ("registered_model", "version", "alias"):
                metadata.pop(name, None)
            kept = {k: v for k, v in tags.items() if not k.startswith(_BY_DAGSTER)}
            views[node, partition] = (metadata, kept, told[partition].fingerprint)
    return views


def mlflow_view_of(toy: Toy) -> dict[str, Any]:
    """Return runs, models and versions by fingerprint, without MLflow's own ids and times."""
    tracker, found = mlflow(toy), {}
    for manifest in toy.lake.manifests():
        run_id = tracker.writer.run_of(manifest)
        run = tracker.connection.request("read", lambda c, r=run_id: c.get_run(r))
        tags = {k: v for k, v in run.data.tags.items() if k != "materia.attempt"}
        model = tracker.writer.models.of_run(manifest, run_id)
        found[manifest.fingerprint] = (
            (run.info.run_name, run.info.status, run.info.end_time),
            (tags, dict(run.data.params), dict(run.data.metrics)),
            sorted((i.dataset.name, i.dataset.digest) for i in run.inputs.dataset_inputs),
            (len(run.inputs.model_inputs), len(run.outputs.model_outputs)),
            {key: tracker.writer.points(run_id, key) for key in run.data.metrics},
            (model.name, model.model_type, dict(model.tags)) if model else None,
        )
    for recipe in (RECIPE, SIBLING):
        versions = tracker.writer.versions(recipe)
        tags_of = [{k: t for k, t in v.tags.items() if "model_id" not in k} for v in versions]
        found[recipe] = (tags_of, tracker.writer.models.aliases(recipe))
    return found


def problems(toy: Toy, instance: dg.DagsterInstance) -> list[str]:
    tracker, manifests = mlflow(toy), list(toy.lake.manifests())
    views = DagsterViews(instance)
    checks = [mlflow_view(tracker, toy.lake), dagster_view(views, tracker, toy.platform)]
    found = verify(toy.lake, manifests, checks)
    return [*found, *stray_runs(tracker, manifests), *views.strays(manifests)]


def stale(toy: Toy, instance: dg.DagsterInstance) -> list[str]:
    """Return what Dagster's own page holds for stale of the materialized partitions."""
    from dagster._core.definitions.data_version import CachingStaleStatusResolver
    from dagster._core.loader import LoadingContextForTest

    graph = toy.definitions().resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    return [
        f"{'/'.join(key.path)}[{partition}]: {cause.reason} {cause.dependency}"
        for key in graph.materializable_asset_keys
        for partition in instance.get_materialized_partitions(key)
        for cause in resolver.get_stale_causes(key, partition)
    ]


def test_both_views_agree_with_the_lake_from_the_start(toy: Toy) -> None:
    with toy.open_dagster() as instance:
        assert problems(toy, instance) == []
        assert stale(toy, instance) == []


def test_a_rebuild_of_what_is_whole_reports_nothing(toy: Toy) -> None:
    with toy.open_dagster() as instance:
        before = dagster_view_of(toy, instance), mlflow_view_of(toy)
        assert rebuild_all(toy, instance) == 0
        assert (dagster_view_of(toy, instance), mlflow_view_of(toy)) == before


def test_dagsters_pages_come_back_from_an_empty_database(toy: Toy) -> None:
    with toy.open_dagster() as instance:
        before = dagster_view_of(toy, instance)
    shutil.rmtree(toy.home / "dagster")
    with toy.open_dagster() as instance:
        assert not instance.all_asset_keys()
        assert rebuild_all(toy, instance) >= len(before)
        after = dagster_view_of(toy, instance)
        assert after == before
        assert len({partition for _, partition in after}) > 5
        assert stale(toy, instance) == []
        assert rebuild_all(toy, instance) == 0
        assert problems(toy, instance) == []


def test_mlflow_comes_back_from_an_empty_database_and_dagster_links_to_the_new_runs(
    toy: Toy,
) -> None:
    before = mlflow_view_of(toy)
    # MLflow keeps a deleted file open as long as this process lives, so the new one has a name.
    fresh = Toy.with_mlflow(toy.home, database="fresh.db")
    with fresh.open_dagster() as instance:
        assert rebuild_all(fresh, instance) > 0  # the links of Dagster's pages
        assert mlflow_view_of(fresh) == before
        assert rebuild_all(fresh, instance) == 0
        assert problems(fresh, instance) == []
    toy.tracker = fresh.tracker


def test_one_lost_event_is_reported_again_and_what_is_newest_stays_newest(toy: Toy) -> None:
    key = dg.AssetKey(["checkpoints", "stage2"])
    with toy.open_dagster() as instance:
        instance.wipe_assets([key])
        assert any("checkpoints/stage2" in text for text in problems(toy, instance))
        # The event, and that of its one consumer, which pointed at the lost one.
        assert rebuild_all(toy, instance) == 2
        assert problems(toy, instance) == []
        assert stale(toy, instance) == []
        assert rebuild_all(toy, instance) == 0


def test_a_forged_event_is_superseded_by_what_the_lake_says(toy: Toy) -> None:
    (manifest,) = [m for m in toy.lake.manifests("checkpoints", "stage1") if m.partition == RECIPE]
    with toy.open_dagster() as instance:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                asset_key=dg.AssetKey(["checkpoints", "stage1"]),
                partition=RECIPE,
                metadata={"fingerprint": manifest.fingerprint, "digest": "0" * 64},
                tags={"dagster/data_version": "forged"},
            )
        )
        found = problems(toy, instance)
        assert any("says data version forged" in text for text in found)
        assert any("says digest is '000000" in text for text in found)
        assert rebuild_all(toy, instance) == 1
        assert problems(toy, instance) == []


def test_a_folder_of_artifacts_alone_is_enough(toy: Toy, tmp_path: Path) -> None:
    """Another home, the same lake: nothing but manifests and files is carried over."""
    shutil.copytree(toy.home / "lake", tmp_path / "lake")
    moved = Toy.with_mlflow(tmp_path)
    with moved.open_dagster() as instance:
        assert rebuild_all(moved, instance) > 0
        assert problems(moved, instance) == []
