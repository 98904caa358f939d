"""Starts the ranks of one local job, watches them and writes how they ended: exit.json.

`python -m orchestration.launchers.supervise WORK_DIR`, plan and environment as JSON on stdin.
It detaches first, so that it outlives whoever submitted the job. Never imports an engine.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from orchestration.launchers.files import EXIT, LOG, PROCESSES, read_json, write_json
from orchestration.launchers.meter import Meter
from orchestration.processes import group_members, identify, send

_TICK_S = 0.1
_START_TIMEOUT_S = 30.0


def main() -> None:
    """Detach, tell the caller on stdout that the job runs, and supervise it to its end."""
    work_dir = Path(sys.argv[1])
    plan: dict[str, Any] = json.load(sys.stdin)
    if (child := os.fork()) > 0:
        sys.exit(0 if _has_started(child, work_dir, plan["scheduler_id"]) else 1)
    os.setsid()
    log = os.open(work_dir / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, null), (1, log), (2, log)):
        os.dup2(source, target)
    Supervisor(work_dir, plan).run()


class Supervisor:
    """One attempt at one job."""

    def __init__(self, work_dir: Path, plan: dict[str, Any]) -> None:
        self._work_dir = work_dir
        self._plan = plan
        self._ranks: list[subprocess.Popen[bytes]] = []
        self._stopped_by: int | None = None
        self._deadline: float | None = None
        self._first_failed: int | None = None
        self._ended: set[int] = set()
        token = plan["scheduler_id"]
        ranks = range(plan["world_size"])
        self._meter = Meter(work_dir, attempt=token, record=token, places=ranks, env=plan["env"])

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        started_at = datetime.now(UTC).isoformat()
        error = ""
        try:
            self._start_ranks()
            self._watch()
        except OSError as problem:
            error = f"could not start: {problem}"
        finally:
            self._kill_groups()
        self._meter.write()
        write_json(
            self._work_dir / EXIT,
            {
                "scheduler_id": self._plan["scheduler_id"],
                "exit_codes": [rank.returncode for rank in self._ranks],
                "first_failed": self._first_failed,
                "stopped_by": self._stopped_by,
                "error": error,
                "started_at": started_at,
                "finished_at": datetime.now(UTC).isoformat(),
            },
        )

    def _start_ranks(self) -> None:
        world_size, port = self._plan["world_size"], _free_port()
        self._record()
        for rank in range(world_size):
            if self._stopped_by is not None:
                break
            env = {
                **self._plan["env"],
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": str(world_size),
                "LOCAL_WORLD_SIZE": str(world_size),
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
            }
            command = [
                sys.executable,
                "-m",
                self._plan["module"],
                self._plan["spec_path"],
                *self._plan["arguments"],
            ]
            # A group of its own lets us end whatever the rank has started, without ourselves.
            process = subprocess.Popen(command, cwd=self._plan["cwd"], env=env, process_group=0)
            self._ranks.append(process)
            self._record()

    def _record(self) -> None:
        """Write who we are and which ranks run, so that a later attempt can end leftovers."""
        me = identify(os.getpid())
        ranks = [identify(rank.pid) for rank in self._ranks]
        write_json(
            self._work_dir / PROCESSES,
            {
                "scheduler_id": self._plan["scheduler_id"],
                "supervisor": asdict(me) if me else None,
                "ranks": [asdict(rank) for rank in ranks if rank],
            },
        )

    def _watch(self) -> None:
        if self._stopped_by is not None:
            # A rank that was being started when the signal came has not heard of it.
            self._stop_ranks()
        while self._running():
            if self._deadline is not None and time.monotonic() > self._deadline:
                self._kill_groups()
            self._meter.tick([rank.pid for rank in self._ranks if rank.returncode is None])
            time.sleep(_TICK_S)

    def _running(self) -> bool:
        """Take note of ranks that have ended; whether any has not."""
        for number, rank in enumerate(self._ranks):
            if number in self._ended or rank.poll() is None:
                continue
            self._ended.add(number)
            # At once, because the number of an empty group may be given to others later.
            _kill_group(rank.pid)
            if rank.returncode != 0 and self._first_failed is None:
                # Only the first to die tells why; the others fail because it is gone.
                self._first_failed = number
                self._stop_ranks()
        return len(self._ended) < len(self._ranks)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopped_by is None:
            self._stopped_by = number
            self._stop_ranks()

    def _stop_ranks(self) -> None:
        self._deadline = self._deadline or time.monotonic() + self._plan["grace_s"]
        for rank in self._ranks:
            if rank.poll() is None:
                rank.terminate()

    def _kill_groups(self) -> None:
        """End the ranks that still run, with all they started."""
        for number, rank in enumerate(self._ranks):
            if number not in self._ended:
                _kill_group(rank.pid)
                rank.wait()


def _kill_group(rank_pid: int) -> None:
    """End the processes of a rank's group, which bears the rank's pid."""
    for member in group_members(rank_pid):
        send(member, signal.SIGKILL)


def _has_started(child: int, work_dir: Path, scheduler_id: str) -> bool:
    """Wait until the detached supervisor has recorded itself; False when it does not."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        record = read_json(work_dir / PROCESSES)
        if record is not None and record["scheduler_id"] == scheduler_id:
            return True
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            return False
        time.sleep(0.01)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
