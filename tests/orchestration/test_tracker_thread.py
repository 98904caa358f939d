"""What is told beside the work: nothing waits for MLflow that need not, and nothing is lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake
from orchestration.mlflow_connection import TrackerUnavailable
from orchestration.mlflow_views import check_run
from orchestration.tracker import MlflowTracker
from orchestration.tracker_sync import sync
from tests.orchestration.runs import history, make_manifest, notes, read, start

WAIT_S = 30.0
"""Longer than any answer; only a test that fails waits for it."""


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


class Held:
    """A method that does not go on before it is let."""

    def __init__(self, tracker: MlflowTracker, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_reached, self._is_let = threading.Event(), threading.Event()
        self._method = getattr(tracker.writer, name)
        monkeypatch.setattr(tracker.writer, name, self._run)

    def let(self) -> None:
        self._is_let.set()

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        self.is_reached.set()
        assert self._is_let.wait(WAIT_S)
        return self._method(*args, **kwargs)


def test_work_goes_on_while_a_run_is_opened_and_recorded(
    tracker: MlflowTracker, lake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_manifest(lake, "mixtures/stage1", "first")
    second = make_manifest(lake, "mixtures/stage2", "second")
    opening = Held(tracker, "create_run", monkeypatch)
    log = start(tracker, first)
    assert opening.is_reached.wait(WAIT_S)
    assert not log._opening.done()
    log.log_metrics(1, {"synthesis/accepted": 1.0})
    opening.let()
    assert log.run_id

    recording = Held(tracker, "record", monkeypatch)
    log.finish(first, "/lake/first")
    assert recording.is_reached.wait(WAIT_S)
    next_log = start(tracker, second)
    next_log.finish(second, "/lake/second")
    assert len(list(tracker.pending.runs())) == 2
    recording.let()
    assert notes(tracker) == []
    for manifest, each, uri in ((first, log, "first"), (second, next_log, "second")):
        assert read(tracker, each.run_id).info.status == "FINISHED"
        assert check_run(tracker, manifest, f"/lake/{uri}") == []
    assert history(tracker, log.run_id, "synthesis/accepted") == [(1, 1.0)]


def test_points_logged_while_others_are_sent_arrive_once(
    tracker: MlflowTracker, lake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = make_manifest(lake, "synthesis/questions", "meanwhile")
    log = start(tracker, manifest)
    sending = Held(tracker, "log_points", monkeypatch)
    for step in range(500):
        log.log_metrics(step, {"synthesis/accepted": float(step)})
    assert sending.is_reached.wait(WAIT_S)
    for step in range(500, 1200):
        log.log_metrics(step, {"synthesis/accepted": float(step)})
    sending.let()
    log.finish(manifest, "/lake/x")
    steps = [step for step, _ in history(tracker, log.run_id, "synthesis/accepted")]
    assert steps == list(range(1200))


def test_sync_leaves_a_run_alone_while_its_maker_tells_it(
    tracker: MlflowTracker, lake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = make_manifest(lake, "mixtures/stage1", "told")
    log = start(tracker, manifest)
    recording = Held(tracker, "record", monkeypatch)
    log.finish(manifest, "/lake/x")
    assert recording.is_reached.wait(WAIT_S)
    assert sync(tracker, lake).waiting == ("mixtures/stage1[tiny]: still being made",)
    recording.let()
    assert notes(tracker) == []
    assert len(read(tracker, log.run_id).inputs.dataset_inputs) == 1


@pytest.mark.parametrize(
    "error", [TrackerUnavailable("the database is locked"), KeyError("a fault of ours")]
)
def test_a_run_that_could_not_be_told_is_logged_and_left_to_sync_while_its_maker_lives(
    tracker: MlflowTracker,
    lake: FakeLake,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    def fails(*args: Any, **kwargs: Any) -> str:
        raise error

    manifest = make_manifest(lake, "mixtures/stage1", f"left: {error}")
    log = start(tracker, manifest)
    with monkeypatch.context() as patched:
        patched.setattr(tracker.writer, "record", fails)
        log.finish(manifest, lake.uri(manifest))
        assert notes(tracker) == ["run"]
    assert "could not record the artifact" in caplog.text
    assert str(error) in caplog.text
    assert len(sync(tracker, lake).completed) == 1
    assert check_run(tracker, manifest, lake.uri(manifest)) == []


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["in peace", "by an error", "killed"])
def test_a_process_that_ends_has_told_everything_or_leaves_it_to_sync(
    mlflow_home: Path, tracker: MlflowTracker, lake: FakeLake, tmp_path: Path, ends: str
) -> None:
    manifest = make_manifest(lake, "mixtures/stage3", f"ends {ends}")
    (tmp_path / "manifest.json").write_text(manifest.to_json())
    maker = f"""
        import os, signal, sys
        from pathlib import Path
        from assets.lineage.manifest import Manifest
        from orchestration.tracker import MlflowTracker
        from tests.orchestration.runs import start

        home, ends = Path({str(tmp_path)!r}), {ends!r}
        manifest = Manifest.from_json((home / "manifest.json").read_text())
        tracker = MlflowTracker({tracker.connection.tracking_uri!r}, home)
        log = start(tracker, manifest)
        log.finish(manifest, {lake.uri(manifest)!r})
        if ends == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if ends == "by an error":
            raise SystemExit(3)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(maker)], capture_output=True, text=True
    )
    codes = {"in peace": 0, "by an error": 3, "killed": -signal.SIGKILL}
    assert done.returncode == codes[ends], done.stderr
    if ends == "killed":
        (path,) = tracker.pending.folder.glob("run-*.json")
        assert json.loads(path.read_text())["stage"] == "committed"
        assert len(sync(tracker, lake).completed) == 1
    assert notes(tracker) == []
    assert check_run(tracker, manifest, lake.uri(manifest)) == []
