"""Whether a file's bytes are those that were recorded, hashed once a day and machine.

A process remembers what it has hashed, and for large files leaves a mark for the others: an empty
file whose name is the hash of path, content hash and state. Whoever touches a file changes its
state, and it is hashed again. `materia verify` looks at no mark.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from assets.lineage.canonical import sha256_of_file
from assets.lineage.manifest import FileEntry
from assets.lineage.private import private_folder

MARKED_BYTES = 1 << 20
"""A smaller file is hashed in half a millisecond; our choice."""
_TICK_NS = 50_000_000
"""More than the resolution of a file's times (10 ms on slow clocks)."""
_MAX_REMEMBERED = 1 << 16
_MARKS = "checked"
_State = tuple[int, int, int, int]

_remembered: dict[tuple[str, str], _State] = {}
"""State of the files whose bytes this process has checked: many steps open the same ones."""


def holds(path: Path, entry: FileEntry, hash_file: Callable[[Path], str] = sha256_of_file) -> bool:
    """Return whether a file's bytes are those that were recorded.

    Hashed once, and again when somebody has touched the file or the day is over.
    """
    state = _state(path)
    known = (str(path), entry.sha256)
    if _remembered.get(known) == state:
        return True
    if state[0] != entry.size_bytes:
        return False
    # A file that has just been written may change again within one tick of its clock.
    is_settled = time.time_ns() - max(state[1], state[2]) > _TICK_NS
    mark = _mark(known, state) if is_settled and state[0] >= MARKED_BYTES else None
    if mark is None or not mark.exists():
        if hash_file(path) != entry.sha256:
            return False
        if mark is not None:
            with suppress(OSError):
                mark.touch()
    if is_settled:
        if len(_remembered) >= _MAX_REMEMBERED:
            _remembered.clear()
        _remembered[known] = state
    return True


def _state(path: Path) -> _State:
    """Return what changes when somebody writes to a file or puts another in its place."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _mark(known: tuple[str, str], state: _State) -> Path | None:
    """Return where today's mark lies; None where no folder is ours alone."""
    try:
        folder = _folder_of(datetime.now(UTC).date().isoformat())
    except OSError:
        return None
    return folder / hashlib.sha256(repr((known, state)).encode()).hexdigest()[:32]


def _folder_of(day: str) -> Path:
    """Return the folder of a day's marks; the first of a day removes those of others."""
    marks = private_folder() / _MARKS
    folder = marks / day
    if not folder.is_dir():
        for old in marks.glob("*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    return folder
