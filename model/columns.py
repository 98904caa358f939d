"""Columns of text as the compiled loops want them: bytes, offsets, and room behind the bytes.

Copies no text but the last few rows. Knows neither cuts nor ids.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]


def column_bytes(texts: pl.Series) -> tuple[U8, I64]:
    """Return the bytes of a String or Binary column and the offsets [rows + 1] into them.

    Raises ValueError on missing texts.
    """
    import polars as pl

    if texts.null_count():
        raise ValueError(f"{texts.null_count()} texts are missing: drop or fill them first")
    if texts.dtype not in (pl.String, pl.Binary):
        raise ValueError(f"column of {texts.dtype}, not of text: cast it to String")
    array = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    if not len(texts):
        return np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64)
    places = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    if data is None or not len(data):
        return np.zeros(0, dtype=np.uint8), places
    return np.frombuffer(data, dtype=np.uint8), places


def row_slices(offsets: I64, parts: int) -> list[tuple[int, int]]:
    """Cut the rows into at most `parts` runs of about equally many bytes."""
    rows = len(offsets) - 1
    aims = offsets[0] + (offsets[-1] - offsets[0]) * np.arange(1, parts) // parts
    edges = sorted({0, rows, *np.searchsorted(offsets, aims).tolist()})
    return list(pairwise(edges)) or [(0, 0)]


def roomy_rows(data: U8, offsets: I64, room: int) -> list[tuple[U8, I64]]:
    """Return the rows as one or two runs, behind each of which `room` more bytes can be read.

    The last rows, behind which there are fewer, are copied.
    """
    rows = len(offsets) - 1
    kept = int(np.searchsorted(offsets[1:], len(data) - room, side="right"))
    runs = [(data, offsets[: kept + 1])] if kept else []
    if kept < rows:
        first, end = int(offsets[kept]), int(offsets[-1])
        copy = np.zeros(end - first + room, dtype=np.uint8)
        copy[: end - first] = data[first:end]
        runs.append((copy, offsets[kept:] - first))
    return runs
