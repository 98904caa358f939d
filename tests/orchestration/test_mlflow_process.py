"""Runs are written by a process of its own: the same as here, whatever happens to either side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from assets.fakes import FakeLake
from orchestration.mlflow_connection import (
    RunGone,
    TrackerLeftAlone,
    TrackerRefused,
    TrackerUnavailable,
)
from orchestration.mlflow_process import Endpoint, RemoteWriter
from orchestration.mlflow_views import check_run
from orchestration.processes import identify, is_alive
from orchestration.tracker import MlflowTracker
from tests.orchestration.runs import history, make_manifest, notes, read, runs_of, start

pytestmark = pytest.mark.slow

ORIGINS = {"materia.source.hpo": "true"}


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


def endpoint_of(tracker: MlflowTracker, home: Path) -> Endpoint:
    return Endpoint(
        tracking_uri=tracker.connection.tracking_uri,
        artifact_root=home / "mlflow-artifacts",
        dead_letters=tracker.dead_letters.path,
        dagster_url="http://127.0.0.1:3000",
        retry_after_s=0.2,
    )


@pytest.fixture
def remote(tracker: MlflowTracker, tmp_path: Path) -> RemoteWriter:
    return RemoteWriter(endpoint_of(tracker, tmp_path), lambda manifest: ORIGINS)


def test_a_build_is_written_as_it_is_here(
    tracker: MlflowTracker, remote: RemoteWriter, lake: FakeLake
) -> None:
    manifest = make_manifest(lake, "releases/release", "remote", config={"recipe": "remote"})
    tracker.writer.origins = lambda manifest: ORIGINS
    tracker.runs = remote
    log = start(tracker, manifest)
    log.log_metrics(1, {"synthesis/accepted": 1.0})
    assert log.send([("train/loss", 3.0, 1767225600000, 5)])
    log.finish(manifest, lake.uri(manifest))
    version = tracker.register_model(
        recipe="remote", manifest=manifest, uri=lake.uri(manifest), alias="candidate"
    )
    tracker.tag_run(log.run_id, {"materia.tainted": "trained_on"})
    assert notes(tracker) == []
    run = read(tracker, log.run_id)
    assert (version, run.info.status) == ("1", "FINISHED")
    assert run.data.tags.items() >= {**ORIGINS, "materia.tainted": "trained_on"}.items()
    assert history(tracker, log.run_id, "train/loss")[0] == (5, 2.5)
    assert history(tracker, log.run_id, "synthesis/accepted") == [(1, 1.0)]
    (registered,) = tracker.writer.versions("remote")
    assert registered.tags.items() >= ORIGINS.items()
    failed = start(tracker, make_manifest(lake, "mixtures/stage1", "remote, failed"))
    failed.fail("JobFailed: only a test")
    assert read(tracker, failed.run_id).data.tags["materia.reason"] == "JobFailed: only a test"


def test_errors_are_those_of_the_writer(remote: RemoteWriter, tracker: MlflowTracker) -> None:
    with pytest.raises(RunGone, match="was deleted"):
        remote.log_points("0" * 32, [("a", 1.0, 1, 1)])
    with pytest.raises(TrackerRefused, match="MLflow refused to end the run"):
        remote.end_failed("0" * 32, "no such run")
    run_id = remote.create_run("reports", "letters", "2026-01-01T00:00:00+00:00", {})
    remote.log_points(run_id, [("not allowed: *", 1.0, 1, 1), ("allowed", 1.0, 1, 1)])
    (letter,) = tracker.dead_letters
    assert letter.record == "metric not allowed: * = 1.0 at step 1"
    assert history(tracker, run_id, "allowed") == [(1, 1.0)]


def test_a_fault_of_ours_is_told_with_its_place(remote: RemoteWriter) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)log_points failed in .*ValueError"):
        remote.log_points("0" * 32, [("a", "not a number", None)])  # type: ignore[list-item]


def test_a_server_that_is_away_is_said_to_be(tracker: MlflowTracker, tmp_path: Path) -> None:
    endpoint = Endpoint(
        tracking_uri="http://127.0.0.1:9",
        artifact_root=tmp_path,
        dead_letters=tmp_path / "letters",
        timeout_s=1,
    )
    remote = RemoteWriter(endpoint, lambda manifest: {})
    with pytest.raises(TrackerUnavailable, match="cannot open experiment materia/reports"):
        remote.find_run("reports", {"a": "b"})
    with pytest.raises(TrackerLeftAlone, match="MLflow was down a moment ago"):
        remote.find_run("reports", {"a": "b"})


def test_a_process_that_cannot_be_started_is_an_outage(
    remote: RemoteWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    remote.prepare()
    with pytest.raises(TrackerLeftAlone, match="was given up a moment ago"):
        remote.find_run("reports", {"a": "b"})
    time.sleep(0.3)
    with pytest.raises(TrackerUnavailable, match="cannot start MLflow's process"):
        remote.find_run("reports", {"a": "b"})
    monkeypatch.undo()
    time.sleep(0.3)
    assert remote.find_run("reports", {"a": "b"}) == ""


def test_a_process_that_dies_or_hangs_is_an_outage_and_another_one_goes_on(
    remote: RemoteWriter, tracker: MlflowTracker, lake: FakeLake
) -> None:
    manifest = make_manifest(lake, "mixtures/stage2", "dies")
    tracker.runs = remote
    log = start(tracker, manifest)
    assert log.run_id
    for ending in (signal.SIGKILL, signal.SIGSTOP):
        assert remote._process is not None
        os.kill(remote._process.pid, ending)
        remote._answer_s = 1.0
        with pytest.raises(TrackerUnavailable, match="MLflow's process is gone or hangs"):
            remote.find_run("mixtures", {"a": "b"})
        assert remote._process is None
        with pytest.raises(TrackerLeftAlone, match="was given up a moment ago"):
            remote.find_run("mixtures", {"a": "b"})
        time.sleep(0.3)
        remote._answer_s = 60.0
        assert remote.find_run("mixtures", {"a": "b"}) == ""
    log.finish(manifest, lake.uri(manifest))
    assert notes(tracker) == []
    (run,) = runs_of(tracker, manifest)
    assert run.info.run_id == log.run_id
    tracker.writer.origins = lambda manifest: ORIGINS
    assert check_run(tracker, manifest, lake.uri(manifest)) == []


def test_the_process_goes_with_a_maker_that_is_killed_and_its_maker_never_loads_mlflow(
    tracker: MlflowTracker, tmp_path: Path
) -> None:
    maker = f"""
        import os, signal, sys
        from pathlib import Path
        from orchestration.tracker import MlflowTracker

        uri, home = {tracker.connection.tracking_uri!r}, Path({str(tmp_path)!r})
        tracker = MlflowTracker(uri, home, beside=True)
        tracker.prepare()
        log = tracker.start_run(
            family="reports", name="n", partition="", fingerprint="f" * 64, dagster_run_id=""
        )
        assert log.run_id
        assert "mlflow" not in sys.modules
        print(tracker.runs._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(maker)], capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    process = identify(int(done.stdout))
    deadline = time.monotonic() + 10
    while process is not None and is_alive(process):
        assert time.monotonic() < deadline, "the process outlived its maker"
        time.sleep(0.05)
