"""The hash of a word and how hashes are mixed, as everything that compares texts keeps them.

Defined here, for the words of one text; word_kernels.py computes the same over millions of texts.
A text has some hundred words: importing numba to hash them would take longer than the answer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

# Odd constants of the usual size; any would do, but a change here changes what is merged.
MIX_A = np.uint64(0x9E3779B97F4A7C15)
MIX_B = np.uint64(0xD6E8FEB86659FD93)
MIXERS = np.array([MIX_A, MIX_B], dtype=np.uint64)
"""For the compiled loops."""
MIX_SHIFT_A, MIX_SHIFT_B = np.uint64(32), np.uint64(29)
FOLD_SHIFT = np.uint64(31)

BLOCK = 8
"""Bytes folded at a time."""
MARGIN = 2 * BLOCK
"""Bytes that must stand behind the last word."""


def hashes_of(loads: U64, starts: I64, ends: I64) -> U64:
    """Return the hash of each word, of one byte or more.

    `loads` are the eight bytes from every byte of the text on. A hash begins with the length and
    folds eight bytes at a time; what is left of a block counts as zeros.
    """
    left, at = ends - starts, starts.copy()
    values: U64 = (left + 1).astype(np.uint64) * MIX_A
    longer = np.flatnonzero(left > BLOCK)
    while len(longer):
        values[longer] = _folded(values[longer], loads[at[longer]])
        at[longer] += BLOCK
        left[longer] -= BLOCK
        longer = longer[left[longer] > BLOCK]
    rest = loads[at] & (~np.uint64(0) >> (64 - 8 * left).astype(np.uint64))
    return mix(_folded(values, rest))


def mix(values: U64) -> U64:
    """Scatter 64-bit values so that every bit depends on every bit."""
    values = (values ^ (values >> MIX_SHIFT_A)) * MIX_B
    values = (values ^ (values >> MIX_SHIFT_B)) * MIX_A
    return values ^ (values >> MIX_SHIFT_A)


def _folded(values: U64, blocks: U64) -> U64:
    values = (values ^ blocks) * MIX_B
    return values ^ (values >> FOLD_SHIFT)
