"""The writer of runs in a process of its own: neither MLflow's import nor its database nor its
answers take anything from the work, and a client that hangs can be ended.

Requests and answers are pickled, over a pair of sockets that nobody else holds: when its maker is
gone, however that came about, the process reads the end of them and goes too.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection as Channel
from pathlib import Path
from typing import Any

from assets.lineage.manifest import Manifest
from orchestration.dead_letters import DeadLetters
from orchestration.mlflow_connection import (
    Connection,
    TrackerError,
    TrackerLeftAlone,
    TrackerUnavailable,
)
from orchestration.mlflow_origins import Origins
from orchestration.mlflow_writer import MlflowWriter
from orchestration.pending import Buffered
from orchestration.settings import PROJECT_ROOT

ANSWER_S = 120.0
"""Until an answer is given up (our choice): one server's time-out is 5 s, a request has some ten,
and the first waits for MLflow's import and perhaps a new database on a slow disk."""
_END_S = 30.0
"""Until a process that is no longer needed is ended (our choice): a new database is not left half
made for want of a moment."""
_STDERR = 2
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from orchestration.mlflow_process import main
main(int(sys.argv[2]))
"""
"""Whatever folder we were started in, and whichever environment we have."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where MLflow is and how it is asked: all that the process has to know."""

    tracking_uri: str
    artifact_root: Path
    dead_letters: Path
    dagster_url: str = ""
    timeout_s: int = 5
    retry_after_s: float = 30.0


class RemoteWriter:
    """What a run has MLflow told, by a process that is started when it is first needed.

    Raises what MlflowWriter raises, and TrackerUnavailable when the process does not answer.
    """

    def __init__(self, endpoint: Endpoint, origins: Origins, *, answer_s: float = ANSWER_S) -> None:
        self._endpoint, self._origins, self._answer_s = endpoint, origins, answer_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._end: Callable[[], object] = lambda: None
        self._silent_until = 0.0

    def prepare(self) -> None:
        """Start the process and let it load MLflow; waits for nothing."""
        with self._lock, suppress(TrackerError):
            self._open()

    def create_run(self, family: str, name: str, started_at: str, tags: Mapping[str, str]) -> str:
        return str(self._ask("create_run", family, name, started_at, dict(tags)))

    def find_run(self, family: str, tags: Mapping[str, str]) -> str:
        return str(self._ask("find_run", family, dict(tags)))

    def record(self, manifest: Manifest, uri: str, *, run_id: str = "") -> str:
        origins = self._origins(manifest)
        return str(self._ask("record", manifest, uri, run_id=run_id, origins=origins))

    def end_failed(self, run_id: str, reason: str) -> None:
        self._ask("end_failed", run_id, reason)

    def log_points(self, run_id: str, rows: Sequence[Buffered]) -> None:
        self._ask("log_points", run_id, tuple(rows))

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        self._ask("tag", run_id, dict(tags))

    def register(self, *, recipe: str, manifest: Manifest, uri: str, alias: str) -> str:
        asked = {"recipe": recipe, "manifest": manifest, "uri": uri, "alias": alias}
        return str(self._ask("register", **asked, origins=self._origins(manifest)))

    def _ask(
        self, name: str, *args: Any, origins: Mapping[str, str] | None = None, **kw: Any
    ) -> Any:
        with self._lock:
            channel = self._open()
            try:
                channel.send((name, args, kw, dict(origins or {})))
                if not channel.poll(self._answer_s):
                    raise TimeoutError(f"no answer for {self._answer_s:.0f} s")
                answer, error = channel.recv()
            except (EOFError, OSError) as fault:
                self._give_up()
                raise TrackerUnavailable(
                    f"cannot {name.replace('_', ' ')}: MLflow's process is gone or hangs "
                    f"({type(fault).__name__}: {fault})"
                ) from fault
        if error is not None:
            raise error
        return answer

    def _open(self) -> Channel:
        if time.monotonic() < self._silent_until:
            raise TrackerLeftAlone("MLflow's process was given up a moment ago")
        if self._channel is None:
            try:
                self._start()
            except OSError as fault:
                self._give_up()
                raise TrackerUnavailable(f"cannot start MLflow's process: {fault}") from fault
        assert self._channel is not None
        return self._channel

    def _start(self) -> None:
        ours, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-c", _PROGRAM, str(PROJECT_ROOT), str(theirs.fileno())]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=_STDERR,
                pass_fds=(theirs.fileno(),),
                # Ctrl-C is for us: the process has to be told what became of the work.
                start_new_session=True,
            )
        self._end = weakref.finalize(self, _end, ours, self._process)
        ours.send(self._endpoint)
        self._channel = ours

    def _give_up(self) -> None:
        self._silent_until = time.monotonic() + self._endpoint.retry_after_s
        if self._process is not None:
            self._process.kill()
            self._end()
        self._channel = self._process = None


def _end(channel: Channel, process: subprocess.Popen[bytes]) -> None:
    """Let the process read the end of what is asked, and wait until it has gone."""
    channel.close()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answer(channel: Channel) -> None:
    """Do what is asked until nobody can ask any more."""
    endpoint: Endpoint = channel.recv()
    origins: dict[str, str] = {}
    connection = Connection(
        endpoint.tracking_uri,
        artifact_root=endpoint.artifact_root,
        timeout_s=endpoint.timeout_s,
        retry_after_s=endpoint.retry_after_s,
    )
    writer = MlflowWriter(
        connection,
        dagster_url=endpoint.dagster_url,
        origins=lambda manifest: origins,
        set_aside=DeadLetters(endpoint.dead_letters).add,
    )
    with suppress(TrackerError):
        # It is needed anyway; whoever asks first will be told what is wrong.
        connection.request("open MLflow", lambda client: client)
    while True:
        name, args, kw, origins = channel.recv()
        channel.send(_answered(writer, name, args, kw))


def _answered(
    writer: MlflowWriter, name: str, args: tuple[Any, ...], kw: dict[str, Any]
) -> tuple[Any, Exception | None]:
    try:
        return getattr(writer, name)(*args, **kw), None
    except TrackerError as error:
        return None, error
    except Exception:
        # A fault of ours: whoever asked has no other way to see where it is.
        return None, RuntimeError(f"{name} failed in MLflow's process:\n{traceback.format_exc()}")


def main(descriptor: int) -> None:
    with Channel(descriptor) as channel, suppress(EOFError, ConnectionError):
        answer(channel)
