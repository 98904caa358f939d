"""A folder of this machine that nobody else can write: what lies in it is not doubted."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from stat import S_ISDIR


def private_folder() -> Path:
    """Return the folder, made if need be; raises PermissionError when others can write to it."""
    folder = Path(tempfile.gettempdir(), f"materia-cache-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    stat = folder.stat(follow_symlinks=False)
    if not S_ISDIR(stat.st_mode) or stat.st_uid != os.getuid() or stat.st_mode & 0o077:
        raise PermissionError(
            f"{folder} can be written by others, so its files cannot be trusted: remove it"
        )
    return folder
