"""Compiled counting of 64-bit hashes: which occur often, and where.

One range of hashes at a time, so that the table stays in the second-level cache; a table of all
would miss it with every hash. The hashes are well mixed, so ranges are about equal.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

RANGE = 1 << 15
"""Hashes of one range, about: a table of 2**17 places of 12 bytes."""

_SHIFT = np.uint64(32)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def ranges_of(hashes: U64, num_ranges: int) -> tuple[U64, I64]:
    """Return the hashes by range (high bits), in their order within it, and where ranges begin."""
    count = np.uint64(num_ranges)
    bounds = np.zeros(num_ranges + 1, dtype=np.int64)
    for member in hashes:
        bounds[((member >> _SHIFT) * count >> _SHIFT) + _ONE] += 1
    for at in range(num_ranges):
        bounds[at + 1] += bounds[at]
    to = bounds.copy()
    out = np.empty(len(hashes), dtype=np.uint64)
    for member in hashes:
        slot = (member >> _SHIFT) * count >> _SHIFT
        out[to[slot]] = member
        to[slot] += 1
    return out, bounds


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def frequent(grouped: U64, bounds: I64, least: int) -> tuple[U64, U32, int]:
    """Return the hashes that occur at least so often (never 0) with counts, and the top count."""
    longest = 1
    for part in range(len(bounds) - 1):
        longest = max(longest, bounds[part + 1] - bounds[part])
    size = 16
    while size < 2 * longest:
        size *= 2
    mask = np.uint64(size - 1)
    table = np.zeros(size, dtype=np.uint64)
    counts = np.zeros(size, dtype=np.uint32)
    hashes = np.empty(len(grouped) // least + 1, dtype=np.uint64)
    found = np.empty(len(grouped) // least + 1, dtype=np.uint32)
    num_found, top = 0, 0
    for part in range(len(bounds) - 1):
        table[:] = _ZERO
        counts[:] = 0
        for at in range(bounds[part], bounds[part + 1]):
            member = grouped[at]
            if member == _ZERO:
                continue
            slot = member & mask
            while table[slot] != _ZERO and table[slot] != member:
                slot = (slot + _ONE) & mask
            table[slot] = member
            counts[slot] += 1
        for place in range(size):
            top = max(top, counts[place])
            if counts[place] >= least:
                hashes[num_found], found[num_found] = table[place], counts[place]
                num_found += 1
    return hashes[:num_found], found[:num_found], top


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def first_places(members: U64, wanted: U64, table: U64) -> I64:
    """Return where each wanted hash (sorted) stands first; the table holds the wanted ones."""
    mask = np.uint64(len(table) - 1)
    places = np.full(len(wanted), -1, dtype=np.int64)
    missing = len(wanted)
    for at in range(len(members)):
        if missing == 0:
            break
        member = members[at]
        slot = member & mask
        while table[slot] != _ZERO and table[slot] != member:
            slot = (slot + _ONE) & mask
        if member != _ZERO and table[slot] == member:
            index = np.searchsorted(wanted, member)
            if places[index] < 0:
                places[index] = at
                missing -= 1
    return places
