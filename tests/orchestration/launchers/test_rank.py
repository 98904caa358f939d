"""One rank on a node: who it is, what it waits for, and when it stops by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from contract import wait_until

from assets.ports import JobHandle
from orchestration.launchers.attempt import FENCED, AttemptFolder, Plan
from orchestration.launchers.files import write_json
from orchestration.launchers.rank import Place, place_of, wait_for_name
from orchestration.processes import identify, is_alive
from orchestration.settings import PROJECT_ROOT

TOKEN = "0011223344556677"
HERE = str(Path(__file__).parent)


@pytest.fixture
def folder(tmp_path: Path) -> AttemptFolder:
    return _attempt(tmp_path)


def _attempt(tmp_path: Path, **changes: Any) -> AttemptFolder:
    work_dir = tmp_path / "work"
    work_dir.mkdir()
    handle = JobHandle(
        name="toy", work_dir=str(work_dir), launcher="slurm", scheduler_id=f"toy.{TOKEN}",
        submitted_at="",
    )  # fmt: skip
    (work_dir / "handle.json").write_text(json.dumps(asdict(handle)))
    (tmp_path / "spec.json").write_text(json.dumps({"out": str(tmp_path), "all": {"do": "wait"}}))
    folder = AttemptFolder.of(work_dir, handle.scheduler_id)
    plan = Plan(
        scheduler_id=handle.scheduler_id, module="toy_job", spec_path=str(tmp_path / "spec.json"),
        world_size=2, cwd=str(PROJECT_ROOT), grace_s=1.0, cpus_per_rank=1,
    )  # fmt: skip
    folder.create(plan)
    return folder


def _start(folder: AttemptFolder, **env: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(PROJECT_ROOT), HERE])
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration.launchers.rank", str(folder.path)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


SLURM = {"SLURM_PROCID": "1", "SLURM_LOCALID": "1", "SLURM_NTASKS_PER_NODE": "2"}


def test_slurm_says_which_rank_this_is() -> None:
    place = place_of({**SLURM, "SLURM_RESTART_COUNT": "3"})
    assert place == Place(rank=1, local_rank=1, restart=3, local_world_size=2)


def test_kubernetes_says_which_rank_this_is() -> None:
    place = place_of({"JOB_COMPLETION_INDEX": "5"})
    assert place == Place(rank=5, local_rank=0, restart=0, local_world_size=1, in_pod=True)


def test_outside_of_a_job_nobody_says_it() -> None:
    with pytest.raises(ValueError, match="neither SLURM_PROCID nor JOB_COMPLETION_INDEX is set"):
        place_of({})


def test_a_name_that_never_gets_an_address_is_an_error() -> None:
    with pytest.raises(OSError, match=r"rank 0 at no-such-host.invalid has no address after 0 s"):
        wait_for_name("no-such-host.invalid", timeout_s=0)
    wait_for_name("localhost")


def test_a_folder_that_is_not_shared_is_an_error_that_asks_for_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"plan.json does not exist: is .* shared with"):
        AttemptFolder(tmp_path / "job-x").plan()


def test_the_engine_gets_ranks_variables_and_its_end_is_written(
    folder: AttemptFolder, tmp_path: Path
) -> None:
    (tmp_path / "release").touch()
    rank = _start(folder, **SLURM)
    rank.communicate(timeout=60)
    assert rank.returncode == 0
    env = json.loads((tmp_path / "env-1.json").read_text())
    assert (env["RANK"], env["LOCAL_RANK"], env["WORLD_SIZE"]) == ("1", "1", "2")
    record = json.loads((folder.path / "rank-00001.json").read_text())
    assert (record["exit_code"], record["stopped_by"], record["restart"]) == (0, None, 0)
    (usage,) = (folder.work_dir / "usage").glob("*.json")
    used = json.loads(usage.read_text())
    assert (used["ranks"], used["attempt"]) == (1, f"toy.{TOKEN}.0")
    assert 0 < used["seconds"] < 60


def test_a_request_to_cancel_is_seen_without_a_signal(
    folder: AttemptFolder, tmp_path: Path
) -> None:
    rank = _start(folder, **SLURM)
    wait_until((tmp_path / "ready-1").exists, "the engine")
    write_json(folder.work_dir / "cancel.json", {})
    rank.communicate(timeout=60)
    record = json.loads((folder.path / "rank-00001.json").read_text())
    assert record["stopped_by"] == signal.SIGTERM


@pytest.mark.parametrize("started_before", [True, False])
def test_a_replaced_rank_ends_and_leaves_a_note_but_no_record(
    folder: AttemptFolder, tmp_path: Path, started_before: bool
) -> None:
    newer = {"restart": 1}
    if not started_before:
        (folder.path / "start.json").write_text(json.dumps(newer))
    rank = _start(folder, **SLURM)
    if started_before:
        wait_until((tmp_path / "ready-1").exists, "the engine")
        (folder.path / "start.json").write_text(json.dumps(newer))
    rank.communicate(timeout=60)
    assert rank.returncode == FENCED
    note = json.loads((folder.path / "zombie-00001-0.json").read_text())
    assert note["replaced_by"] == "start 1 of the same job"
    assert not (folder.path / "rank-00001.json").exists()
    assert (tmp_path / "ready-1").exists() is started_before


def test_a_rank_whose_job_folder_was_removed_ends(folder: AttemptFolder, tmp_path: Path) -> None:
    rank = _start(folder, **SLURM)
    wait_until((tmp_path / "ready-1").exists, "the engine")
    (folder.work_dir / "handle.json").unlink()
    output, _ = rank.communicate(timeout=60)
    assert rank.returncode == FENCED
    assert "rank 1 was replaced by nobody: the job's folder was removed" in output


def test_a_rank_that_cannot_start_leaves_a_record(folder: AttemptFolder) -> None:
    plan = json.loads((folder.path / "plan.json").read_text())
    log = folder.work_dir / "stdout.log"
    changed = {**plan, "cwd": "/no/such/folder", "log": str(log)}
    (folder.path / "plan.json").write_text(json.dumps(changed))
    rank = _start(folder, **SLURM)
    rank.communicate(timeout=60)
    assert rank.returncode == 1
    assert json.loads((folder.path / "rank-00001.json").read_text())["exit_code"] == 1
    assert "rank 1 could not start: " in log.read_text()
    assert "/no/such/folder" in log.read_text()


def test_the_engine_dies_with_a_rank_that_is_killed(folder: AttemptFolder, tmp_path: Path) -> None:
    rank = _start(folder, **SLURM)
    wait_until((tmp_path / "ready-1").exists, "the engine")
    children = Path(f"/proc/{rank.pid}/task/{rank.pid}/children").read_text().split()
    engine = identify(int(children[0]))
    assert engine is not None
    rank.kill()
    rank.communicate(timeout=60)
    wait_until(lambda: not is_alive(engine), "the engine to end", timeout_s=10)
