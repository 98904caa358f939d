"""Names a process so that a reused pid is never mistaken for it, and ends whole process trees.

Reads /proc, so it works on Linux only, which is where jobs and services run.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_BOOT_ID = _PROC / "sys/kernel/random/boot_id"
_PR_SET_PDEATHSIG = 1
_DEAD_STATES = frozenset("ZX")
"""A zombie waits only for its parent to read its exit code; it runs nothing any more."""


@dataclass(frozen=True, kw_only=True)
class ProcessId:
    """A pid together with when it started; pids are reused, the pair is not."""

    pid: int
    started: str
    """Boot id and clock ticks since that boot."""


def identify(pid: int) -> ProcessId | None:
    """Return the identity of a running process, or None when there is none (zombies included)."""
    fields = _stat(pid)
    if fields is None or fields.state in _DEAD_STATES:
        return None
    boot = _BOOT_ID.read_text().strip()
    return ProcessId(pid=pid, started=f"{boot}:{fields.start_ticks}")


def from_record(record: Mapping[str, Any]) -> ProcessId:
    """Read an identity that was stored with `dataclasses.asdict`."""
    return ProcessId(pid=int(record["pid"]), started=str(record["started"]))


def is_alive(process: ProcessId) -> bool:
    """Whether this very process, and not a later one with its pid, still runs."""
    return identify(process.pid) == process


def descendants(pid: int) -> tuple[ProcessId, ...]:
    """Return all running descendants of a process, parents first."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))) is not None:
            children.setdefault(fields.parent, []).append(int(entry.name))
    found: list[ProcessId] = []
    queue = list(children.get(pid, ()))
    while queue:
        child = queue.pop(0)
        queue.extend(children.get(child, ()))
        if (process := identify(child)) is not None:
            found.append(process)
    return tuple(found)


def group_members(group: int) -> tuple[ProcessId, ...]:
    """Return the running processes of a process group."""
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))) is not None:
            process = identify(int(entry.name)) if fields.group == group else None
            if process is not None:
                found.append(process)
    return tuple(found)


def cpu_seconds_of_group(group: int) -> float:
    """Return the CPU time of a process group's running members and of their ended children."""
    ticks = 0
    for member in group_members(group):
        fields = _stat(member.pid)
        ticks += fields.cpu_ticks if fields is not None else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def send(process: ProcessId, number: signal.Signals) -> None:
    """Signal a process if it still runs."""
    if is_alive(process):
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def wait_until_gone(processes: Iterable[ProcessId], timeout_s: float) -> tuple[ProcessId, ...]:
    """Wait for processes to end; returns those that still run at the deadline."""
    deadline = time.monotonic() + timeout_s
    left = tuple(processes)
    while left := tuple(p for p in left if is_alive(p)):
        if time.monotonic() >= deadline:
            break
        time.sleep(0.05)
    return left


def die_with_parent() -> Callable[[], None]:
    """Return what a child runs before it becomes its program, to be killed when we are gone."""
    prctl = ctypes.CDLL(None).prctl

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return before_exec


@dataclass(frozen=True, kw_only=True)
class _Stat:
    state: str
    parent: int
    group: int
    start_ticks: int
    cpu_ticks: int
    """In user and kernel mode, with children that were waited for."""


def _stat(pid: int) -> _Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in parentheses and may itself hold spaces and ")".
    fields = text[text.rindex(")") + 2 :].split()
    return _Stat(
        state=fields[0],
        parent=int(fields[1]),
        group=int(fields[2]),
        start_ticks=int(fields[19]),
        cpu_ticks=sum(int(ticks) for ticks in fields[11:15]),
    )
