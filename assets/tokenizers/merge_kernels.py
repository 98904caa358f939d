"""The compiled loop of merge.py: give each piece the merge of the two parts it is split into."""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from model.merge_kernels import ROOM_PER_SYMBOL, add_pair, merge_symbols

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]


@njit(cache=True, nogil=True)
def add_pieces(
    chars: I64,
    bounds: I64,
    waiting: npt.NDArray[np.bool_],
    num_chars: int,
    pairs: U64,
    merged: I32,
    merges: I64,
    num_merges: int,
    wanted: int,
) -> int:
    """Go once over the waiting pieces; return the number of merges, at most `wanted` more.

    A piece that is one part exists already and stops waiting; one of more than two parts waits.
    """
    symbols = np.empty(256, dtype=np.int64)
    room = np.empty(ROOM_PER_SYMBOL * len(symbols), dtype=np.int64)
    limit = num_merges + wanted
    for piece in range(len(waiting)):
        if num_merges == limit:
            break
        if not waiting[piece]:
            continue
        count = bounds[piece + 1] - bounds[piece]
        if count > len(symbols):
            symbols = np.empty(2 * count, dtype=np.int64)
            room = np.empty(ROOM_PER_SYMBOL * len(symbols), dtype=np.int64)
        for at in range(count):
            symbols[at] = chars[bounds[piece] + at]
        count = merge_symbols(symbols, count, pairs, merged, room)
        if count > 2:
            continue
        waiting[piece] = False
        if count == 2:
            add_pair(pairs, symbols[0], symbols[1], num_merges)
            merged[num_merges] = num_chars + num_merges
            merges[num_merges, 0], merges[num_merges, 1] = symbols[0], symbols[1]
            num_merges += 1
    return num_merges
