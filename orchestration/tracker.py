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
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from assets.lineage.manifest import Manifest
from orchestration.dead_letters import FILE as DEAD_LETTERS
from orchestration.dead_letters import DeadLetters
from orchestration.mlflow_connection import (
    Connection,
    TrackerError,
)
from orchestration.mlflow_origins import Origins, no_origins
from orchestration.mlflow_process import Endpoint, RemoteWriter
from orchestration.mlflow_run_log import MlflowRunLog
from orchestration.mlflow_writer import MlflowWriter
from orchestration.pending import Buffered, Pending, PendingModel, PendingRun

logger = logging.getLogger(__name__)


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
