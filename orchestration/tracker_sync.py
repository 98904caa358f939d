"""MLflow held against the lake: complete what an outage left, rebuild it all, name differences."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.lineage.manifest import Manifest
from assets.ports import Lake
from orchestration.journal_projection import Point, read_points
from orchestration.mlflow_connection import TrackerError, TrackerRefused, TrackerUnavailable
from orchestration.mlflow_records import (
    ATTEMPT,
    DAGSTER_URL,
    DIGEST,
    FINGERPRINT,
    NOTE,
    datasets_of,
    metrics_of,
    note_of,
    params_of,
    tags_of,
)
from orchestration.pending import PendingModel, PendingRun
from orchestration.tracker import MlflowTracker

if TYPE_CHECKING:
    from mlflow.entities import Run

logger = logging.getLogger(__name__)

JOURNAL = "journal.jsonl"
RELEASE = ("releases", "release")
_SHOWN_ONLY = frozenset({DAGSTER_URL, NOTE})
"""They hold addresses of the page, so a difference means nothing."""

_NOT_IN_LAKE = {
    "running": "the process that made it died",
    "committed": "its artifact is no longer in the lake",
    "failed": "no reason was given",
}


@dataclass(frozen=True, kw_only=True)
class SyncReport:
    completed: tuple[str, ...]
    waiting: tuple[str, ...]
    """Each with the reason."""


def sync(tracker: MlflowTracker, lake: Lake) -> SyncReport:
    """Tell MLflow what it missed; what cannot be told yet stays noted."""
    completed: list[str] = []
    waiting: list[str] = []
    with tracker.pending.exclusive():
        for run in tracker.pending.runs():
            if run.is_in_progress:
                waiting.append(f"{run.key}: still being made")
                continue
            try:
                completed.append(f"{run.key}: {_settle_run(tracker, lake, run)}")
            except TrackerError as error:
                waiting.append(f"{run.key}: {error}")
        for model in tracker.pending.models():
            try:
                completed.append(_settle_model(tracker, lake, model))
            except TrackerError as error:
                waiting.append(f"materia-{model.recipe}: {error}")
    return SyncReport(completed=tuple(completed), waiting=tuple(waiting))


def rebuild(tracker: MlflowTracker, lake: Lake) -> int:
    """Write every committed artifact to MLflow; returns how many. Raises TrackerError."""
    num_written = 0
    for manifest in lake.manifests():
        uri = lake.uri(manifest)
        tracker.writer.record(manifest, uri, journal=journal_points(lake, manifest))
        if (manifest.family, manifest.name) == RELEASE:
            tracker.writer.register(
                recipe=manifest.partition, manifest=manifest, uri=uri, alias="candidate"
            )
        num_written += 1
    return num_written


def journal_points(lake: Lake, manifest: Manifest) -> list[Point]:
    """Return the metrics that the artifact's own journal holds, if it has one."""
    for entry in manifest.files:
        if entry.path == JOURNAL:
            return read_points(lake.fetch(manifest, entry))
    return []


def check_run(tracker: MlflowTracker, manifest: Manifest, uri: str) -> list[str]:
    """Return each difference between a manifest and its MLflow run as a sentence."""
    try:
        run = _find(tracker, manifest)
        if run is None:
            return [
                f"{manifest.key}: MLflow has no run of fingerprint {manifest.short}; "
                "`materia sync` or `materia rebuild` writes it"
            ]
        found = _differences(tracker, manifest, uri, run)
        if (manifest.family, manifest.name) == RELEASE:
            found += _check_version(tracker, manifest)
    except TrackerUnavailable as error:
        return [f"{manifest.key}: not compared with MLflow: {error}"]
    return [f"{manifest.key}: MLflow run {run.info.run_id}: {what}" for what in found]


def _differences(tracker: MlflowTracker, manifest: Manifest, uri: str, run: Run) -> list[str]:
    found = []
    if run.info.status != "FINISHED":
        found.append(f"its status is {run.info.status}, but the artifact is committed")
    wanted = tags_of(manifest, uri, tracker.dagster_url)
    found += _compare("tag", wanted, run.data.tags, ignore=_SHOWN_ONLY)
    if not run.data.tags.get(NOTE, "").startswith(note_of(manifest)):
        found.append(f"tag {NOTE} does not begin with the manifest's summary")
    found += _compare("param", params_of(manifest.config), run.data.params)
    found += _compare("metric", metrics_of(manifest), run.data.metrics)
    recorded = {
        (i.dataset.name, tag.value)
        for i in run.inputs.dataset_inputs
        for tag in i.tags
        if tag.key == DIGEST
    }
    expected = {(record.name, record.full_digest) for record in datasets_of(manifest)}
    found += [
        f"input {name} with digest {digest} is missing"
        for name, digest in sorted(expected - recorded)
    ]
    found += [
        f"input {name} with digest {digest} was never read"
        for name, digest in sorted(recorded - expected)
    ]
    return found


def _check_version(tracker: MlflowTracker, manifest: Manifest) -> list[str]:
    versions = [
        version
        for version in tracker.writer.versions(manifest.partition)
        if version.tags.get(FINGERPRINT) == manifest.fingerprint
    ]
    if not versions:
        return [f"the model materia-{manifest.partition} has no version of this release"]
    return [
        f"model version {version.version} says digest {version.tags.get(DIGEST)}, "
        f"the manifest says {manifest.digest}"
        for version in versions
        if version.tags.get(DIGEST) != manifest.digest
    ]


def _compare(
    kind: str,
    wanted: Mapping[str, object],
    found: Mapping[str, object],
    ignore: frozenset[str] = frozenset(),
) -> list[str]:
    differences = []
    for name in sorted(wanted.keys() - ignore):
        if name not in found:
            differences.append(f"{kind} {name} is missing, the manifest says {wanted[name]!r}")
        elif found[name] != wanted[name]:
            differences.append(
                f"{kind} {name} is {found[name]!r}, the manifest says {wanted[name]!r}"
            )
    return differences


def _find(tracker: MlflowTracker, manifest: Manifest) -> Run | None:
    run_id = manifest.mlflow_run_id
    if run_id:
        try:
            return _read(tracker, run_id)
        except TrackerRefused:
            # Deleted, or MLflow was rebuilt under new run ids.
            logger.info("%s: no run %s, searching by fingerprint", manifest.key, run_id)
    tags = {FINGERPRINT: manifest.fingerprint, DIGEST: manifest.digest}
    found = tracker.writer.find_run(manifest.family, tags)
    return _read(tracker, found) if found else None


def _read(tracker: MlflowTracker, run_id: str) -> Run:
    return tracker.connection.request(f"read run {run_id}", lambda client: client.get_run(run_id))


def _settle_run(tracker: MlflowTracker, lake: Lake, run: PendingRun) -> str:
    """Complete or close one noted run and remove the note; returns what was done."""
    writer = tracker.writer
    run_id = run.run_id or writer.find_run(run.family, {ATTEMPT: run.attempt})
    manifest = lake.find(run.family, run.name, run.fingerprint) if run.stage != "failed" else None
    if manifest is not None:
        # Another attempt may have committed; its own run is then the one to complete.
        is_ours = manifest.mlflow_run_id in ("", run_id)
        done = writer.record(
            manifest,
            lake.uri(manifest),
            run_id=run_id if is_ours else "",
            journal=journal_points(lake, manifest),
        )
        run_id = run_id or (done if is_ours else "")
        outcome = f"recorded as run {done}"
    elif run_id:
        status = "FAILED" if run.stage == "failed" else "KILLED"
        writer.end_failed(run_id, run.reason or _NOT_IN_LAKE[run.stage], status=status)
        outcome = f"run {run_id} marked {status}"
    else:
        outcome = "nothing was committed and no run was opened"
    if run_id:
        writer.log_points(run_id, run.points)
    tracker.pending.remove(run)
    return outcome


def _settle_model(tracker: MlflowTracker, lake: Lake, model: PendingModel) -> str:
    manifest = lake.find(model.family, model.name, model.fingerprint)
    if manifest is None:
        tracker.pending.remove(model)
        return f"materia-{model.recipe}: its release is not in the lake, nothing to register"
    version = tracker.writer.register(
        recipe=model.recipe, manifest=manifest, uri=model.uri, alias=model.alias
    )
    tracker.pending.remove(model)
    return f"materia-{model.recipe}: registered as version {version}"
