"""From Slurm's word and the ranks' record to one status, in every combination that matters."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assets.ports import JobHandle, JobState
from orchestration.launchers.attempt import ending_of
from orchestration.launchers.slurm_queue import SlurmJob
from orchestration.launchers.slurm_verdict import ALIVE, verdict

HANDLE = JobHandle(
    name="toy", work_dir="/shared/work", launcher="slurm", scheduler_id="toy.1", submitted_at=""
)


def job(state: str, exit_status: int = 0, restarts: int = 0, reason: str = "None") -> SlurmJob:
    return SlurmJob(
        job_id="7", state=state, reason=reason, exit_status=exit_status, restarts=restarts,
        nodes="n[1-2]",
    )  # fmt: skip


def ended(*codes: int | None, **changes: Any) -> dict[str, Any]:
    first = next((rank for rank, code in enumerate(codes) if code), None)
    return {
        "exit_codes": list(codes), "first_failed": first, "stopped_by": None, "error": "",
        "restart": 0, "at_time_limit": False, **changes,
    }  # fmt: skip


def state_of(*given: Any, cancelled: bool = False) -> JobState:
    found, record = given
    return verdict(HANDLE, found, ended=record, cancelled=cancelled, log_tail="the end").state


def test_success_needs_state_exit_code_and_record_to_agree() -> None:
    assert state_of(job("COMPLETED"), ended(0, 0)) is JobState.SUCCEEDED
    assert state_of(job("COMPLETED", exit_status=256), ended(0, 0)) is JobState.FAILED
    assert state_of(job("FAILED"), ended(0, 0)) is JobState.FAILED
    assert state_of(job("COMPLETED"), ended(0, None)) is JobState.FAILED
    assert state_of(job("COMPLETED"), ended(0, 0, stopped_by=15)) is JobState.FAILED
    assert state_of(job("COMPLETED"), None) is JobState.FAILED


def test_a_record_of_an_earlier_start_counts_for_nothing() -> None:
    assert state_of(job("COMPLETED", restarts=1), ended(0, 0)) is JobState.FAILED
    assert state_of(job("COMPLETED", restarts=1), ended(0, 0, restart=1)) is JobState.SUCCEEDED


def test_a_job_that_slurm_does_not_know_is_lost_whatever_its_record_says() -> None:
    assert state_of(None, ended(0, 0)) is JobState.LOST
    assert state_of(None, None) is JobState.LOST
    assert state_of(None, None, cancelled=True) is JobState.CANCELLED


@pytest.mark.parametrize("state", sorted(ALIVE))
def test_a_job_that_lives_is_neither_success_nor_failure(state: str) -> None:
    assert state_of(job(state), ended(0, 0)) in (JobState.PENDING, JobState.RUNNING)


@pytest.mark.parametrize(
    ("found", "record", "told"),
    [
        (job("TIMEOUT"), None, r"time limit of 30 minutes \(Slurm job 7 on n\[1-2\]\)"),
        (job("FAILED", 143 << 8), ended(143, stopped_by=15, at_time_limit=True), "time limit of"),
        (job("OUT_OF_MEMORY"), None, "more memory than it asked for: raise MATERIA_SLURM_MEMORY"),
        (job("NODE_FAIL"), None, "lost a node"),
        (job("BOOT_FAIL"), None, "did not boot"),
        (job("CANCELLED", 15), None, "was cancelled by somebody else"),
        (job("FAILED", 7 << 8), ended(0, 7), "rank 1 of 2 ended with exit code 7"),
        (job("FAILED", 137 << 8), ended(-9), r"killed by signal 9 \(out of memory\?\)"),
        (job("FAILED", 9), None, "failed with signal 9, but left no exit.json"),
        (job("FAILED", 256), ended(0, 0), r"the ranks say \[0, 0\]: they disagree"),
        (job("PENDING", reason="launch failed requeued held"), None, "could not be launched"),
    ],
)
def test_each_fault_is_told_by_its_name_with_the_end_of_the_log(
    found: SlurmJob, record: dict[str, Any] | None, told: str
) -> None:
    status = verdict(
        HANDLE, found, ended=record, cancelled=False, log_tail="the end", time_minutes=30
    )
    assert status.state is JobState.FAILED
    assert re.search(told, status.detail), status.detail
    assert status.detail.endswith("the end")


@pytest.mark.parametrize(
    ("found", "record", "told"),
    [
        (job("PREEMPTED"), None, r"was preempted by another job \(Slurm job 7 on n"),
        (job("FAILED", 143 << 8), ended(143, 143, stopped_by=15), "from outside by signal 15"),
        (job("FAILED", 143 << 8), ended(143, 0), "rank 0 of 2 was asked to stop"),
        (job("FAILED", 143 << 8), ended(-15, -9, stopped_by=15), "from outside by signal 15"),
    ],
)
def test_what_others_made_stop_is_preempted_unless_we_cancelled_it(
    found: SlurmJob, record: dict[str, Any] | None, told: str
) -> None:
    status = verdict(HANDLE, found, ended=record, cancelled=False, log_tail="the end")
    assert status.state is JobState.PREEMPTED
    assert re.search(told, status.detail), status.detail
    if record is None or record["stopped_by"]:
        assert state_of(found, record, cancelled=True) is JobState.CANCELLED


def test_a_rank_that_failed_while_it_stopped_has_failed() -> None:
    assert state_of(job("FAILED", 256), ended(143, 1, stopped_by=15)) is JobState.FAILED


def test_a_cancelled_job_is_cancelled_only_when_it_was_stopped() -> None:
    assert state_of(job("CANCELLED"), None, cancelled=True) is JobState.CANCELLED
    stopped = ended(0, 0, stopped_by=15)
    assert state_of(job("COMPLETED"), stopped, cancelled=True) is JobState.CANCELLED
    assert state_of(job("COMPLETED"), ended(0, 0), cancelled=True) is JobState.SUCCEEDED
    assert state_of(job("FAILED", 256), ended(1), cancelled=True) is JobState.FAILED


def rank(code: int, at: str, stopped_by: int | None = None) -> dict[str, Any]:
    return {"exit_code": code, "ended_at": at, "stopped_by": stopped_by}


def test_the_first_rank_to_fail_is_the_one_that_nobody_stopped() -> None:
    told = ending_of([rank(-15, "10:00", stopped_by=15), rank(7, "10:01"), rank(1, "10:02")])
    assert (told["first_failed"], told["stopped_by"]) == (1, None)


def test_ranks_that_all_ended_on_request_were_stopped() -> None:
    told = ending_of([rank(143, "10:01", stopped_by=15), rank(143, "10:00", stopped_by=15)])
    assert (told["first_failed"], told["stopped_by"]) == (1, 15)


def test_a_rank_without_a_record_is_missing() -> None:
    assert ending_of([rank(0, "10:00"), None])["missing"] == [1]
