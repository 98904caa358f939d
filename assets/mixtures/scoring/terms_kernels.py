"""Compiled loop that counts in how many windows of a corpus each word occurs."""

# mypy: disable-error-code="untyped-decorator,no-untyped-def,no-any-return"
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from assets.mixtures.scoring.text_kernels import I64, KIND, U8, U64, WORD

U32 = npt.NDArray[np.uint32]


@njit(cache=True, nogil=True)
def count_windows(
    folded: U64, marks: U8, bounds: I64, window_words: int, windows: U32, stamps: I64, stamp: int
) -> int:
    """Add one per window and word to `windows` (a power of two of slots); return the next stamp."""
    mask = np.uint64(len(windows) - 1)
    for row in range(len(bounds) - 1):
        words = 0
        for k in range(bounds[row], bounds[row + 1]):
            if (marks[k] & KIND) != WORD:
                continue
            if words == window_words:
                words, stamp = 0, stamp + 1
            words += 1
            slot = np.int64(folded[k] & mask)
            if stamps[slot] != stamp:
                stamps[slot] = stamp
                windows[slot] += np.uint32(1)
        stamp += 1
    return stamp
