"""Pairs across sources that are hardly similar go before any text is read.

A guess from the lowest bytes of the minima, four deviations on the safe side of the threshold; it
spares reading texts of every source for the few that are alike. What is left is proved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import read_table, write_table
from assets.mixtures.deduplication.parts import part_of_rows
from assets.mixtures.words import U64

SCREEN_BYTES = 1 << 30
"""Sketches of all sources that each worker may open, of eight million documents; with more of
them nothing is screened. Our choice."""
_DEVIATIONS = 4
"""A pair at the threshold is lost with a probability of 3 in 100,000."""

Lows = npt.NDArray[np.uint8]
Sketched = tuple[tuple[int, StoredFile], ...]
"""(first row of the part within its source, sketches of the part) of a source."""


def write_lows(lows: Lows, out: Folder, name: str) -> StoredFile:
    """Keep the sketches of a part."""
    kind = pa.binary(lows.shape[1])
    column = pa.FixedSizeBinaryArray.from_buffers(
        kind, len(lows), [None, pa.py_buffer(np.ascontiguousarray(lows))]
    )
    return write_table(out, f"sketches/{name}.arrow", pa.table({"lows": column}))


def lows_of(rows: U64, source: Sketched, num_hashes: int) -> Lows:
    """Return the sketches of some rows of a source."""
    found = np.zeros((len(rows), num_hashes), dtype=np.uint8)
    first_rows = [first for first, _ in source]
    of_part = part_of_rows(rows, first_rows)
    for index in np.unique(of_part).tolist():
        first, file = source[index]
        own = of_part == index
        column = read_table(file)["lows"].chunks[0]
        held = np.frombuffer(column.buffers()[1], dtype=np.uint8)
        held = held[: len(column) * num_hashes].reshape(len(column), num_hashes)
        found[own] = held[rows[own] - np.uint64(first)]
    return found


def least_equal(threshold: float, num_hashes: int) -> int:
    """Return how many minima a pair must share to be worth a proof."""
    deviation = math.sqrt(num_hashes * threshold * (1 - threshold))
    return math.floor(num_hashes * threshold - _DEVIATIONS * deviation)


def worth_proving(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], lows: Sequence[Lows], least: int
) -> npt.NDArray[np.bool_]:
    """Return which pairs of places in the sketches share enough minima."""
    whole = np.concatenate(lows)
    equal: npt.NDArray[np.int64] = (whole[left] == whole[right]).sum(axis=1)
    return equal >= least
