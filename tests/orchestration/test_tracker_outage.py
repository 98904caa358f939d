"""A real MLflow server is killed under a build, comes back, and ends up with everything once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.step import Step
from orchestration.journal_projection import project_journal
from orchestration.mlflow_views import check_run
from orchestration.tracker import MlflowTracker
from orchestration.tracker_sync import journal_points, sync
from tests.orchestration.mlflow_server import Server
from tests.orchestration.runs import make_manifest, notes, start
from training.journal import Journal


@pytest.fixture
def server(mlflow_home: Path, tmp_path: Path) -> Iterator[Server]:
    server = Server(mlflow_home, tmp_path / "server.log")
    server.start()
    yield server
    server.kill()


@pytest.mark.slow
def test_a_server_killed_during_a_build_misses_nothing_and_gets_nothing_twice(
    server: Server, tmp_path: Path
) -> None:
    lake = FakeLake(tmp_path / "lake")
    tracker = MlflowTracker(server.url, tmp_path, timeout_s=5, retry_after_s=1.0)
    path, state = tmp_path / "journal.jsonl", tmp_path / "state.json"
    journal = Journal(path)
    step_of = Step(
        family="checkpoints", name="stage1", partition="p", code_version="1", config={"lr": 3}
    )
    log = tracker.start_run(
        family="checkpoints",
        name="stage1",
        partition="p",
        fingerprint=step_of.fingerprint,
        dagster_run_id="d",
    )
    assert log.url == f"{server.url}/#/runs/{log.run_id}"
    slowest_s = 0.0
    for step in range(1, 41):
        journal.metrics(step, {"train/loss": 10.0 / step})
        journal.sync()
        if step == 10:
            server.kill()
        if step == 25:
            server.start()
            time.sleep(1.1)  # let the tracker's pause after a failure pass
        clock = time.monotonic()
        project_journal(path, log, state)
        log.log_metrics(step, {"synthesis/accepted": float(step)})
        slowest_s = max(slowest_s, time.monotonic() - clock)
        if step == 30:
            assert len(_steps(tracker, log.run_id, "train/loss")) == 30
    journal.close()
    assert slowest_s < 5.0

    # Down at the end as well: the artifact is committed while nobody listens.
    server.kill()
    made = commit_folder(
        lake, "checkpoints/stage1", {"journal.jsonl": path.read_bytes(), "model.bin": b"w"}, lr=3
    )
    manifest = replace(
        made,
        mlflow_run_id=log.run_id,
        metrics={"train/final_loss": 0.25},
        started_at="2026-01-01T00:00:00+00:00",
        finished_at="2026-01-01T00:01:00+00:00",
    )
    lake.committed[manifest.family, manifest.name, manifest.fingerprint] = manifest
    log.finish(manifest, lake.uri(manifest))
    assert (
        tracker.register_model(
            recipe="outage", manifest=manifest, uri=lake.uri(manifest), alias="candidate"
        )
        == ""
    )
    assert len(list(tracker.pending.folder.glob("*.json"))) == 2

    server.start()
    time.sleep(1.1)
    assert sync(tracker, lake).waiting == ()
    assert not list(tracker.pending.folder.glob("*.json"))
    expected = list(range(1, 41))
    assert _steps(tracker, log.run_id, "train/loss") == expected
    assert _steps(tracker, log.run_id, "synthesis/accepted") == expected
    (version,) = tracker.writer.versions("outage")
    # A server refuses a folder of its machine as a source, so the source is a name.
    assert version.source == f"materia://lake/checkpoints/stage1/{manifest.short}"
    assert version.tags["materia.uri"] == lake.uri(manifest)
    assert manifest.fingerprint == step_of.fingerprint
    journal_told = journal_points(tracker, lake, manifest)
    assert check_run(tracker, manifest, lake.uri(manifest), journal_told) == []


def _steps(tracker: MlflowTracker, run_id: str, key: str) -> list[int]:
    points = tracker.connection.request(
        "read", lambda client: client.get_metric_history(run_id, key)
    )
    return sorted(point.step for point in points)


@pytest.mark.slow
def test_a_server_that_is_away_at_the_start_gets_the_whole_run_when_it_comes(
    mlflow_home: Path, tmp_path: Path
) -> None:
    server = Server(mlflow_home, tmp_path / "late.log")
    tracker = MlflowTracker(server.url, tmp_path, timeout_s=5, retry_after_s=0.5)
    lake = FakeLake(tmp_path / "lake")
    manifest = make_manifest(lake, "checkpoints/stage2", "away at the start")
    path, state = tmp_path / "journal.jsonl", tmp_path / "state.json"
    journal = Journal(path)
    log = start(tracker, manifest)
    assert (log.run_id, log.url) == ("", "")
    try:
        for step in range(20):
            journal.metrics(step, {"train/lr": 10.0 / (1 + step)})
            journal.sync()
            if step == 10:
                server.start()
                time.sleep(0.6)  # let the tracker's pause after a failure pass
            project_journal(path, log, state)
            assert bool(log.run_id) == (step >= 10)
        journal.close()
        log.finish(manifest, lake.uri(manifest))
        assert notes(tracker) == []
        assert _steps(tracker, log.run_id, "train/lr") == list(range(20))
        assert check_run(tracker, manifest, lake.uri(manifest)) == []
    finally:
        server.kill()
