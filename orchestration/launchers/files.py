"""Names and formats of the files in a job's folder, written and read whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HANDLE = "handle.json"
PROCESSES = "processes.json"
EXIT = "exit.json"
CANCEL = "cancel.json"
LOG = "stdout.log"
ATTEMPT_FILES = (HANDLE, PROCESSES, EXIT, CANCEL, LOG)
"""What one attempt leaves behind; moved to attempt-N when the next one starts."""

_TAIL_BYTES = 16_384


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Replace a file whole and durably: a reader sees the old record or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w") as file:
        json.dump(record, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return record


def archive(work_dir: Path, names: Sequence[str] = ATTEMPT_FILES) -> None:
    """Move the files of the last attempt into attempt-1, attempt-2, ..."""
    present = [work_dir / name for name in names if (work_dir / name).exists()]
    if not present:
        return
    number = 1 + sum(1 for _ in work_dir.glob("attempt-*"))
    folder = work_dir / f"attempt-{number}"
    folder.mkdir()
    for path in present:
        path.rename(folder / path.name)


def tail(path: Path, lines: int = 30) -> str:
    """Return the last lines of a log, reading no more than its end."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
