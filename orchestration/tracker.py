"""The MLflow tracker: one run per materialization, one model version per release.

A view of the lake. Trouble with it is logged and noted for `materia sync` (pending.py), and never
fails or stalls a build: every method of the ports returns whatever MLflow does.

MLflow is asked by one thread, in the order in which it was told to, beside the work; in an
installation by a process of its own (mlflow_process.py). What a run needs to know it waits for: the
id of its run when its manifest is written, the version of a release. A process that ends waits
until the thread has told everything.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from assets.lineage.manifest import Manifest
from orchestration.dead_letters import FILE as DEAD_LETTERS
from orchestration.dead_letters import DeadLetters
from orchestration.mlflow_connection import (
    Connection,
    RunGone,
    TrackerError,
    TrackerLeftAlone,
)
from orchestration.mlflow_origins import Origins, no_origins
from orchestration.mlflow_process import Endpoint, RemoteWriter
from orchestration.mlflow_records import (
    ATTEMPT,
    FINGERPRINT,
    KEY,
    PARTITION,
    dagster_tags,
    run_name,
)
from orchestration.mlflow_writer import MlflowWriter
from orchestration.pending import Buffered, Pending, PendingModel, PendingRun

T = TypeVar("T")

logger = logging.getLogger(__name__)

_FLUSH_POINTS = 500
_FLUSH_S = 2.0


class RunWriter(Protocol):
    """What a run has MLflow told: by MlflowWriter, or by a process that has one."""

    def create_run(
        self, family: str, name: str, started_at: str, tags: Mapping[str, str]
    ) -> str: ...

    def find_run(self, family: str, tags: Mapping[str, str]) -> str: ...

    def record(self, manifest: Manifest, uri: str, *, run_id: str = "") -> str: ...

    def end_failed(self, run_id: str, reason: str) -> None: ...

    def log_points(self, run_id: str, rows: Sequence[Buffered]) -> None: ...

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None: ...

    def register(self, *, recipe: str, manifest: Manifest, uri: str, alias: str) -> str: ...


class MlflowTracker:
    """Tracker over a tracking server, or over SQLite in the home folder."""

    def __init__(
        self,
        tracking_uri: str,
        home: Path,
        *,
        dagster_url: str = "",
        mlflow_url: str = "",
        timeout_s: int = 5,
        retry_after_s: float = 30.0,
        origins: Origins = no_origins,
        beside: bool = False,
    ) -> None:
        """`beside`: runs are written by a process of their own, started when one begins."""
        self.connection = Connection(
            tracking_uri,
            artifact_root=home / "mlflow-artifacts",
            timeout_s=timeout_s,
            retry_after_s=retry_after_s,
        )
        self.dead_letters = DeadLetters(home / "sync" / DEAD_LETTERS)
        self.writer = MlflowWriter(
            self.connection,
            dagster_url=dagster_url,
            origins=origins,
            set_aside=self.dead_letters.add,
        )
        self.runs: RunWriter = self.writer
        if beside:
            endpoint = Endpoint(
                tracking_uri=tracking_uri,
                artifact_root=home / "mlflow-artifacts",
                dead_letters=self.dead_letters.path,
                dagster_url=dagster_url,
                timeout_s=timeout_s,
                retry_after_s=retry_after_s,
            )
            self.runs = RemoteWriter(endpoint, origins)
        self.pending = Pending(home / "sync")
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mlflow")
        """Asks MLflow for all runs and releases; joined when the interpreter ends."""
        self.dagster_url = dagster_url
        self._base_url = (mlflow_url or (tracking_uri if self.connection.is_server else "")).rstrip(
            "/"
        )

    @classmethod
    def embedded(cls, home: Path, *, dagster_url: str = "", mlflow_url: str = "") -> MlflowTracker:
        """Return a tracker over {home}/mlflow.db."""
        uri = f"sqlite:///{(home / 'mlflow.db').absolute()}"
        return cls(uri, home, dagster_url=dagster_url, mlflow_url=mlflow_url)

    def prepare(self) -> None:
        if isinstance(self.runs, RemoteWriter):
            self.runs.prepare()

    def start_run(
        self, *, family: str, name: str, partition: str, fingerprint: str, dagster_run_id: str
    ) -> MlflowRunLog:
        note = PendingRun(
            attempt=uuid.uuid4().hex,
            family=family,
            name=name,
            partition=partition,
            fingerprint=fingerprint,
            dagster_run_id=dagster_run_id,
            started_at=datetime.now(UTC).isoformat(),
        )
        self.pending.write(note)
        return MlflowRunLog(self, note)

    def register_model(self, *, recipe: str, manifest: Manifest, uri: str, alias: str) -> str:
        """Return the version, or "" when MLflow is down and `materia sync` will register it."""
        note = PendingModel(
            recipe=recipe,
            family=manifest.family,
            name=manifest.name,
            fingerprint=manifest.fingerprint,
            uri=uri,
            alias=alias,
        )
        self.pending.write(note)

        def register() -> str:
            return self.runs.register(recipe=recipe, manifest=manifest, uri=uri, alias=alias)

        try:
            version = self.thread.submit(register).result()
        except TrackerError as error:
            logger.warning("%s: not registered yet, `materia sync` will: %s", manifest.key, error)
            return ""
        self.pending.remove(note)
        return version

    def tag_run(self, run_id: str, tags: Mapping[str, str]) -> None:
        try:
            self.thread.submit(self.runs.tag, run_id, tags).result()
        except TrackerError as error:
            logger.warning("run %s is not tagged: %s", run_id, error)

    def wait(self) -> None:
        """Return when MLflow has been asked everything so far, whatever it answered."""
        self.thread.submit(lambda: None).result()

    def run_url(self, run_id: str) -> str:
        """Return the page of a run, or "" when no address is known."""
        return f"{self._base_url}/#/runs/{run_id}" if self._base_url and run_id else ""


class MlflowRunLog:
    """One materialization's run; opened late when MLflow was down at the start."""

    def __init__(self, tracker: MlflowTracker, note: PendingRun) -> None:
        self._tracker = tracker
        self._note = note
        self._run_id = ""
        self._buffer: list[Buffered] = []
        """Points that MLflow has not confirmed, oldest first."""
        self._lock = threading.Lock()
        """Of the note and the buffer, which the work and the thread both write."""
        self._flushed_at = time.monotonic()
        self._journal_is_behind = self._fell_behind = False
        self._maybe_created = False
        self._flushing: Future[None] | None = None
        self._opening = self._begin("open a run", self._open)

    @property
    def run_id(self) -> str:
        """Wait for the first answer and return the id, "" as long as MLflow has not given one."""
        self._opening.result()
        return self._run_id

    @property
    def url(self) -> str:
        return self._tracker.run_url(self.run_id)

    def log_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        # The time is fixed here: sending the same point twice leaves one in MLflow.
        now = int(time.time() * 1000)
        with self._lock:
            self._buffer += [(key, float(value), now, step) for key, value in metrics.items()]
        due = time.monotonic() - self._flushed_at >= _FLUSH_S
        is_flushing = self._flushing is not None and not self._flushing.done()
        if (due or len(self._buffer) >= _FLUSH_POINTS) and not is_flushing:
            self._flushed_at = time.monotonic()
            self._flushing = self._begin("log metrics", self._flush)

    def send(self, rows: Sequence[Buffered]) -> bool:
        """Send rows of the journal; False when it is not certain that they arrived."""

        def write() -> bool:
            self._open()
            self._tracker.runs.log_points(self._run_id, rows)
            return True

        sent = self._begin("send the journal", write).result() is True
        self._journal_is_behind = self._fell_behind or not sent
        return sent

    def fall_behind(self) -> None:
        self._journal_is_behind = self._fell_behind = True

    def set_aside(self, record: str, reason: str) -> None:
        """Keep a record of the journal that MLflow cannot be told."""
        self._tracker.dead_letters.add(self._note.key, record, reason)

    def finish(self, manifest: Manifest, uri: str) -> None:
        if self._journal_is_behind:
            # The final values end the curves, so they wait for them: `materia sync`.
            logger.info("%s: MLflow has not the whole curve: `materia sync`", manifest.key)
            self._change(lambda note: note.committed(uri, tuple(self._buffer)).released())
            return
        self._change(lambda note: note.committed(uri, tuple(self._buffer)))

        def complete() -> None:
            self._open()
            self._flush()
            self._tracker.runs.record(manifest, uri, run_id=self._run_id)

        self._begin("record the artifact", lambda: self._settle(complete))

    def fail(self, reason: str) -> None:
        self._change(lambda note: note.failed(reason, tuple(self._buffer)))

        def end() -> None:
            if self._run_id:
                self._flush()
                self._tracker.runs.end_failed(self._run_id, reason)

        self._begin("mark the run as failed", lambda: self._settle(end))

    def _settle(self, tell: Callable[[], None]) -> None:
        """Tell MLflow the end, and remove the note or leave it to `materia sync`."""
        try:
            tell()
        except Exception:
            self._change(PendingRun.released)
            raise
        self._tracker.pending.remove(self._note)

    def _open(self) -> None:
        if self._run_id:
            return
        note, writer = self._note, self._tracker.runs
        # An unanswered request may have made the run; a second one would double it.
        found = writer.find_run(note.family, {ATTEMPT: note.attempt}) if self._maybe_created else ""
        self._maybe_created = True
        run_id = found or writer.create_run(
            note.family,
            run_name(note.name, note.partition, note.fingerprint),
            note.started_at,
            {
                KEY: f"{note.family}/{note.name}",
                PARTITION: note.partition,
                FINGERPRINT: note.fingerprint,
                ATTEMPT: note.attempt,
                **dagster_tags(note.dagster_run_id, self._tracker.dagster_url),
            },
        )
        self._run_id = run_id
        self._change(lambda note: note.opened(run_id))

    def _flush(self) -> None:
        with self._lock:
            rows = tuple(self._buffer)
        if rows:
            self._open()
            self._tracker.runs.log_points(self._run_id, rows)
            with self._lock:
                del self._buffer[: len(rows)]

    def _change(self, change: Callable[[PendingRun], PendingRun]) -> None:
        with self._lock:
            self._note = change(self._note)
            self._tracker.pending.write(self._note)

    def _begin(self, what: str, action: Callable[[], T]) -> Future[T | None]:
        """Let the thread do something; its result is None when that failed, which is logged."""
        return self._tracker.thread.submit(self._attempt, what, action)

    def _attempt(self, what: str, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except RunGone as gone:
            # Somebody deleted it; what comes now, and the whole journal, goes to a new one.
            logger.warning("%s: %s; going on in a new run", self._note.key, gone)
            self._run_id, self._maybe_created = "", False
            with self._lock:
                self._note = self._note.opened("")
        except TrackerError as error:
            # One warning for an outage, however much there was to send meanwhile.
            level = logging.DEBUG if isinstance(error, TrackerLeftAlone) else logging.WARNING
            logger.log(level, "%s: could not %s: %s", self._note.key, what, error)
        except Exception:
            # Nobody looks at what the thread was begun for: it must be seen here.
            logger.exception("%s: could not %s", self._note.key, what)
        return None
