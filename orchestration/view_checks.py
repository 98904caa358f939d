"""The comparisons of `materia verify`: one manifest against MLflow, and against Dagster."""

from __future__ import annotations

from assets.lineage.build import Built
from assets.lineage.canonical import sha256_of_file
from assets.lineage.defs import describe
from assets.lineage.manifest import Manifest
from assets.platform import Platform
from assets.ports import Lake
from orchestration.dagster_views import DagsterViews
from orchestration.mlflow_connection import TrackerUnavailable
from orchestration.mlflow_views import check_run
from orchestration.tracker import MlflowTracker
from orchestration.tracker_sync import journal_points
from orchestration.verify import View


def mlflow_view(tracker: MlflowTracker, lake: Lake) -> View:
    def check(manifest: Manifest) -> list[str]:
        try:
            journal = journal_points(tracker, lake, manifest)
        except OSError:
            journal = []  # a file that is gone or damaged is named by the comparison of files
        return check_run(tracker, manifest, lake.uri(manifest), journal)

    return check


def dagster_view(views: DagsterViews, tracker: MlflowTracker, platform: Platform) -> View:
    def check(manifest: Manifest) -> list[str]:
        try:
            run_id = tracker.writer.run_of(manifest)
        except TrackerUnavailable:
            run_id = ""  # said once by the comparison with MLflow
        built = Built(
            manifest=manifest, uri=platform.lake.uri(manifest), reused=False, mlflow_url=""
        )
        metadata = describe(built, platform, pictures=_pictures_hold(platform.lake, manifest))
        return views.check(manifest, metadata, run_id)

    return check


def _pictures_hold(lake: Lake, manifest: Manifest) -> bool:
    """Whether all pictures are what they were: what is not is named by the comparison of files."""
    try:
        entries = [manifest.file(name) for name in manifest.pictures]
        return all(sha256_of_file(lake.fetch(manifest, e)) == e.sha256 for e in entries)
    except (OSError, KeyError):
        return False
