"""Runs jobs as processes of this machine, watched by a supervisor that outlives the caller.

The state of a job is what its files say (files.py); this class keeps none in memory, so any
process on the machine can poll, cancel or re-attach.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.ports import JobHandle, JobSpec, JobState, JobStatus
from orchestration.launchers.admission import (
    JobAlreadyRunning,
    exclusive,
    inheritable,
    refuse_foreign,
    validate,
)
from orchestration.launchers.files import (
    CANCEL,
    EXIT,
    HANDLE,
    LOG,
    PROCESSES,
    archive,
    read_json,
    tail,
    write_json,
)
from orchestration.launchers.outcome import cancelled_status, lost_status, status_of
from orchestration.processes import (
    ProcessId,
    from_record,
    group_members,
    is_alive,
    send,
    wait_until_gone,
)
from orchestration.settings import OFF_SWITCHES, PROJECT_ROOT

_LINGER_S = 10.0
"""How much longer than the grace period the supervisor may take to write exit.json."""


class LocalLauncher:
    """Launcher over local subprocesses, 1..n ranks."""

    name = "local"

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        object_store: Mapping[str, str] | None = None,
        grace_s: float = 30.0,
    ) -> None:
        """Pass on what the allow-list lets through of `environ`, and all of `object_store`."""
        self._grace_s = grace_s
        self._object_store = dict(object_store or {})
        self._inherited = inheritable(environ)

    def submit(self, spec: JobSpec) -> JobHandle:
        """Persist the handle, then start the job; raises JobAlreadyRunning or ValueError."""
        validate(spec)
        work_dir = Path(spec.work_dir).resolve()
        work_dir.mkdir(parents=True, exist_ok=True)
        with exclusive(work_dir):
            earlier = self.reattach(work_dir)
            if earlier is not None:
                refuse_foreign(earlier, self.name)
                if self.poll(earlier).state is JobState.RUNNING:
                    raise JobAlreadyRunning(
                        f"job {earlier.name} runs in {work_dir}: re-attach to it or cancel it first"
                    )
                _kill(_leftovers(work_dir))
                archive(work_dir)
            handle = JobHandle(
                name=spec.name,
                work_dir=str(work_dir),
                launcher=self.name,
                scheduler_id=f"local-{uuid.uuid4().hex}",
                submitted_at=datetime.now(UTC).isoformat(),
            )
            write_json(work_dir / HANDLE, asdict(handle))
            self._start(spec, handle)
        return handle

    def poll(self, handle: JobHandle) -> JobStatus:
        """Return what the job's files and its supervisor's process say."""
        work_dir = Path(handle.work_dir)
        current = self.reattach(work_dir)
        if current is None or current.scheduler_id != handle.scheduler_id:
            return lost_status(
                f"{handle.name}: a later attempt runs in {work_dir}, or it was removed"
            )
        if (ended := read_json(work_dir / EXIT)) is not None:
            return _status(handle, ended)
        supervisor = _supervisor(work_dir)
        if supervisor is not None and is_alive(supervisor):
            return JobStatus(state=JobState.RUNNING, exit_code=None, detail="")
        # It may have ended between the two looks.
        if (ended := read_json(work_dir / EXIT)) is not None:
            return _status(handle, ended)
        if read_json(work_dir / CANCEL) is not None:
            return cancelled_status(handle)
        return lost_status(
            f"{handle.name}: its supervisor is gone and left no exit.json\n{tail(work_dir / LOG)}"
        )

    def cancel(self, handle: JobHandle) -> None:
        """Stop the job and wait until no process of it runs; does nothing when it has ended."""
        work_dir = Path(handle.work_dir)
        state = self.poll(handle).state
        current = self.reattach(work_dir)
        if current is None or current.scheduler_id != handle.scheduler_id:
            return
        if state is JobState.RUNNING:
            write_json(work_dir / CANCEL, {"requested_at": datetime.now(UTC).isoformat()})
            supervisor = _supervisor(work_dir)
            if supervisor is not None:
                send(supervisor, signal.SIGTERM)
                _kill(wait_until_gone([supervisor], self._grace_s + _LINGER_S))
        _kill(_leftovers(work_dir))

    def reattach(self, work_dir: Path) -> JobHandle | None:
        record = read_json(work_dir / HANDLE)
        return JobHandle(**record) if record is not None else None

    def describe(self, spec: JobSpec) -> str:
        """Return the command of every rank of a job that is not started."""
        validate(spec)
        command = shlex.join([sys.executable, "-m", spec.module, spec.spec_path])
        return "\n".join(
            [
                f"# {spec.world_size} processes in {PROJECT_ROOT}",
                *(
                    f"RANK={rank} LOCAL_RANK={rank} WORLD_SIZE={spec.world_size} "
                    f"MASTER_ADDR=127.0.0.1 {command}"
                    for rank in range(spec.world_size)
                ),
                "",
            ]
        )

    def _start(self, spec: JobSpec, handle: JobHandle) -> None:
        plan = {
            "scheduler_id": handle.scheduler_id,
            "module": spec.module,
            "spec_path": str(Path(spec.spec_path).resolve()),
            "arguments": list(spec.arguments),
            "world_size": spec.world_size,
            "cwd": str(PROJECT_ROOT),
            "grace_s": self._grace_s,
            "env": self._rank_env(spec),
        }
        # The plan goes through a pipe and not a file: spec.env may hold what is not for the disk.
        command = [sys.executable, "-m", "orchestration.launchers.supervise", handle.work_dir]
        started = subprocess.run(
            command,
            cwd=PROJECT_ROOT,
            env={**self._inherited, "PYTHONPATH": str(PROJECT_ROOT)},
            input=json.dumps(plan).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if started.returncode != 0:
            output = started.stdout.decode(errors="replace")
            raise RuntimeError(f"job {spec.name}: the supervisor did not start: {output}")

    def _rank_env(self, spec: JobSpec) -> dict[str, str]:
        threads = max(1, (os.cpu_count() or 1) // spec.world_size)
        return {
            "OMP_NUM_THREADS": str(threads),
            # Threads that wait must not spin: on a shared machine two jobs would starve each
            # other (measured with five: 439 instead of 6,300 tokens a second).
            "GOMP_SPINCOUNT": "2000",
            **self._inherited,
            **self._object_store,
            "PYTHONPATH": str(PROJECT_ROOT),
            "PYTHONUNBUFFERED": "1",
            **OFF_SWITCHES,
            **spec.env,
        }


def _status(handle: JobHandle, ended: Mapping[str, Any]) -> JobStatus:
    work_dir = Path(handle.work_dir)
    cancelled = read_json(work_dir / CANCEL) is not None
    return status_of(handle, ended, cancelled=cancelled, log_tail=tail(work_dir / LOG))


def _supervisor(work_dir: Path) -> ProcessId | None:
    processes = read_json(work_dir / PROCESSES)
    return from_record(processes["supervisor"]) if processes is not None else None


def _leftovers(work_dir: Path) -> tuple[ProcessId, ...]:
    """Return what still runs of an attempt whose supervisor has gone."""
    processes = read_json(work_dir / PROCESSES)
    if processes is None:
        return ()
    ranks = (from_record(rank) for rank in processes["ranks"])
    return tuple(member for r in ranks if is_alive(r) for member in group_members(r.pid))


def _kill(processes: tuple[ProcessId, ...]) -> None:
    for process in processes:
        send(process, signal.SIGKILL)
    wait_until_gone(processes, timeout_s=10)
