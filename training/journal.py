"""The append-only record of a running job: JSON lines of metrics and events, one writer.

Metrics go here first and to the tracker later, so training never waits for anything but a disk.
Every checkpoint stores how long the journal was; a resume cuts it back to that length, so no step
stands in it twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class JournalError(RuntimeError):
    """The journal is shorter than a checkpoint says it must be, or cannot be written."""


class Journal:
    """Lines are buffered until `sync`, which makes them durable."""

    def __init__(self, path: Path, *, resume_at_bytes: int = 0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        size = path.stat().st_size
        if size < resume_at_bytes:
            raise JournalError(
                f"{path} has {size} bytes, the checkpoint saw {resume_at_bytes}: restore it, or "
                "remove the step checkpoints to train from the start"
            )
        os.truncate(path, resume_at_bytes)
        self._path = path
        self._file = path.open("ab")

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        self._write({"kind": "metrics", "step": step, **values})

    def event(self, name: str, step: int, **facts: Any) -> None:
        self._write({"kind": "event", "name": name, "step": step, **facts})

    def sync(self) -> int:
        """Flush to disk and return the length in bytes."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise JournalError(
                f"{self._path} cannot be written ({error}): make room or mend the disk; the next "
                "attempt goes on from the last checkpoint"
            ) from error
        return self._file.tell()

    def close(self) -> None:
        self.sync()
        self._file.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, allow_nan=False).encode() + b"\n")
