"""Compiled loops over the shingles of documents: hashes, templates, minima, shared members.

Sets are runs of 64-bit hashes with bounds per document; what they mean is said by the callers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

LANES = 64
"""Minima are taken over runs of this many values: whole vector registers, no scalar rest."""

_ZERO = np.uint64(0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def roll(hashes: U64, bounds: I64, length: int, step: np.uint64, mixers: U64, out: U64) -> int:
    """Write the hash of every run of `length` words within a document; return how many."""
    mix_a, mix_b = mixers[0], mixers[1]
    gone = np.uint64(1)
    for _ in range(length):
        gone = np.uint64(gone * step)
    count = 0
    for document in range(len(bounds) - 1):
        rolled = np.uint64(0)
        first, last = bounds[document], bounds[document + 1]
        for at in range(first, last):
            rolled = np.uint64(rolled * step) + hashes[at]
            if at - first >= length:
                rolled -= np.uint64(hashes[at - length] * gone)
            if at - first >= length - 1:
                value = np.uint64((rolled ^ (rolled >> np.uint64(32))) * mix_b)
                value = np.uint64((value ^ (value >> np.uint64(29))) * mix_a)
                out[count] = value ^ (value >> np.uint64(32))
                count += 1
    return count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def fill_table(members: U64, table: U64) -> None:
    """Put hashes into an empty open-addressed table of a power of two (0 means empty)."""
    mask = np.uint64(len(table) - 1)
    for member in members:
        slot = member & mask
        while table[slot] != _ZERO and table[slot] != member:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = member


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def drop_members(shingles: U64, bounds: I64, table: U64, seen_in: I64, num_documents: I64) -> I64:
    """Close the runs over members of the table, in place; return how many each document had.

    `num_documents` counts per slot of the table the documents that hold its member; `seen_in` is
    scratch of the same length, all -1.
    """
    mask = np.uint64(len(table) - 1)
    dropped = np.zeros(len(bounds) - 1, dtype=np.int64)
    to = 0
    for document in range(len(bounds) - 1):
        first, last = bounds[document], bounds[document + 1]
        bounds[document] = to
        for at in range(first, last):
            member = shingles[at]
            slot = member & mask
            while table[slot] != _ZERO and table[slot] != member:
                slot = (slot + np.uint64(1)) & mask
            if table[slot] == _ZERO:
                shingles[to] = member
                to += 1
                continue
            dropped[document] += 1
            if seen_in[slot] != document:
                seen_in[slot] = document
                num_documents[slot] += 1
    bounds[len(bounds) - 1] = to
    return dropped


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def minima(shingles: U64, bounds: I64, factors: U32, offsets: U32, out: U32) -> None:
    """Write per document the least of factor * shingle + offset modulo 2**32, for every factor."""
    longest = 0
    for document in range(len(bounds) - 1):
        longest = max(longest, bounds[document + 1] - bounds[document])
    values = np.empty(longest + LANES, dtype=np.uint32)
    for document in range(len(bounds) - 1):
        first = bounds[document]
        count = bounds[document + 1] - first
        if count == 0:
            continue
        for at in range(count):
            values[at] = np.uint32(shingles[first + at] >> np.uint64(32))
        # Repeating one value changes no minimum.
        whole = (count + LANES - 1) // LANES * LANES
        for at in range(count, whole):
            values[at] = values[0]
        for row in range(len(factors)):
            factor, offset = factors[row], offsets[row]
            least = np.uint32(0xFFFFFFFF)
            for at in range(whole):
                least = min(least, np.uint32(values[at] * factor + offset))
            out[document, row] = least


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def make_sets(shingles: U64, bounds: I64) -> None:
    """Keep the first occurrence of every shingle of a document, in place."""
    longest = 1
    for document in range(len(bounds) - 1):
        longest = max(longest, bounds[document + 1] - bounds[document])
    size = 16
    while size < 2 * longest:
        size *= 2
    table = np.zeros(size, dtype=np.uint64)
    owner = np.full(size, -1, dtype=np.int64)
    to = 0
    for document in range(len(bounds) - 1):
        first, last = bounds[document], bounds[document + 1]
        bounds[document] = to
        # A small document uses the front of the table only, which stays in the nearest cache.
        small = 16
        while small < 2 * (last - first):
            small *= 2
        mask = np.uint64(small - 1)
        for at in range(first, last):
            member = shingles[at]
            slot = member & mask
            while owner[slot] == document and table[slot] != member:
                slot = (slot + np.uint64(1)) & mask
            if owner[slot] != document:
                owner[slot], table[slot] = document, member
                shingles[to] = member
                to += 1
    bounds[len(bounds) - 1] = to


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def jaccard(
    left_sets: U64,
    left_bounds: I64,
    left: I64,
    right_sets: U64,
    right_bounds: I64,
    right: I64,
    out: F64,
) -> None:
    """Write the similarity of each pair of sets; pairs with equal `left` stand together."""
    longest = 1
    for row in left:
        longest = max(longest, left_bounds[row + 1] - left_bounds[row])
    size = 16
    while size < 2 * longest:
        size *= 2
    table = np.zeros(size, dtype=np.uint64)
    owner = np.full(size, -1, dtype=np.int64)
    mask = np.uint64(0)
    marked = -1
    for pair in range(len(left)):
        row = left[pair]
        size_left = left_bounds[row + 1] - left_bounds[row]
        if row != marked:
            marked = row
            small = 16
            while small < 2 * size_left:
                small *= 2
            mask = np.uint64(small - 1)
            for at in range(left_bounds[row], left_bounds[row + 1]):
                slot = left_sets[at] & mask
                while owner[slot] == row:
                    slot = (slot + np.uint64(1)) & mask
                owner[slot], table[slot] = row, left_sets[at]
        other = right[pair]
        shared = 0
        for at in range(right_bounds[other], right_bounds[other + 1]):
            slot = right_sets[at] & mask
            while owner[slot] == row and table[slot] != right_sets[at]:
                slot = (slot + np.uint64(1)) & mask
            if owner[slot] == row:
                shared += 1
        union = size_left + right_bounds[other + 1] - right_bounds[other] - shared
        out[pair] = shared / union if union else 1.0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def hash_bytes(content: npt.NDArray[np.uint8], offsets: I64) -> U64:
    """Return the 64-bit FNV-1a hash of each run of bytes, scattered."""
    out = np.empty(len(offsets) - 1, dtype=np.uint64)
    for row in range(len(offsets) - 1):
        value = np.uint64(0xCBF29CE484222325)
        for at in range(offsets[row], offsets[row + 1]):
            value = np.uint64((value ^ np.uint64(content[at])) * np.uint64(0x100000001B3))
        value = np.uint64((value ^ (value >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93))
        out[row] = value ^ (value >> np.uint64(32))
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def bucket_pairs(rows: U64, bounds: I64, most: int, window: int, left: U64, right: U64) -> None:
    """Write the pairs of each bucket, smaller row left: all, or those of a window and the first."""
    count = 0
    for bucket in range(len(bounds) - 1):
        first, last = bounds[bucket], bounds[bucket + 1]
        large = last - first > most
        for at in range(first, last):
            reach = min(last, at + 1 + window) if large else last
            for other in range(at + 1, reach):
                left[count] = min(rows[at], rows[other])
                right[count] = max(rows[at], rows[other])
                count += 1
            if large and at > first + window:
                left[count] = min(rows[at], rows[first])
                right[count] = max(rows[at], rows[first])
                count += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def smallest_members(num_nodes: int, left: I64, right: I64) -> I64:
    """Return per node the smallest node of its connected component."""
    parent = np.arange(num_nodes)
    for edge in range(len(left)):
        one, two = left[edge], right[edge]
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        while parent[two] != two:
            parent[two] = parent[parent[two]]
            two = parent[two]
        if one < two:
            parent[two] = one
        elif two < one:
            parent[one] = two
    for node in range(num_nodes):
        parent[node] = parent[parent[node]]
    return parent
