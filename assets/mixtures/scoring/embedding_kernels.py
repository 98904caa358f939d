"""Compiled loop that sums the vectors of a document's words."""

# mypy: disable-error-code="untyped-decorator,no-untyped-def,no-any-return"
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from assets.mixtures.scoring.hash_kernels import find_slot
from assets.mixtures.scoring.text_kernels import I64, KIND, NUMBER, SYMBOL, U8, U64

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]


@njit(cache=True, nogil=True)
def sum_words(
    folded: U64, marks: U8, bounds: I64, keys: U64, slots: I32, vectors: F32, out: F64
) -> None:
    """Add to out[row] the vectors of its words and ideographs; unknown ones count for nothing.

    keys: table of hashes; slots: vector of each slot; vectors: one row per known word.
    """
    for row in range(len(bounds) - 1):
        for k in range(bounds[row], bounds[row + 1]):
            kind = marks[k] & KIND
            if kind >= SYMBOL or kind == NUMBER:
                continue
            slot = find_slot(keys, folded[k])
            if slot >= 0:
                which = slots[slot]
                for column in range(vectors.shape[1]):
                    out[row, column] += vectors[which, column]


@njit(cache=True, nogil=True)
def sum_pieces(ids: I64, bounds: I64, pieces: F32, out: F32) -> None:
    """Fill out[word] with the sum of the vectors of its pieces."""
    for word in range(len(bounds) - 1):
        for at in range(bounds[word], bounds[word + 1]):
            for column in range(pieces.shape[1]):
                out[word, column] += pieces[ids[at], column]
