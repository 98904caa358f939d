"""Measures what the ranks of a job use: time held, CPU time, devices and their energy.

Whoever watches the ranks owns one meter and lets it write now and then, so that a job that is
killed has still told most of it. assets/lineage/usage.py reads the records. A meter that cannot
write or measure never stops a job.
"""

from __future__ import annotations

import logging
import resource
import socket
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from assets.lineage.usage import USAGE_DIR, USAGE_SCHEMA
from orchestration.launchers.files import write_json
from orchestration.launchers.nvml import Device, Nvml, device_of
from orchestration.processes import cpu_seconds_of_group

logger = logging.getLogger(__name__)

_EVERY_S = 60.0
"""Between records while a job runs: what a killed watcher may leave untold, and few enough writes
for a shared folder when thousands of ranks have one each (our choice)."""


class Meter:
    """Of the ranks that one process watches."""

    def __init__(
        self,
        work_dir: Path,
        *,
        attempt: str,
        record: str,
        places: Sequence[int],
        env: Mapping[str, str],
        nvml: Nvml | None = None,
    ) -> None:
        """`record` names the file; `places` are the local ranks that are watched."""
        self._path = work_dir / USAGE_DIR / f"{record}.json"
        self._attempt, self._places, self._env = attempt, tuple(places), env
        self._nvml = nvml or Nvml.open()
        self._began, self._began_at = time.monotonic(), datetime.now(UTC).isoformat()
        self._before = self._devices()
        self._children_s = _ended_children_s()
        self._written = self._began

    def tick(self, groups: Sequence[int]) -> None:
        """Write a record when it is time; `groups` are the process groups of running ranks."""
        if time.monotonic() - self._written >= _EVERY_S:
            self.write(groups)

    def write(self, groups: Sequence[int] = ()) -> None:
        self._written = time.monotonic()
        devices = self._devices()
        names = {device.name if device else "" for device in devices}
        running = [cpu_seconds_of_group(group) for group in groups]
        record = {
            "schema": USAGE_SCHEMA,
            "attempt": self._attempt,
            "host": socket.gethostname(),
            "ranks": len(self._places),
            "device": names.pop() if len(names) == 1 else "",
            "started_at": self._began_at,
            "seconds": time.monotonic() - self._began,
            "cpu_s": _ended_children_s() - self._children_s + sum(running),
            "energy_j": self._energy(devices),
        }
        try:
            self._path.parent.mkdir(exist_ok=True)
            write_json(self._path, record)
        except OSError as error:
            logger.warning("what the job uses could not be written: %s", error)

    def _devices(self) -> list[Device | None]:
        return [device_of(self._nvml, self._env, place) for place in self._places]

    def _energy(self, now: Sequence[Device | None]) -> dict[str, float | None]:
        """Return joules by device since the beginning; a device of two ranks is there once."""
        drawn: dict[str, float | None] = {}
        for before, after in zip(self._before, now, strict=True):
            if before is None or after is None or not before.uuid:
                continue
            known = before.energy_j is not None and after.energy_j is not None
            # A driver that was loaded again has begun to count again.
            joules = after.energy_j - before.energy_j if known else None  # type: ignore[operator]
            drawn[before.uuid] = joules if joules is None or joules >= 0 else None
        return drawn


def _ended_children_s() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
