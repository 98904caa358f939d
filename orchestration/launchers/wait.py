"""Runs one job to its end for a caller that may be interrupted; re-attaches to a running one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from assets.ports import JobFailed, JobHandle, JobSpec, JobState, Launcher

logger = logging.getLogger(__name__)

_ALIVE = frozenset({JobState.PENDING, JobState.RUNNING})


def run_and_wait(
    launcher: Launcher,
    spec: JobSpec,
    *,
    poll_s: float = 1.0,
    on_tick: Callable[[], None] = lambda: None,
) -> None:
    """Return when the job has succeeded; raises JobFailed with the tail of its log otherwise.

    on_tick runs after every poll, and once more after the job has ended. Any exception that
    reaches the caller's thread, an interrupt included, cancels the job before it goes on.
    """
    handle = _attach_or_submit(launcher, spec)
    try:
        while (status := launcher.poll(handle)).state in _ALIVE:
            on_tick()
            time.sleep(poll_s)
        on_tick()
    except BaseException:
        logger.warning("job %s: interrupted, cancelling it", handle.name)
        launcher.cancel(handle)
        raise
    if status.state is not JobState.SUCCEEDED:
        # A lost job may have left ranks behind that would write beside the next attempt.
        launcher.cancel(handle)
        raise JobFailed(f"job {status.state.value}: {status.detail}")


def _attach_or_submit(launcher: Launcher, spec: JobSpec) -> JobHandle:
    handle = launcher.reattach(Path(spec.work_dir))
    if handle is not None and handle.name == spec.name and launcher.poll(handle).state in _ALIVE:
        logger.info("job %s: already running, re-attached", handle.name)
        return handle
    try:
        return launcher.submit(spec)
    except Exception:
        raise
    except BaseException:
        # Interrupted half-way: the handle, written first, tells whether the job was started.
        handle = launcher.reattach(Path(spec.work_dir))
        if handle is not None and handle.name == spec.name:
            launcher.cancel(handle)
        raise
