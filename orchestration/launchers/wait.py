"""Runs one job to its end for a caller that may be interrupted; re-attaches to a running one.

A job that was preempted is started again, from its checkpoint, as often as its spec allows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from assets.ports import JobFailed, JobHandle, JobSpec, JobState, JobStatus, Launcher

logger = logging.getLogger(__name__)

_ALIVE = frozenset({JobState.PENDING, JobState.RUNNING})


def run_and_wait(
    launcher: Launcher,
    spec: JobSpec,
    *,
    poll_s: float = 1.0,
    on_tick: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = logger.info,
) -> None:
    """Return when the job has succeeded; raises JobFailed with the tail of its log otherwise.

    on_tick runs after every poll, and once more after the job has ended. Any exception that
    reaches the caller's thread, an interrupt included, cancels the job before it goes on. `say`
    hears of preemptions, whoever started the job again.
    """
    times, most = 0, spec.max_preemptions
    while True:
        left = replace(spec, max_preemptions=most - times)
        status = _wait_for(launcher, left, times, poll_s=poll_s, on_tick=on_tick, say=say)
        if status.state is JobState.SUCCEEDED:
            return
        if status.state is not JobState.PREEMPTED:
            raise JobFailed(f"job {status.state.value}: {status.detail}")
        times += status.preemptions
        if times > most:
            raise JobFailed(
                f"job preempted {_count(times)}, and MATERIA_MAX_PREEMPTIONS={most} allows no new "
                f"start: materialize again, and it goes on from its last checkpoint\n"
                f"{status.detail}"
            )
        say(
            f"{status.detail.splitlines()[0]}: preempted; started again from its last checkpoint, "
            f"{times} of at most {_count(most)}"
        )


def _wait_for(
    launcher: Launcher,
    spec: JobSpec,
    before: int,
    *,
    poll_s: float,
    on_tick: Callable[[], None],
    say: Callable[[str], None],
) -> JobStatus:
    """Run one attempt to its end and return how it ended; nothing of it runs any more."""
    handle = _attach_or_submit(launcher, spec)
    told = 0
    try:
        while (status := launcher.poll(handle)).state in _ALIVE:
            if status.preemptions > told:
                told = status.preemptions
                say(
                    f"{handle.name}: preempted; its scheduler starts it again, {before + told} of "
                    f"at most {_count(before + spec.max_preemptions)}"
                )
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
    return status


def _count(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


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
