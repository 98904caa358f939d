"""From the record of how a job's ranks ended to the status that a caller sees.

Every launcher writes the same record (exit.json): exit_codes by rank (null where nothing is
known, negative for a signal), first_failed, stopped_by, error.

A job that was made to stop by somebody else than its user is preempted: not failed, because it
goes on from its checkpoint, and not cancelled, because nobody wants it to end.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

from assets.ports import JobHandle, JobState, JobStatus

EXIT_PREEMPTED = 128 + signal.SIGTERM
"""How an engine ends that was asked to stop and saved what its grace allowed (training/main.py)."""
EXIT_WORN_OUT = 4
"""How a pod ends that was preempted and that the cluster is not to start again (our choice)."""
_ON_REQUEST = frozenset({EXIT_PREEMPTED, -signal.SIGTERM})


def status_of(
    handle: JobHandle, ended: Mapping[str, Any], *, cancelled: bool, log_tail: str
) -> JobStatus:
    """Translate exit.json: success needs every rank to have ended by itself with 0."""
    codes, first = ended["exit_codes"], ended["first_failed"]
    if ended["stopped_by"] is not None and cancelled:
        return cancelled_status(handle)
    if has_succeeded(ended):
        return JobStatus(state=JobState.SUCCEEDED, exit_code=0, detail="")
    if is_preempted(ended):
        return preempted_status(handle, _who_stopped(ended), log_tail)
    if ended["error"]:
        reason = ended["error"]
    elif ended["stopped_by"] is not None:
        reason = f"{_who_stopped(ended)}, and its ranks ended with {codes}"
    else:
        reason = f"rank {first} of {len(codes)} {how_it_ended(codes[first])}"
    return failed_status(
        handle, reason, log_tail, exit_code=codes[first] if first is not None else None
    )


def has_succeeded(ended: Mapping[str, Any]) -> bool:
    codes = ended["exit_codes"]
    by_themselves = ended["stopped_by"] is None and not ended["error"]
    return bool(codes) and all(code == 0 for code in codes) and by_themselves


def is_preempted(ended: Mapping[str, Any]) -> bool:
    """Return whether a job that nobody cancelled ended because it was made to stop.

    An engine that hears of it ends with 143, one without a handler by the signal, one that took
    too long by SIGKILL. Any other code is a fault of its own, which a new start would repeat.
    """
    codes, first = ended["exit_codes"], ended["first_failed"]
    if ended["error"]:
        return False
    if ended["stopped_by"] is not None:
        return {code for code in codes if code} <= _ON_REQUEST | {None, -signal.SIGKILL}
    return first is not None and codes[first] in _ON_REQUEST


def how_it_ended(code: int) -> str:
    """Say what an exit code means; negative ones are signals."""
    if code >= 0:
        return f"ended with exit code {code}"
    memory = " (out of memory?)" if -code == signal.SIGKILL else ""
    return f"was killed by signal {-code}{memory}"


def failed_status(
    handle: JobHandle, reason: str, log_tail: str, *, exit_code: int | None = None
) -> JobStatus:
    detail = f"{handle.name}: {reason}\n{log_tail}"
    return JobStatus(state=JobState.FAILED, exit_code=exit_code, detail=detail)


def preempted_status(handle: JobHandle, reason: str, log_tail: str) -> JobStatus:
    detail = f"{handle.name}: {reason}\n{log_tail}"
    return JobStatus(state=JobState.PREEMPTED, exit_code=None, detail=detail, preemptions=1)


def cancelled_status(handle: JobHandle) -> JobStatus:
    detail = f"{handle.name}: cancelled"
    return JobStatus(state=JobState.CANCELLED, exit_code=None, detail=detail)


def lost_status(detail: str) -> JobStatus:
    return JobStatus(state=JobState.LOST, exit_code=None, detail=detail)


def _who_stopped(ended: Mapping[str, Any]) -> str:
    if ended["stopped_by"] is not None:
        return f"stopped from outside by signal {ended['stopped_by']}"
    return f"rank {ended['first_failed']} of {len(ended['exit_codes'])} was asked to stop"
