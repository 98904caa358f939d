"""The first process of a Slurm job: `python -m orchestration.launchers.slurm_batch JOB_DIR`.

Starts the ranks with srun, waits for them, writes exit.json, and puts a job that was preempted, or
saved itself before its time limit, back into the queue. Runs on the allocation's first node.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from orchestration.launchers.attempt import FENCED, AttemptFolder, ending_of
from orchestration.launchers.cluster import ClusterRefused, ClusterUnavailable
from orchestration.launchers.files import EXIT, write_json
from orchestration.launchers.outcome import is_preempted
from orchestration.launchers.slurm_queue import SlurmQueue

_STOPPED = 128 + signal.SIGTERM
_STEP_S = 120
"""How long Slurm may take to give a job the nodes that it already has (our choice)."""
_WARNING_SLACK_S = 90.0
"""Slurm may warn up to 60 s early, by its manual; and our clock starts later than its own."""


class Batch:
    """One start of one attempt."""

    def __init__(self, folder: AttemptFolder, env: Mapping[str, str]) -> None:
        self._folder, self._plan, self._env = folder, folder.plan(), env
        self._restart = int(env.get("SLURM_RESTART_COUNT", "0"))
        self._job_id = env["SLURM_JOB_ID"]
        self._stopped_by: int | None = None
        self._began = time.monotonic()

    def run(self) -> int:
        """Return the job's exit code: 0 only when every rank ended by itself with 0."""
        signal.signal(signal.SIGTERM, self._on_signal)
        if self._replaced():
            return FENCED
        self._folder.start(self._restart, job_id=self._job_id, host=socket.gethostname())
        srun_code = 0
        # Slurm queues a job that it preempts again by itself, and does not count.
        worn_out = self._folder.preemptions() > self._plan.max_preemptions
        if worn_out or self._folder.cancel_requested():
            self._stopped_by = signal.SIGTERM
        else:
            srun_code = self._run_ranks()
        # A zombie must not write over what its successor leaves.
        if self._replaced():
            return FENCED
        ended = self._ending(srun_code)
        if not worn_out and self._may_go_on(ended) and self._queue_again():
            return _STOPPED
        write_json(self._folder.path / EXIT, ended)
        return _exit_code(ended)

    def _run_ranks(self) -> int:
        plan = self._plan
        command = [
            "srun",
            f"--ntasks={plan.world_size}",
            # srun does not take these over from sbatch since Slurm 22.05.
            f"--cpus-per-task={plan.cpus_per_rank}",
            "--export=ALL",
            "--kill-on-bad-exit=1",
            "--wait=0",
            # srun would ask for ever. Seen when a dead node came back at once: a late word of the
            # first start took a node from the second.
            f"--immediate={_STEP_S}",
            sys.executable,
            "-m",
            "orchestration.launchers.rank",
            str(self._folder.path),
        ]
        rendezvous = {"MASTER_ADDR": socket.gethostname(), "MASTER_PORT": str(_free_port())}
        return subprocess.run(command, env={**self._env, **rendezvous}, check=False).returncode

    def _ending(self, srun_code: int) -> dict[str, Any]:
        records = self._folder.ranks(self._plan.world_size, self._restart)
        found = ending_of(records)
        missing = found.pop("missing")
        stopped_by = self._stopped_by if self._stopped_by is not None else found["stopped_by"]
        error = ""
        if missing and stopped_by is None and found["first_failed"] is None:
            error = (
                f"rank {missing[0]} of {self._plan.world_size} left no record (srun ended with "
                f"{srun_code}): it was not started, was killed from outside, or its node has died"
            )
        return {
            **found,
            "scheduler_id": self._plan.scheduler_id,
            "restart": self._restart,
            "stopped_by": stopped_by,
            "error": error,
            "at_time_limit": stopped_by is not None and self._near_limit(),
        }

    def _near_limit(self) -> bool:
        limit_s = self._plan.time_limit_s
        elapsed = time.monotonic() - self._began
        return limit_s is not None and elapsed > limit_s - self._plan.warn_s - _WARNING_SLACK_S

    def _may_go_on(self, ended: Mapping[str, Any]) -> bool:
        """Whether this job, which was stopped, is to be queued again."""
        if self._folder.cancel_requested():
            return False
        if ended["at_time_limit"]:
            return bool(self._plan.warn_s) and self._restart < self._plan.max_restarts
        if not is_preempted(ended):
            return False
        return self._folder.note_preemption("job") <= self._plan.max_preemptions

    def _queue_again(self) -> bool:
        """Ask for another run of this job; it goes on from its step checkpoint."""
        queue = SlurmQueue(self._env)
        try:
            job = queue.find(self._plan.scheduler_id, self._job_id)
            # The number of a job that was forgotten may by now be somebody else's. And a job that
            # does not run any more was cancelled by somebody: to queue it would undo that.
            if job is None or job.job_id != self._job_id or job.state != "RUNNING":
                return False
            queue.requeue(self._job_id)
        except (ClusterRefused, ClusterUnavailable) as error:
            print(f"stopped and saved, but not queued again: {error}", flush=True)
            return False
        return True

    def _replaced(self) -> bool:
        by = self._folder.replaced_by(self._plan.scheduler_id, self._restart)
        if by:
            print(
                f"job {self._plan.scheduler_id} was replaced by {by}: it does nothing", flush=True
            )
        return bool(by)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopped_by = number


def _exit_code(ended: Mapping[str, Any]) -> int:
    if ended["stopped_by"] is not None:
        return _STOPPED
    if ended["error"]:
        return 1
    if ended["first_failed"] is None:
        return 0
    code: int = ended["exit_codes"][ended["first_failed"]]
    return code if code > 0 else 128 - code


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(Batch(AttemptFolder(Path(sys.argv[1])), os.environ).run())
