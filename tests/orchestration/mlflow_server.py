"""A real MLflow server as a process, and a proxy before it that fails a chosen request."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from orchestration.processes import descendants, send, wait_until_gone
from orchestration.settings import OFF_SWITCHES

Fault = Literal["refused", "429", "500", "500 after", "drop after", "late"]
FAULTS: tuple[Fault, ...] = ("refused", "429", "500", "500 after", "drop after")
"""`after`: the server has stored what it was asked to. `late`: it does so after a repetition."""
LATE_S = 0.3


class Server:
    """`mlflow server` over a database."""

    def __init__(self, home: Path, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [
            *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--backend-store-uri", f"sqlite:///{home / 'mlflow.db'}"),
            *("--default-artifact-root", (home / "mlflow-artifacts").as_uri()),
        ]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = {**os.environ, **OFF_SWITCHES, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=env, stdout=log, stderr=log)
        deadline = time.monotonic() + 180
        while not self._answers():
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.2)

    def kill(self) -> None:
        if self._process is not None:
            children = descendants(self._process.pid)
            self._process.kill()
            self._process.wait()
            for child in children:
                send(child, signal.SIGKILL)
            assert wait_until_gone(children, timeout_s=10) == ()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Proxy:
    """Passes requests on; the n-th (from 1) of those whose path holds `only` meets a fault."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.fault: Fault | None = None
        self.at = 0
        self.only = ""
        self.paths: list[str] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def arm(self, fault: Fault | None, at: int, only: str = "") -> None:
        with self._lock:
            self.fault, self.at, self.only, self.paths = fault, at, only, []

    def count(self, path: str) -> Fault | None:
        """Note a request; return the fault that it meets."""
        with self._lock:
            self.paths.append(path)
            met = sum(1 for seen in self.paths if self.only in seen)
            return self.fault if self.only in path and met == self.at else None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler_of(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass()

        do_POST = do_PATCH = do_DELETE = do_PUT = do_GET

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            match proxy.count(self.path):
                case None:
                    self._answer(*self._forward(body))
                case "refused":
                    self.close_connection = True
                case "429":
                    self._answer(429, b'{"error_code": "REQUEST_LIMIT_EXCEEDED"}')
                case "500":
                    self._answer(500, b"Internal Server Error")
                case "500 after":
                    self._forward(body)
                    self._answer(500, b"Internal Server Error")
                case "drop after":
                    self._forward(body)
                    self.close_connection = True
                case "late":
                    threading.Timer(LATE_S, self._forward, [body]).start()
                    self._answer(503, b"Service Unavailable")

        def _forward(self, body: bytes) -> tuple[int, bytes]:
            host, port = proxy.upstream.hostname, proxy.upstream.port
            connection = http.client.HTTPConnection(str(host), port, timeout=30)
            headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
            connection.request(self.command, self.path, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            return answer.status, content

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the requests are in `paths`."""

    return Handler
