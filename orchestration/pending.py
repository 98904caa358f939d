"""What MLflow has still to be told: one small file per open run or model in {home}/sync/.

Written before MLflow is asked and removed after it has answered, so that a crash or an outage
at any moment leaves the note that `materia sync` needs.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from assets.lineage.manifest import artifact_key
from orchestration.launchers.files import read_json, write_json
from orchestration.processes import ProcessId, from_record, identify, is_alive

Buffered = tuple[str, float, int, int]
"""key, value, time in milliseconds, step: a metric that has not been sent."""


@dataclass(frozen=True, kw_only=True)
class PendingRun:
    """An attempt at an artifact whose MLflow run is not complete."""

    attempt: str
    family: str
    name: str
    partition: str
    fingerprint: str
    dagster_run_id: str
    started_at: str
    stage: str = "running"
    """running, committed or failed."""
    run_id: str = ""
    uri: str = ""
    reason: str = ""
    points: tuple[Buffered, ...] = ()
    is_held: bool = True
    """Its maker still means to tell MLflow the end."""
    process: ProcessId | None = field(default_factory=lambda: identify(os.getpid()))
    """Who makes the artifact: while it lives, the note is not ours to settle."""

    @property
    def key(self) -> str:
        return artifact_key(self.family, self.name, self.partition)

    @property
    def file_name(self) -> str:
        return f"run-{self.attempt}.json"

    @property
    def is_in_progress(self) -> bool:
        return self.is_held and self.process is not None and is_alive(self.process)

    def released(self) -> PendingRun:
        """Leave it to `materia sync`."""
        return replace(self, is_held=False)

    def opened(self, run_id: str) -> PendingRun:
        return replace(self, run_id=run_id)

    def committed(self, uri: str, points: tuple[Buffered, ...]) -> PendingRun:
        return replace(self, stage="committed", uri=uri, points=points)

    def failed(self, reason: str, points: tuple[Buffered, ...]) -> PendingRun:
        return replace(self, stage="failed", reason=reason, points=points)


@dataclass(frozen=True, kw_only=True)
class PendingModel:
    """A release that is not registered yet."""

    recipe: str
    family: str
    name: str
    fingerprint: str
    uri: str
    alias: str

    @property
    def file_name(self) -> str:
        return f"model-{self.recipe}-{self.fingerprint[:12]}.json"


class Pending:
    """The folder of notes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, note: PendingRun | PendingModel) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / note.file_name, asdict(note))

    def remove(self, note: PendingRun | PendingModel) -> None:
        (self.folder / note.file_name).unlink(missing_ok=True)

    def runs(self) -> Iterator[PendingRun]:
        for record in self._records("run-*.json"):
            process = record.pop("process")
            points = tuple((k, v, t, s) for k, v, t, s in record.pop("points"))
            identity = from_record(process) if process is not None else None
            yield PendingRun(**record, points=points, process=identity)

    def models(self) -> Iterator[PendingModel]:
        for record in self._records("model-*.json"):
            yield PendingModel(**record)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Let one synchronisation at a time settle the notes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _records(self, pattern: str) -> Iterator[dict[str, Any]]:
        for path in sorted(self.folder.glob(pattern)):
            record = read_json(path)
            if record is not None:
                yield record
