"""One rank of a job on a cluster's node: `python -m orchestration.launchers.rank JOB_DIR`.

Turns the scheduler's variables into RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT, runs
the engine, passes SIGTERM on, kills after the grace period, writes how the engine ended, and
stops when the job was cancelled or replaced. In a pod its exit code tells the cluster whether to
start it again. Never imports an engine.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from orchestration.launchers.attempt import FENCED, AttemptFolder, Plan
from orchestration.launchers.meter import Meter
from orchestration.launchers.outcome import EXIT_PREEMPTED, EXIT_WORN_OUT, is_preempted
from orchestration.processes import die_with_parent, group_members, send

logger = logging.getLogger(__name__)

_TICK_S = 0.1
_WATCH_S = 2.0
"""Between looks at the shared folder: cheap for thousands of ranks (our choice)."""
_LAST_LINES_S = 5.0
"""How long what the engine said last may take to reach the log; our choice."""
_FENCED_GRACE_S = 5.0
"""A zombie has nothing to save: the next attempt waits 30 s for its lock, so end well before."""
_NAME_S = 120.0
"""How long the first rank's name may be unknown: a cluster's DNS lags behind its pods."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which rank this process is, and where."""

    rank: int
    local_rank: int
    restart: int
    local_world_size: int
    in_pod: bool = False
    """The cluster reads this process's exit code, and no other process outlives the pod."""


def place_of(env: Mapping[str, str]) -> Place:
    """Read the scheduler's variables; raises ValueError outside of a job."""
    if "SLURM_PROCID" in env:
        return Place(
            rank=int(env["SLURM_PROCID"]),
            local_rank=int(env["SLURM_LOCALID"]),
            restart=int(env.get("SLURM_RESTART_COUNT", "0")),
            local_world_size=int(env.get("SLURM_NTASKS_PER_NODE", "1")),
        )
    if "JOB_COMPLETION_INDEX" in env:
        in_pod, local_rank = int(env.get("RANKS_IN_POD", "1")), int(env.get("RANK_IN_POD", "0"))
        return Place(
            rank=int(env["JOB_COMPLETION_INDEX"]) * in_pod + local_rank,
            local_rank=local_rank,
            restart=0,
            local_world_size=in_pod,
            in_pod=True,
        )
    raise ValueError(
        "neither SLURM_PROCID nor JOB_COMPLETION_INDEX is set: this runs inside a Slurm step or "
        "an indexed Kubernetes Job"
    )


class Rank:
    """The engine's process, and what is done to it."""

    def __init__(self, folder: AttemptFolder, place: Place, env: Mapping[str, str]) -> None:
        self._folder, self._plan, self._place, self._env = folder, folder.plan(), place, env
        self._engine: subprocess.Popen[bytes] | None = None
        self._stopped_by: int | None = None
        self._kill_at: float | None = None
        self._watched_at = 0.0
        self._fenced = False
        self._copying: threading.Thread | None = None
        self._meter = Meter(
            folder.work_dir,
            attempt=f"{self._plan.scheduler_id}.{place.restart}",
            record=f"{folder.path.name}-{place.restart}-{place.rank:05d}",
            places=[place.local_rank],
            env=env,
        )

    def run(self) -> int:
        """Run to the end; return the engine's exit code as a shell would give it."""
        signal.signal(signal.SIGTERM, self._on_signal)
        if self._place.in_pod:
            self._folder.forget_rank(self._place.rank)
        self._watch()
        if self._fenced:
            return FENCED
        if self._stopped_by is None:
            self._start()
        code = self._wait()
        self._meter.write()
        self._watched_at = 0.0
        self._watch()
        if self._fenced:
            return FENCED
        self._folder.write_rank(
            self._place.rank,
            {
                "restart": self._place.restart,
                "exit_code": code,
                "stopped_by": self._stopped_by,
                "host": socket.gethostname(),
            },
        )
        return self._told(code)

    def _told(self, code: int) -> int:
        """Return what the scheduler is told; of a pod, 143 asks for another one."""
        ended = {
            "exit_codes": [code],
            "first_failed": 0 if code else None,
            "stopped_by": self._stopped_by,
            "error": "",
        }
        if not self._place.in_pod or not is_preempted(ended):
            return code if code >= 0 else 128 - code
        if self._folder.cancel_requested():
            return FENCED
        times = self._folder.note_preemption(f"{self._place.rank:05d}")
        return EXIT_PREEMPTED if times <= self._plan.max_preemptions else EXIT_WORN_OUT

    def _start(self) -> None:
        plan = self._plan
        log = open_log(plan)
        self._engine = subprocess.Popen(
            [sys.executable, "-m", plan.module, plan.spec_path, *plan.arguments],
            cwd=plan.cwd,
            env={**self._env, **rank_env(plan, self._place)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if log else None,
            stderr=subprocess.STDOUT,
            # A group of its own, so that what the engine has started ends with it.
            process_group=0,
            preexec_fn=die_with_parent(),
        )
        if log:
            assert self._engine.stdout is not None
            self._copying = threading.Thread(
                target=_copy, args=(self._engine.stdout, log), daemon=True
            )
            self._copying.start()

    def _wait(self) -> int:
        if self._engine is None:
            return 128 + signal.SIGTERM
        if self._stopped_by is not None:
            self._engine.terminate()
        while self._engine.poll() is None:
            self._watch()
            self._meter.tick([self._engine.pid])
            if self._kill_at is not None and time.monotonic() > self._kill_at:
                self._kill_group()
            time.sleep(_TICK_S)
        self._kill_group()
        if self._copying is not None:
            # The last lines, which say why it ended, may still be in the pipe.
            self._copying.join(_LAST_LINES_S)
        return self._engine.wait()

    def _watch(self) -> None:
        """Look, now and then, whether we are still wanted."""
        if self._fenced or time.monotonic() - self._watched_at < _WATCH_S:
            return
        self._watched_at = time.monotonic()
        replaced_by = self._folder.replaced_by(self._plan.scheduler_id, self._place.restart)
        if replaced_by:
            rank, restart = self._place.rank, self._place.restart
            self._folder.write_zombie(rank, restart, replaced_by, socket.gethostname())
            logger.warning("rank %d was replaced by %s", rank, replaced_by)
            self._fenced = True
            self._stop(signal.SIGTERM, _FENCED_GRACE_S)
        elif self._stopped_by is None and self._folder.cancel_requested():
            self._stop(signal.SIGTERM, self._plan.grace_s)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopped_by is None:
            self._stop(number, self._plan.grace_s)

    def _stop(self, number: int, grace_s: float) -> None:
        self._stopped_by = number
        self._kill_at = time.monotonic() + grace_s
        if self._engine is not None and self._engine.poll() is None:
            self._engine.terminate()

    def _kill_group(self) -> None:
        assert self._engine is not None
        for member in group_members(self._engine.pid):
            send(member, signal.SIGKILL)


def rank_env(plan: Plan, place: Place) -> dict[str, str]:
    """Return what training/ranks.py reads."""
    return {
        "RANK": str(place.rank),
        "LOCAL_RANK": str(place.local_rank),
        "WORLD_SIZE": str(plan.world_size),
        "LOCAL_WORLD_SIZE": str(place.local_world_size),
    }


def wait_for_name(host: str, timeout_s: float = _NAME_S) -> None:
    """Return once a name has an address; raises OSError when it gets none."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            socket.getaddrinfo(host, None)
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise OSError(
                    f"rank 0 at {host} has no address after {timeout_s:.0f} s ({error}): look at "
                    "the job's headless service"
                ) from None
            time.sleep(0.5)


def open_log(plan: Plan) -> IO[bytes] | None:
    return Path(plan.log).open("ab", buffering=0) if plan.log else None


def _copy(source: IO[bytes], log: IO[bytes]) -> None:
    """Write each line whole to the log that all ranks share, and to our own output."""
    with log:
        for line in source:
            log.write(line)
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    folder = AttemptFolder(Path(sys.argv[1]))
    place = place_of(os.environ)
    try:
        if "MASTER_ADDR" in os.environ and place.rank:
            wait_for_name(os.environ["MASTER_ADDR"])
        return Rank(folder, place, os.environ).run()
    except OSError as error:
        logger.exception("rank %d could not start", place.rank)
        if log := open_log(folder.plan()):
            with log:
                log.write(f"rank {place.rank} could not start: {error}\n".encode())
        record = {"restart": place.restart, "exit_code": 1, "stopped_by": None}
        folder.write_rank(place.rank, record)
        return 1


if __name__ == "__main__":
    sys.exit(main())
