"""MLflow that fails one request, after or before doing it: everything is there once in the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assets.fakes import FakeLake
from assets.lineage.manifest import Manifest
from orchestration.journal_projection import project_journal
from orchestration.mlflow_views import check_run
from orchestration.tracker import MlflowTracker
from orchestration.tracker_sync import journal_points, sync
from tests.orchestration.mlflow_server import FAULTS, LATE_S, Fault, Proxy, Server
from tests.orchestration.runs import history, make_manifest, notes, runs_of, start
from training.journal import Journal

pytestmark = pytest.mark.slow

STEPS = 6


@pytest.fixture(scope="module")
def proxy(mlflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    server = Server(mlflow_home, tmp_path_factory.mktemp("server") / "server.log")
    server.start()
    proxy = Proxy(server.url)
    yield proxy
    proxy.close()
    server.kill()


def build(tracker: MlflowTracker, lake: FakeLake, folder: Path, salt: str) -> Manifest:
    """Go through a whole build as the control process does; nothing of it may raise."""
    manifest = make_manifest(
        lake,
        "releases/release",
        salt,
        config={"recipe": f"fault-{abs(hash(salt))}"},
        metrics={"final_loss": 0.5},
    )
    log = start(tracker, manifest)
    path, state = folder / "journal.jsonl", folder / "state.json"
    journal = Journal(path)
    for step in range(STEPS):
        journal.metrics(step, {"train/loss": 10.0 - step})
        journal.sync()
        project_journal(path, log, state)
        log.log_metrics(step, {"synthesis/accepted": float(step)})
    journal.close()
    project_journal(path, log, state)
    folder_of = Path(lake.uri(manifest))
    (folder_of / "journal.jsonl").write_bytes(path.read_bytes())
    manifest = with_file(manifest, lake, "journal.jsonl")
    manifest = replace(manifest, mlflow_run_id=log.run_id)
    lake.committed[manifest.family, manifest.name, manifest.fingerprint] = manifest
    log.finish(manifest, lake.uri(manifest))
    tracker.register_model(
        recipe=str(manifest.config["recipe"]),
        manifest=manifest,
        uri=lake.uri(manifest),
        alias="candidate",
    )
    return manifest


def with_file(manifest: Manifest, lake: FakeLake, name: str) -> Manifest:
    from assets.lineage.build import hash_files

    return replace(manifest, files=hash_files(Path(lake.uri(manifest))))


def assert_whole(tracker: MlflowTracker, lake: FakeLake, manifest: Manifest) -> None:
    assert notes(tracker) == []
    assert list(tracker.dead_letters) == []
    finished = [run for run in runs_of(tracker, manifest) if run.info.status == "FINISHED"]
    (run,) = finished
    run_id = run.info.run_id
    assert history(tracker, run_id, "train/loss") == [(s, 10.0 - s) for s in range(STEPS)]
    assert history(tracker, run_id, "synthesis/accepted") == [(s, float(s)) for s in range(STEPS)]
    assert history(tracker, run_id, "final_loss") == [(0, 0.5)]
    assert len(run.outputs.model_outputs) == 1
    assert len(tracker.writer.versions(str(manifest.config["recipe"]))) == 1
    journal = journal_points(tracker, lake, manifest)
    assert check_run(tracker, manifest, lake.uri(manifest), journal) == []


def settle(tracker: MlflowTracker, lake: FakeLake) -> None:
    for _ in range(3):
        if not sync(tracker, lake).waiting:
            return
    raise AssertionError(sync(tracker, lake).waiting)


def num_requests(proxy: Proxy, folder: Path, salt: str) -> int:
    """Return how many requests a build without a fault makes."""
    proxy.arm(None, 0)
    lake = FakeLake(folder / "lake")
    tracker = MlflowTracker(proxy.url, folder, timeout_s=5, retry_after_s=0.0)
    manifest = build(tracker, lake, folder, salt)
    count = len(proxy.paths)
    assert_whole(tracker, lake, manifest)
    return count


@pytest.mark.parametrize("fault", FAULTS)
def test_whichever_request_fails_everything_arrives_once(
    proxy: Proxy, tmp_path: Path, fault: Fault
) -> None:
    for at in range(1, num_requests(proxy, tmp_path, f"before {fault}") + 1):
        folder = tmp_path / str(at)
        folder.mkdir()
        lake = FakeLake(folder / "lake")
        tracker = MlflowTracker(proxy.url, folder, timeout_s=5, retry_after_s=0.0)
        proxy.arm(fault, at)
        manifest = build(tracker, lake, folder, f"{fault} {at}")
        proxy.arm(None, 0)
        settle(tracker, lake)
        assert_whole(tracker, lake, manifest)


def test_a_batch_that_the_server_stores_after_its_repetition_is_there_once(
    proxy: Proxy, tmp_path: Path
) -> None:
    lake = FakeLake(tmp_path / "lake")
    tracker = MlflowTracker(proxy.url, tmp_path, timeout_s=5, retry_after_s=0.0)
    proxy.arm("late", 2, only="runs/log-batch")
    manifest = build(tracker, lake, tmp_path, "late")
    time.sleep(2 * LATE_S)
    proxy.arm(None, 0)
    settle(tracker, lake)
    assert_whole(tracker, lake, manifest)
