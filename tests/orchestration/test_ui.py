"""The real Dagster and MLflow servers, started as people start them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.processes import ProcessId, descendants, is_alive, send, wait_until_gone
from orchestration.settings import PROJECT_ROOT
from orchestration.ui import PortTaken, run_ui

STANDINS = Path(__file__).parent / "standins"
PROGRAM = """
import os, sys
from pathlib import Path
from orchestration.ui import run_ui
home, dagster_port, mlflow_port, folder = sys.argv[1:]
sys.exit(run_ui(
    Path(home), environ=os.environ, dagster_port=int(dagster_port), mlflow_port=int(mlflow_port),
    module="toy_definitions", working_directory=Path(folder),
))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Ui:
    """`run_ui` in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.dagster, self.mlflow = free_port(), free_port()
        self.output = home / "output"
        home.mkdir(parents=True, exist_ok=True)
        with self.output.open("wb") as output:
            arguments = [str(home), str(self.dagster), str(self.mlflow), str(STANDINS)]
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *arguments],
                cwd=PROJECT_ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.seen: tuple[ProcessId, ...] = ()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 240
        while "Stop with Ctrl-C" not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.2)
        self.seen = descendants(self.process.pid)

    def left(self) -> list[ProcessId]:
        return [process for process in self.seen if is_alive(process)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ui-home")


@pytest.fixture
def ui(home: Path) -> Iterator[Ui]:
    ui = Ui(home)
    try:
        ui.wait_until_ready()
        yield ui
    finally:
        left = (*descendants(ui.process.pid), *ui.left())
        if ui.process.poll() is None:
            ui.process.kill()
            ui.process.wait()
        for process in left:
            send(process, signal.SIGKILL)
        wait_until_gone(left, timeout_s=10)


@pytest.mark.slow
def test_both_pages_answer_and_ctrl_c_leaves_nothing_behind(ui: Ui) -> None:
    assert ask_dagster(ui.dagster, "{ assetNodes { assetKey { path } } }") == {
        "assetNodes": [{"assetKey": {"path": ["corpora", "toy"]}}]
    }
    version = ask(f"http://127.0.0.1:{ui.mlflow}/version")
    assert version == b"3.17.2"
    assert listening_elsewhere(ui) == []
    assert len(ui.seen) >= 5
    ui.process.send_signal(signal.SIGINT)
    assert ui.process.wait(60) == 0
    assert ui.left() == []
    output = ui.output.read_text()
    assert f"Dagster  http://127.0.0.1:{ui.dagster}" in output
    assert f"MLflow  http://127.0.0.1:{ui.mlflow}" in output


@pytest.mark.slow
def test_the_death_of_the_daemon_is_told_and_ends_the_rest(ui: Ui) -> None:
    (daemon,) = [p for p in ui.seen if b"dagster._daemon" in command_line(p)]
    os.kill(daemon.pid, signal.SIGKILL)
    assert ui.process.wait(60) == 1
    assert "Dagster daemon ended with exit code -9" in ui.output.read_text()
    assert ui.left() == []


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} on 127.0.0.1 is taken .*MLflow cannot"):
            run_ui(tmp_path, environ={}, dagster_port=free_port(), mlflow_port=port)
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "example.org"])
def test_an_address_that_others_can_reach_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="can be reached by others"):
        run_ui(tmp_path, environ={}, host=host)


def ask(url: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        content: bytes = answer.read()
        return content


def ask_dagster(port: int, query: str) -> object:
    body = json.dumps({"query": query}).encode()
    return json.loads(ask(f"http://127.0.0.1:{port}/graphql", body))["data"]


def command_line(process: ProcessId) -> bytes:
    return Path(f"/proc/{process.pid}/cmdline").read_bytes().replace(b"\0", b" ")


def listening_elsewhere(ui: Ui) -> list[str]:
    """Return addresses other than loopback on which one of our processes listens (TCP)."""
    sockets = set()
    for process in ui.seen:
        for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                sockets.add(target[len("socket:[") : -1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            address, is_listening, inode = fields[1], fields[3] == "0A", fields[9]
            if is_listening and inode in sockets and not address.startswith("0100007F"):
                found.append(f"{table} {address}")
    return found
