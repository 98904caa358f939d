"""Runs a few servers side by side: started together, watched, and stopped with all they started."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from rich.console import Console

from orchestration.launchers.files import tail
from orchestration.processes import (
    ProcessId,
    descendants,
    group_members,
    identify,
    send,
    wait_until_gone,
)

_TICK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Service:
    """One server to run."""

    name: str
    command: tuple[str, ...]
    log: Path
    url: str = ""
    """Page for people; empty when it has none."""
    health_url: str = ""
    """Answers 200 once the service is ready; empty when it has no such address."""
    cwd: Path = field(default_factory=Path.cwd)
    env: Mapping[str, str] = field(default_factory=dict)


class Services:
    """A set of running services."""

    def __init__(self, services: Sequence[Service], *, grace_s: float = 20.0) -> None:
        self._services = services
        self._grace_s = grace_s
        self._running: list[tuple[Service, subprocess.Popen[bytes]]] = []

    def run(self, console: Console, *, ready_timeout_s: float) -> int:
        """Run until SIGINT or SIGTERM (returns 0), or until one ends or is not ready (1)."""
        with _stop_signals() as stop:
            try:
                self._start()
                problem = self._wait_until_ready(stop, ready_timeout_s)
                if not problem and not stop.is_set():
                    for service in self._services:
                        if service.url:
                            console.print(f"[bold]{service.name}[/bold]  {service.url}")
                    console.print("Stop with Ctrl-C.")
                while not problem and not stop.wait(_TICK_S):
                    problem = self._dead()
                if problem:
                    console.print(problem, style="red", markup=False, highlight=False)
                return 1 if problem else 0
            finally:
                console.print("Stopping ...")
                self.stop()

    def stop(self) -> None:
        """End all services and their descendants, politely first."""
        mine = self._processes()
        for _, process in self._running:
            for member in group_members(process.pid):
                send(member, signal.SIGTERM)
        # Reaping here, because a child that nobody waits for stays in the process table.
        deadline = time.monotonic() + self._grace_s
        while time.monotonic() < deadline and any(p.poll() is None for _, p in self._running):
            time.sleep(_TICK_S)
        wait_until_gone(mine, max(0.0, deadline - time.monotonic()))
        for survivor in {*mine, *self._processes()}:
            send(survivor, signal.SIGKILL)
        for _, child in self._running:
            child.wait()
        wait_until_gone(mine, timeout_s=10)

    def _start(self) -> None:
        for service in self._services:
            service.log.parent.mkdir(parents=True, exist_ok=True)
            with service.log.open("wb") as log:
                # A group of its own: Ctrl-C reaches us alone, and we stop them in order.
                process = subprocess.Popen(
                    service.command,
                    cwd=service.cwd,
                    env=dict(service.env),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                )
            self._running.append((service, process))

    def _wait_until_ready(self, stop: threading.Event, timeout_s: float) -> str:
        """Return "" when all answer (or we are told to stop), else what is wrong."""
        deadline = time.monotonic() + timeout_s
        waiting = [service for service in self._services if service.health_url]
        while waiting and not stop.wait(_TICK_S):
            if problem := self._dead():
                return problem
            waiting = [service for service in waiting if not _answers(service.health_url)]
            if waiting and time.monotonic() > deadline:
                first = waiting[0]
                return (
                    f"{first.name} did not answer at {first.health_url} within {timeout_s:.0f} s; "
                    f"the end of {first.log}:\n{tail(first.log)}"
                )
        return ""

    def _dead(self) -> str:
        for service, process in self._running:
            if process.poll() is not None:
                return (
                    f"{service.name} ended with exit code {process.returncode}; "
                    f"the end of {service.log}:\n{tail(service.log)}"
                )
        return ""

    def _processes(self) -> tuple[ProcessId, ...]:
        """Return all running processes of all services."""
        found: set[ProcessId] = set()
        for _, process in self._running:
            if process.returncode is None and (own := identify(process.pid)) is not None:
                found.add(own)
            found.update(descendants(process.pid), group_members(process.pid))
        return tuple(found)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Turn SIGINT and SIGTERM into an event, so that stopping is never itself interrupted."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {n: signal.signal(n, on_signal) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
