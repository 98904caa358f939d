"""A file of numbers of which a few short pieces far apart are read.

Read through a plain map, each piece would wait for the one before and bring megabytes along that
the system reads ahead: an answer's five hundred pieces were half of an index. Here the pieces are
named first, so the disk fetches them side by side, and nothing else.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class ScatteredFile:
    """One file, mapped for reading."""

    values: npt.NDArray[Any]

    def __init__(self, path: Path, dtype: str) -> None:
        numbers = np.dtype(dtype).newbyteorder("<")
        self._itemsize = numbers.itemsize
        self._map: mmap.mmap | None = None
        self.values = np.zeros(0, dtype=numbers)
        with path.open("rb") as file:
            if path.stat().st_size:  # an empty file cannot be mapped
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self._map.madvise(mmap.MADV_RANDOM)
                count = len(self._map) // numbers.itemsize
                self.values = np.frombuffer(self._map, dtype=numbers, count=count)

    def expect(self, pieces: npt.NDArray[np.int64]) -> None:
        """Have pieces, rows (first number, the one behind the last), fetched; waits for none."""
        if self._map is None:
            return
        held = pieces[pieces[:, 0] < pieces[:, 1]] * self._itemsize
        pages = np.unique((held - [0, 1]) // mmap.PAGESIZE, axis=0)
        for first, last in (mmap.PAGESIZE * pages).tolist():
            size = min(len(self._map), last + mmap.PAGESIZE) - first
            self._map.madvise(mmap.MADV_WILLNEED, first, size)
