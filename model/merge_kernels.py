"""Compiled merging by rank: the table of pairs, and the merges of one word. Imported lazily."""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.block_kernels import lean

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_SCAN_SYMBOLS = 40
"""Up to this many symbols, looking at all pairs again beats keeping a heap (our choice)."""
ROOM_PER_SYMBOL = 5
_NONE = np.int64(0x7FFFFFFF)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@lean
def _place(pairs: U64, key: np.uint64) -> int:
    """Return the slot of a pair (first id << 20 | second id), or the free one where it would go."""
    mask = len(pairs) - 1
    mixed = key * _HASH_FACTOR
    slot = np.int64((mixed >> np.uint64(40)) & np.uint64(mask))
    while pairs[slot] != _EMPTY and pairs[slot] >> np.uint64(24) != key:
        slot = (slot + 1) & mask
    return slot


@lean
def add_pair(pairs: U64, first: int, second: int, rank: int) -> None:
    """Give a pair its rank; a pair that has one keeps it."""
    key = np.uint64(first) << np.uint64(20) | np.uint64(second)
    slot = _place(pairs, key)
    if pairs[slot] == _EMPTY:
        pairs[slot] = key << np.uint64(24) | np.uint64(rank)


@lean
def add_pairs(pairs: U64, ids: I64) -> None:
    """Give the pairs [merges, 2] their place as rank."""
    for rank in range(len(ids)):
        add_pair(pairs, ids[rank, 0], ids[rank, 1], rank)


@lean
def _rank(pairs: U64, first: int, second: int) -> int:
    key = np.uint64(first) << np.uint64(20) | np.uint64(second)
    entry = pairs[_place(pairs, key)]
    return np.int64(entry & np.uint64(0xFFFFFF)) if entry != _EMPTY else _NONE


@lean
def merge_symbols(symbols: I64, count: int, pairs: U64, merged: I32, room: I64) -> int:
    """Apply the merges in place, lowest rank and leftmost first; return how many ids are left.

    `room` is for ROOM_PER_SYMBOL numbers for each symbol.
    """
    if count > _SCAN_SYMBOLS:
        return _merge_long(symbols, count, pairs, merged, room)
    known = room
    for at in range(count - 1):
        known[at] = _rank(pairs, symbols[at], symbols[at + 1])
    while count > 1:
        best, place = _NONE, -1
        for at in range(count - 1):
            if known[at] < best:
                best, place = known[at], at
        if place < 0:
            break
        symbols[place] = merged[best]
        for at in range(place + 1, count - 1):
            symbols[at] = symbols[at + 1]
            known[at] = known[at + 1] if at + 1 < count - 1 else np.int64(0)
        count -= 1
        if place > 0:
            known[place - 1] = _rank(pairs, symbols[place - 1], symbols[place])
        if place + 1 < count:
            known[place] = _rank(pairs, symbols[place], symbols[place + 1])
    return count


@lean
def _sift_up(heap: I64, at: int) -> None:
    value = heap[at]
    while at > 0 and heap[(at - 1) >> 1] > value:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = value


@lean
def _sift_down(heap: I64, size: int) -> None:
    value, at = heap[0], 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = value


@lean
def _merge_long(symbols: I64, count: int, pairs: U64, merged: I32, room: I64) -> int:
    """As merge_symbols, in n log n: a heap of rank << 32 | place, stale entries skipped."""
    after, before, heap = room[:count], room[count : 2 * count], room[2 * count : 5 * count]
    for at in range(count):
        after[at], before[at] = at + 1, at - 1
    size = 0
    for at in range(count - 1):
        rank = _rank(pairs, symbols[at], symbols[at + 1])
        if rank != _NONE:
            heap[size] = rank << 32 | at
            _sift_up(heap, size)
            size += 1
    while size:
        rank, at = heap[0] >> 32, heap[0] & 0xFFFFFFFF
        size -= 1
        heap[0] = heap[size]
        _sift_down(heap, size)
        right = after[at]
        if symbols[at] < 0 or right >= count:
            continue
        if _rank(pairs, symbols[at], symbols[right]) != rank:
            continue
        symbols[at], symbols[right] = merged[rank], -1
        after[at] = after[right]
        if after[right] < count:
            before[after[right]] = at
        for left in (before[at], at):
            if left >= 0 and after[left] < count:
                rank = _rank(pairs, symbols[left], symbols[after[left]])
                if rank != _NONE:
                    heap[size] = rank << 32 | left
                    _sift_up(heap, size)
                    size += 1
    left = 0
    for at in range(count):
        if symbols[at] >= 0:
            symbols[left] = symbols[at]
            left += 1
    return left
