"""What has become of a Slurm job: its state, its exit code and the ranks' record, put together.

Pure: from what was read to a status. Success needs all three to agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.ports import JobHandle, JobState, JobStatus
from orchestration.launchers.outcome import (
    cancelled_status,
    failed_status,
    has_succeeded,
    lost_status,
    preempted_status,
    status_of,
)
from orchestration.launchers.slurm_queue import SlurmJob

WAITING = frozenset(
    {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT"}
)
ALIVE = WAITING | {"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "RESIZING",
                   "STAGE_OUT"}  # fmt: skip
_CAUSES = {
    "OUT_OF_MEMORY": "was killed because it used more memory than it asked for: raise "
    "MATERIA_SLURM_MEMORY",
    "NODE_FAIL": "lost a node",
    "BOOT_FAIL": "got a node that did not boot",
    "DEADLINE": "could not end before its deadline",
    "REVOKED": "was revoked by its federation",
}


def verdict(
    handle: JobHandle,
    job: SlurmJob | None,
    *,
    ended: Mapping[str, Any] | None,
    cancelled: bool,
    log_tail: str,
    time_minutes: int | None = None,
) -> JobStatus:
    """Return the status of a job; `ended` is its exit.json, if there is one."""
    if job is None:
        if cancelled:
            return cancelled_status(handle)
        return lost_status(
            f"{handle.name}: Slurm knows no job {handle.scheduler_id}: it was never accepted, was "
            f"forgotten when the controller died, or ended too long ago (MinJobAge)\n{log_tail}"
        )
    if job.state in WAITING and "launch failed" in job.reason:
        # Seen when a node still ran a job that the controller had forgotten: Slurm holds the new
        # one until somebody releases it, which would be a wait without an end.
        return failed_status(handle, f"could not be launched: {job.reason}", log_tail)
    if job.state in ALIVE:
        waiting = job.state in WAITING
        return JobStatus(
            state=JobState.PENDING if waiting else JobState.RUNNING,
            exit_code=None,
            detail=f"{job.state.lower()}: {job.reason}" if waiting else "",
        )
    if ended is not None and ended["restart"] != job.restarts:
        ended = None  # of an earlier start of this job
    taken_away = job.state in ("CANCELLED", "PREEMPTED")
    if cancelled and (taken_away or (ended and ended["stopped_by"] is not None)):
        return cancelled_status(handle)
    if job.state == "COMPLETED" and job.exit_status == 0 and ended and has_succeeded(ended):
        return JobStatus(state=JobState.SUCCEEDED, exit_code=0, detail="")
    return _failure(handle, job, ended, log_tail, time_minutes)


def _failure(
    handle: JobHandle,
    job: SlurmJob,
    ended: Mapping[str, Any] | None,
    log_tail: str,
    time_minutes: int | None,
) -> JobStatus:
    where = f"Slurm job {job.job_id} on {job.nodes or 'no node'}"
    if job.state == "TIMEOUT" or (ended and ended["at_time_limit"]):
        limit = f"{time_minutes} minutes" if time_minutes else "its partition"
        reason = (
            f"ran into the time limit of {limit} ({where}); it goes on from its last checkpoint "
            "when it is started again"
        )
        return failed_status(handle, reason, log_tail)
    if job.state == "PREEMPTED":
        return preempted_status(handle, f"was preempted by another job ({where})", log_tail)
    if job.state in _CAUSES:
        return failed_status(handle, f"{_CAUSES[job.state]} ({where})", log_tail)
    if job.state == "CANCELLED":
        reason = f"was cancelled by somebody else ({where}): ask who ran scancel"
        return failed_status(handle, reason, log_tail)
    if ended is None:
        reason = (
            f"{job.state.lower()} with {_code(job.exit_status)}, but left no exit.json ({where}): "
            f"is {handle.work_dir} shared with the nodes?"
        )
        return failed_status(handle, reason, log_tail)
    if has_succeeded(ended) or job.state == "COMPLETED":
        reason = (
            f"Slurm says {job.state.lower()} with {_code(job.exit_status)}, the ranks say "
            f"{ended['exit_codes']}: they disagree, so this is no success ({where})"
        )
        return failed_status(handle, reason, log_tail)
    return status_of(handle, ended, cancelled=False, log_tail=log_tail)


def _code(exit_status: int) -> str:
    """Say what a wait() status means."""
    signal_number = exit_status & 0x7F
    return f"signal {signal_number}" if signal_number else f"exit code {exit_status >> 8}"
