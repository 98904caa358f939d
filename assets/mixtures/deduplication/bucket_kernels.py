"""Compiled matching of 64-bit keys: which stand twice, in one source or in two, and their pairs.

Keys come grouped by their highest bits, so that the table of one range stays in the second-level
cache; a table of all would miss it with every key. Meanings stand in bands.py and texts.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
BOOL = npt.NDArray[np.bool_]

_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_SCATTER = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_THREE = np.uint64(3)
_SEVEN = np.uint64(7)
_ONE_BIT = np.uint8(1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def group_keys(
    keys: U64, rows: U32, left_out: BOOL, shift: np.uint64, first: np.uint64, count: int
) -> tuple[U64, U32, I64]:
    """Return keys and rows by rising group, within one as they stand, and the bounds.

    The group is key >> shift, counted from `first` on; rows that are left out are not among them.
    """
    bounds = np.zeros(count + 1, dtype=np.int64)
    for at in range(len(keys)):
        if not left_out[rows[at]]:
            bounds[np.int64((keys[at] >> shift) - first) + 1] += 1
    for at in range(count):
        bounds[at + 1] += bounds[at]
    to = bounds.copy()
    out_keys = np.empty(bounds[count], dtype=np.uint64)
    out_rows = np.empty(bounds[count], dtype=np.uint32)
    for at in range(len(keys)):
        if not left_out[rows[at]]:
            group = np.int64((keys[at] >> shift) - first)
            out_keys[to[group]], out_rows[to[group]] = keys[at], rows[at]
            to[group] += 1
    return out_keys, out_rows, bounds


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def group_places(keys: U64, shift: np.uint64, first: np.uint64, count: int) -> tuple[I64, I64]:
    """Return the places of keys by rising group, within one as they stand, and the bounds.

    The group is key >> shift, counted from `first` on.
    """
    bounds = np.zeros(count + 1, dtype=np.int64)
    for key in keys:
        bounds[np.int64((key >> shift) - first) + 1] += 1
    for at in range(count):
        bounds[at + 1] += bounds[at]
    to = bounds.copy()
    places = np.empty(len(keys), dtype=np.int64)
    for at in range(len(keys)):
        group = np.int64((keys[at] >> shift) - first)
        places[to[group]] = at
        to[group] += 1
    return places, bounds


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find_bound(keys: U64, shift: np.uint64, group: np.uint64) -> int:
    """Return where the first key of this group or a later one stands in grouped keys."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] >> shift < group:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def group_bounds(keys: U64, shift: np.uint64, first: np.uint64, count: int) -> I64:
    """Return where each group begins in keys that stand in groups."""
    bounds = np.empty(count + 1, dtype=np.int64)
    for group in range(count + 1):
        bounds[group] = find_bound(keys, shift, first + np.uint64(group))
    return bounds


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def mark_seen(keys: U64, shift: np.uint64, first: np.uint64, seen: U8) -> None:
    """Set the bit of each key: that of key >> shift, counted from `first` on."""
    for key in keys:
        slot = (key >> shift) - first
        seen[slot >> _THREE] |= _ONE_BIT << np.uint8(slot & _SEVEN)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def mark_met(keys: U64, shift: np.uint64, first: np.uint64, seen: U8, met: U8) -> None:
    """Set the bits in `met` of the keys whose bits are set in `seen`."""
    for key in keys:
        slot = (key >> shift) - first
        met[slot >> _THREE] |= seen[slot >> _THREE] & (_ONE_BIT << np.uint8(slot & _SEVEN))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def met_places(keys: U64, shift: np.uint64, first: np.uint64, met: U8) -> I64:
    """Return the places of the keys whose bits are set in `met`."""
    places = np.empty(len(keys) + 1, dtype=np.int64)
    count = 0
    for at in range(len(keys)):
        slot = (keys[at] >> shift) - first
        # Without a branch, which would be guessed wrong for many of the keys.
        places[count] = at
        count += (met[slot >> _THREE] >> np.uint8(slot & _SEVEN)) & _ONE_BIT
    return places[:count].copy()


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find_shared(keys: U64, bounds: I64, drop: np.uint64, across: bool) -> I64:
    """Return the places of keys that stand twice, `drop` lowest bits apart.

    `bounds` are [runs, groups + 1]: where each group begins in each run. `across` asks for keys
    that stand in two runs.
    """
    num_runs, num_groups = bounds.shape[0], bounds.shape[1] - 1
    longest = 1
    for group in range(num_groups):
        held = 0
        for run in range(num_runs):
            held += bounds[run, group + 1] - bounds[run, group]
        longest = max(longest, held)
    size = 16
    while size < 2 * longest:
        size *= 2
    mask = np.uint64(size - 1)
    table = np.zeros(size, dtype=np.uint64)
    # -1: the key stands twice; else the run that has it.
    holder = np.zeros(size, dtype=np.int32)
    places = np.empty(1024, dtype=np.int64)
    count = 0
    for group in range(num_groups):
        table[:] = _ZERO
        num_shared = 0
        for run in range(num_runs):
            for at in range(bounds[run, group], bounds[run, group + 1]):
                key = (keys[at] >> drop) + _ONE
                slot = (np.uint64(key * _SCATTER) >> _HALF) & mask
                while table[slot] != _ZERO and table[slot] != key:
                    slot = (slot + _ONE) & mask
                if table[slot] == _ZERO:
                    table[slot], holder[slot] = key, run
                elif holder[slot] >= 0 and not (across and holder[slot] == run):
                    holder[slot] = -1
                    num_shared += 1
        if num_shared == 0:
            continue
        for run in range(num_runs):
            for at in range(bounds[run, group], bounds[run, group + 1]):
                key = (keys[at] >> drop) + _ONE
                slot = (np.uint64(key * _SCATTER) >> _HALF) & mask
                while table[slot] != key:
                    slot = (slot + _ONE) & mask
                if holder[slot] < 0:
                    if count == len(places):
                        places = np.append(places, np.empty(count, dtype=np.int64))
                    places[count] = at
                    count += 1
    return places[:count]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def bucket_pairs(
    rows: U64, runs: I64, bounds: I64, most: int, window: int, across: bool
) -> tuple[U64, U64, int]:
    """Return the pairs of each bucket, smaller row left, and how many were skipped.

    All, or in a large bucket those of a window and with the first; `across` leaves out the pairs
    of one run.
    """
    left, right = np.empty(1024, dtype=np.uint64), np.empty(1024, dtype=np.uint64)
    held = np.zeros(max(1, runs.max() + 1 if len(runs) else 1), dtype=np.int64)
    count, skipped = 0, 0
    for bucket in range(len(bounds) - 1):
        first, last = bounds[bucket], bounds[bucket + 1]
        large = last - first > most
        room = count + (last - first) * (window + 1 if large else last - first)
        while len(left) < room:
            left = np.append(left, np.empty(len(left), dtype=np.uint64))
            right = np.append(right, np.empty(len(right), dtype=np.uint64))
        before = count
        for at in range(first, last):
            reach = min(last, at + 1 + window) if large else last
            for other in range(at + 1, reach):
                if not (across and runs[at] == runs[other]):
                    left[count] = min(rows[at], rows[other])
                    right[count] = max(rows[at], rows[other])
                    count += 1
            if large and at > first + window and not (across and runs[at] == runs[first]):
                left[count] = min(rows[at], rows[first])
                right[count] = max(rows[at], rows[first])
                count += 1
        if large:
            held[:] = 0
            for at in range(first, last):
                skipped += (at - first) - (held[runs[at]] if across else 0)
                held[runs[at]] += 1
            skipped -= count - before
    return left[:count], right[:count], skipped
