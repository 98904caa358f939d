"""Cold processes: what a command takes from its start to its end, and what of it is the start."""

from __future__ import annotations

import ctypes
import mmap
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
_BLOCK_BYTES = 512
"""Of getrusage(2)."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """One process."""

    wall_s: float
    cpu_s: float
    read_bytes: int
    """Of files that were not in the page cache, with what the system reads ahead."""
    output: str


def run(arguments: Sequence[str], env: dict[str, str]) -> Spent:
    """Run python with arguments; raises when it fails in another way than finding nothing."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    return Spent(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        read_bytes=usage.ru_inblock * _BLOCK_BYTES,
        output=output,
    )


def told(spent: Sequence[Spent]) -> dict[str, float]:
    """Return the figures of some runs: seconds (least, median, most) and CPU seconds."""
    walls = [each.wall_s for each in spent]
    return {
        "wall_s_min": round(min(walls), 4),
        "wall_s_median": round(statistics.median(walls), 4),
        "wall_s_max": round(max(walls), 4),
        "cpu_s_median": round(statistics.median(each.cpu_s for each in spent), 4),
    }


def evict(paths: Iterable[Path]) -> None:
    """Put files out of the page cache, as far as nobody maps them; touches no other file."""
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def cached_bytes(path: Path) -> int:
    """Return how much of a file is in the page cache: after evict, what somebody has read since."""
    size = path.stat().st_size
    if not size:
        return 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages:
        content = np.frombuffer(pages, dtype=np.uint8)
        held = np.zeros(-(-size // mmap.PAGESIZE), dtype=np.uint8)
        failed = ctypes.CDLL(None, use_errno=True).mincore(
            ctypes.c_void_p(content.ctypes.data),
            ctypes.c_size_t(size),
            ctypes.c_void_p(held.ctypes.data),
        )
        del content  # a map that is looked at cannot be closed
        if failed:
            raise OSError(ctypes.get_errno(), f"mincore of {path}")
    return mmap.PAGESIZE * int((held & 1).sum())
