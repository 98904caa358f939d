"""Running servers side by side, shown on small real ones."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from orchestration.processes import ProcessId, identify, is_alive
from orchestration.services import Service, Services

SLEEPER = "import time; time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def program(tmp_path: Path, name: str, code: str, health_url: str = "") -> Service:
    return Service(
        name=name,
        command=(sys.executable, "-c", code),
        log=tmp_path / "logs" / f"{name}.log",
        url=health_url,
        health_url=health_url,
        cwd=tmp_path,
        env=dict(os.environ),
    )


def web(tmp_path: Path, name: str = "web") -> Service:
    """A server with a child in its group and one that has left it for a session of its own."""
    port = free_port()
    code = (
        "import http.server, pathlib, subprocess, sys\n"
        f"command = [sys.executable, '-c', {STUBBORN!r}]\n"
        "here = subprocess.Popen(command)\n"
        "away = subprocess.Popen(command, start_new_session=True)\n"
        f"pathlib.Path('{name}.pids').write_text(f'{{here.pid}} {{away.pid}}')\n"
        f"http.server.test(http.server.SimpleHTTPRequestHandler, port={port}, bind='127.0.0.1')\n"
    )
    return program(tmp_path, name, code, f"http://127.0.0.1:{port}/")


def run(services: list[Service], **options: float) -> tuple[int, str]:
    out = io.StringIO()
    code = Services(services, grace_s=options.pop("grace_s", 1.0)).run(
        Console(file=out, width=200), ready_timeout_s=options.pop("ready_timeout_s", 30.0)
    )
    return code, out.getvalue()


def when(condition: Callable[[], bool], action: Callable[[], object]) -> threading.Thread:
    """Act from another thread as soon as something is so."""

    def watch() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if condition():
                action()
                return
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def children(tmp_path: Path, name: str = "web") -> list[ProcessId]:
    pids = (tmp_path / f"{name}.pids").read_text().split()
    return [process for pid in pids if (process := identify(int(pid))) is not None]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_servers_and_whatever_they_have_started(
    tmp_path: Path, number: signal.Signals
) -> None:
    seen: list[ProcessId] = []
    pids = tmp_path / "web.pids"

    def note_and_stop() -> None:
        time.sleep(0.3)
        seen.extend(children(tmp_path))
        os.kill(os.getpid(), number)

    thread = when(lambda: pids.exists() and len(pids.read_text().split()) == 2, note_and_stop)
    code, out = run([web(tmp_path), program(tmp_path, "worker", SLEEPER)])
    thread.join()
    assert code == 0
    assert "web  http://127.0.0.1:" in out
    assert len(seen) == 2
    assert not [process for process in seen if is_alive(process)]
    assert signal.getsignal(number) is not None


def test_the_death_of_one_stops_the_others_and_is_told_with_its_log(tmp_path: Path) -> None:
    dying = "import sys, time; time.sleep(1); print('no space left', flush=True); sys.exit(3)"
    server = web(tmp_path)
    code, out = run([server, program(tmp_path, "worker", dying)])
    assert code == 1
    assert "worker ended with exit code 3" in out
    assert "no space left" in out
    assert children(tmp_path) == []


def test_a_server_that_never_answers_is_named(tmp_path: Path) -> None:
    mute = program(tmp_path, "mute", SLEEPER, f"http://127.0.0.1:{free_port()}/")
    code, out = run([mute], ready_timeout_s=0.5)
    assert code == 1
    assert "mute did not answer at http://127.0.0.1:" in out


def test_a_program_that_does_not_exist_leaves_nothing_running(tmp_path: Path) -> None:
    server = web(tmp_path)
    missing = Service(name="missing", command=("/no/such/program",), log=tmp_path / "missing.log")
    with pytest.raises(FileNotFoundError, match="/no/such/program"):
        run([server, missing])
    with socket.socket() as probe:
        probe.settimeout(1)
        port = int(server.url.rsplit(":", 1)[1].rstrip("/"))
        assert probe.connect_ex(("127.0.0.1", port)) != 0
