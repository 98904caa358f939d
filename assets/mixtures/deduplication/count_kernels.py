"""Compiled counting of 64-bit hashes: which occur in many documents, and where.

Small counters say first which hashes can at all be frequent; few are left to be counted exactly,
in a table that stays in the second-level cache. A table of all would miss it with every hash.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

COUNTER_BITS = 18
"""Highest bits of a hash that name its counter: a megabyte of them. Our choice."""

_SHIFT = np.uint64(64 - COUNTER_BITS)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def frequent(members: U64, bounds: I64, least: int) -> tuple[U64, U32]:
    """Return the hashes (never 0) that at least so many documents hold, and how many hold each.

    Document i has the members bounds[i] to bounds[i + 1], in which a hash may stand repeatedly.
    """
    counters = np.zeros(1 << COUNTER_BITS, dtype=np.uint32)
    for member in members:
        counters[member >> _SHIFT] += 1
    may_be = 0
    for member in members:
        may_be += counters[member >> _SHIFT] >= least
    size = 16
    while size < 2 * may_be:
        size *= 2
    mask = np.uint64(size - 1)
    table, counts = np.zeros(size, dtype=np.uint64), np.zeros(size, dtype=np.uint32)
    last = np.full(size, -1, dtype=np.int32)
    for document in range(len(bounds) - 1):
        for at in range(bounds[document], bounds[document + 1]):
            member = members[at]
            if counters[member >> _SHIFT] < least or member == _ZERO:
                continue
            slot = member & mask
            while table[slot] != _ZERO and table[slot] != member:
                slot = (slot + _ONE) & mask
            table[slot] = member
            counts[slot] += last[slot] != document
            last[slot] = document
    held = np.flatnonzero(counts >= least)
    return table[held], counts[held]


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
