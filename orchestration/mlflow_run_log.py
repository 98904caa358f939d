"""The MLflow run of one materialization: told by a thread, noted before it is told.

MLflow's trouble ends here: every method returns whatever MLflow does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from assets.lineage.manifest import Manifest
from orchestration.mlflow_connection import RunGone, TrackerError, TrackerLeftAlone
from orchestration.mlflow_records import (
    ATTEMPT,
    FINGERPRINT,
    KEY,
    PARTITION,
    dagster_tags,
    run_name,
)
from orchestration.pending import Buffered, PendingRun

if TYPE_CHECKING:
    from orchestration.tracker import MlflowTracker

T = TypeVar("T")

logger = logging.getLogger(__name__)

_FLUSH_POINTS = 500
_FLUSH_S = 2.0


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
            self._run_id = self._run_id or self._unanswered()
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
        note, found = self._note, self._unanswered()
        self._maybe_created = True
        run_id = found or self._tracker.runs.create_run(
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

    def _unanswered(self) -> str:
        """Return the run that an unanswered request has made, or "": a second would double it."""
        if not self._maybe_created:
            return ""
        return self._tracker.runs.find_run(self._note.family, {ATTEMPT: self._note.attempt})

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
