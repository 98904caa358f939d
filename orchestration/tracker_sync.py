"""Bring MLflow level with the lake: complete what an outage left, or write it all anew."""

from __future__ import annotations

from dataclasses import dataclass

from assets.corpora.tombstones import requests_in
from assets.lineage.manifest import Manifest
from assets.lineage.tables import table
from assets.lineage.taint import newest_withdrawn, taint_tags, tainted, tombstones_as_rows
from assets.ports import Lake
from orchestration.journal_projection import Point, read_points
from orchestration.mlflow_connection import TrackerError
from orchestration.mlflow_models import CANDIDATE, CHAMPION, is_release, recipe_of
from orchestration.mlflow_records import ATTEMPT
from orchestration.pending import PendingModel, PendingRun
from orchestration.promotion import champions
from orchestration.tracker import MlflowTracker

JOURNAL = "journal.jsonl"
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


def rebuild(tracker: MlflowTracker, lake: Lake) -> dict[str, str]:
    """Write every committed artifact to MLflow: runs, models, aliases, taint.

    Returns the run of each fingerprint. Raises TrackerError.
    """
    runs: dict[str, str] = {}
    releases: dict[str, Manifest] = {}
    newest: dict[str, Manifest] = {}
    for manifest in lake.manifests():
        uri = lake.uri(manifest)
        journal = journal_points(tracker, lake, manifest)
        runs[manifest.fingerprint] = tracker.writer.record(manifest, uri, journal=journal)
        if is_release(manifest):
            recipe = recipe_of(manifest)
            tracker.writer.register(recipe=recipe, manifest=manifest, uri=uri, alias="")
            newest[recipe] = releases[manifest.fingerprint] = manifest
    chosen = {
        recipe: releases[fingerprint]
        for recipe, fingerprint in champions(lake).items()
        if fingerprint in releases
    }
    for alias, aliased in ((CANDIDATE, newest), (CHAMPION, chosen)):
        for recipe, manifest in aliased.items():
            tracker.writer.register(
                recipe=recipe, manifest=manifest, uri=lake.uri(manifest), alias=alias
            )
    for fingerprint, tags in taint_in(lake).items():
        tracker.writer.tag(runs[fingerprint], tags)
    return runs


def taint_in(lake: Lake) -> dict[str, dict[str, str]]:
    """Return fingerprint -> tags of all that a request to forget, or the newest list of withdrawn
    documents, has reached."""
    tags: dict[str, dict[str, str]] = {}
    for request in requests_in(lake):
        tags |= request_taint(lake, request)
    newest = newest_withdrawn(lake)
    if newest is not None:
        found = tainted(lake, table(lake, newest, "withdrawn.parquet"))
        # An artifact may be reached in several ways: its run is told the most direct, found first.
        tags |= {e.fingerprint: taint_tags(e, newest.fingerprint) for e in reversed(found)}
    return tags


def request_taint(lake: Lake, request: Manifest) -> dict[str, dict[str, str]]:
    """Return the tags of what one request to forget has reached.

    In mode `restart` mixtures and questions go on to name its documents, so that is no mark.
    """
    found = tainted(lake, tombstones_as_rows(lake, [request]))
    is_strict = request.config["mode"] == "strict"
    return {
        e.fingerprint: taint_tags(e, request.fingerprint)
        for e in reversed(found)
        if is_strict or e.family not in ("mixtures", "synthesis")
    }


def journal_points(tracker: MlflowTracker, lake: Lake, manifest: Manifest) -> list[Point]:
    """Return the metrics that the artifact's own journal holds, if it has one."""

    def set_aside(record: str, reason: str) -> None:
        tracker.dead_letters.add(manifest.key, record, reason)

    for entry in manifest.files:
        if entry.path == JOURNAL:
            return read_points(lake.fetch(manifest, entry), set_aside)
    return []


def _settle_run(tracker: MlflowTracker, lake: Lake, run: PendingRun) -> str:
    """Complete or close one noted run and remove the note; returns what was done."""
    writer = tracker.writer
    run_id = run.run_id or writer.find_run(run.family, {ATTEMPT: run.attempt})
    manifest = lake.find(run.family, run.name, run.fingerprint) if run.stage != "failed" else None
    if manifest is not None:
        # Another attempt may have committed; its own run is then the one to complete.
        is_ours = run.stage == "committed" or manifest.mlflow_run_id in ("", run_id)
        done = writer.record(
            manifest,
            lake.uri(manifest),
            run_id=run_id if is_ours else "",
            journal=journal_points(tracker, lake, manifest),
        )
        run_id = done if is_ours else run_id
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
