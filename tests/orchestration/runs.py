"""Artifacts as the tracker meets them, and what MLflow says about them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import Cost, InputRecord, Manifest
from assets.lineage.usage import Usage
from orchestration.tracker import MlflowTracker

CONFIG = {
    "seed": 7,
    "schedule": {"peak_lr": 0.001, "decay": "cosine"},
    "corpora": ["pubmed", "icd"],
    "stages": [{"steps": 10}, {"steps": 20}],
    "text": "x" * 1000,
}


def record_of(manifest: Manifest) -> InputRecord:
    """Return a manifest as one that was read whole."""
    return InputRecord(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        fingerprint=manifest.fingerprint,
        digest=manifest.digest,
        files_read=manifest.files,
    )


def make_manifest(lake: FakeLake, node: str, salt: str, **changes: Any) -> Manifest:
    """Commit an artifact with one input and a fingerprint of its own."""
    files = {"model.bin": b"weights"} | changes.pop("files", {})
    config = CONFIG | changes.pop("config", {})
    source = commit_folder(lake, "mixtures/stage1", {"a.txt": salt.encode()}, salt=salt)
    made = commit_folder(lake, node, files, partition="tiny", salt=salt, **config)
    manifest = replace(
        made,
        **{
            "inputs": (record_of(source),),
            "counts": {"documents": 12},
            "metrics": {"train/loss": 2.5, "eval/piqa/acc": 0.51},
            "cost": Cost(tokens=1000, flops=1e9, wall_s=12.5, device_s=25.0),
            "usage": Usage(cpu_s=7.0, device="cpu", ranks=2, device_s=30.0, attempts=1),
            "summary": "A **tiny** model.",
            "git_commit": "abc123",
            "dagster_run_id": "dagster-run-1",
            "started_at": "2026-01-01T00:00:00+00:00",
            "finished_at": "2026-01-01T00:01:40+00:00",
            **changes,
        },
    )
    lake.committed[manifest.family, manifest.name, manifest.fingerprint] = manifest
    return manifest


def start(tracker: MlflowTracker, manifest: Manifest) -> Any:
    return tracker.start_run(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        fingerprint=manifest.fingerprint,
        dagster_run_id="dagster-run-1",
    )


def read(tracker: MlflowTracker, run_id: str) -> Any:
    tracker.wait()
    return tracker.connection.request("read", lambda client: client.get_run(run_id))


def runs_of(tracker: MlflowTracker, manifest: Manifest) -> list[Any]:
    tracker.wait()
    experiment = tracker.connection.experiment_id(f"materia/{manifest.family}")
    query = f"tags.`materia.fingerprint` = '{manifest.fingerprint}'"
    return list(
        tracker.connection.request("search", lambda client: client.search_runs([experiment], query))
    )


def history(tracker: MlflowTracker, run_id: str, key: str) -> list[tuple[int, float]]:
    tracker.wait()
    points = tracker.connection.request(
        "read", lambda client: client.get_metric_history(run_id, key)
    )
    return sorted((point.step, point.value) for point in points)


def notes(tracker: MlflowTracker) -> list[str]:
    tracker.wait()
    return sorted(path.name.split("-")[0] for path in tracker.pending.folder.glob("*.json"))


def down(tracker: MlflowTracker, home: Path) -> MlflowTracker:
    """The same notes, but a server that refuses connections."""
    return MlflowTracker("http://127.0.0.1:9", home, timeout_s=1, retry_after_s=60)
