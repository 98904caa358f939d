"""Compiled loops of the span index: hashes of token n-grams (the hash is gram_hash.py's), and which
of them are kept.

Imported lazily: numba takes a second.
"""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from assets.tokenizers.gram_hash import MIX_1, MIX_2, RADIX

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def gram_hashes(tokens: npt.NDArray[np.integer], size: int, gram: int, out: U64) -> int:
    """Write the hash of each run of `gram` tokens among the first `size`; return their number."""
    count = size - gram + 1
    if count < 1:
        return 0
    power, value = np.uint64(1), np.uint64(0)
    for at in range(gram):
        value = value * RADIX + np.uint64(tokens[at]) + np.uint64(1)
        if at:
            power *= RADIX
    out[0] = _mixed(value)
    for at in range(1, count):
        value -= (np.uint64(tokens[at - 1]) + np.uint64(1)) * power
        value = value * RADIX + np.uint64(tokens[at + gram - 1]) + np.uint64(1)
        out[at] = _mixed(value)
    return count


@njit(cache=True, nogil=True)
def select_grams(
    tokens: npt.NDArray[np.integer],
    starts: I64,
    ends: I64,
    gram: int,
    window: int,
    hashes: U64,
    places: I64,
) -> int:
    """Write hash and place of the n-grams kept of each piece; return their number.

    Of every `window` neighbouring n-grams the least is kept, the last of equals (winnowing). Hashes
    and places have room for one per token.
    """
    kept = 0
    longest = 0
    for piece in range(len(starts)):
        longest = max(longest, ends[piece] - starts[piece])
    values = np.empty(max(1, longest), dtype=np.uint64)
    for piece in range(len(starts)):
        first, size = starts[piece], ends[piece] - starts[piece]
        count = gram_hashes(tokens[first:], size, gram, values)
        least, told = -1, -1
        for at in range(count):
            if least <= at - window or least < 0:
                least = max(0, at - window + 1)
                for other in range(least + 1, at + 1):
                    if values[other] <= values[least]:
                        least = other
            elif values[at] <= values[least]:
                least = at
            if least != told and (at >= window - 1 or at == count - 1):
                hashes[kept], places[kept] = values[least], first + least
                kept += 1
                told = least
    return kept


@njit(cache=True, nogil=True)
def _mixed(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> np.uint64(30))) * MIX_1
    value = (value ^ (value >> np.uint64(27))) * MIX_2
    return value ^ (value >> np.uint64(31))
