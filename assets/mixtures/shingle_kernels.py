"""Compiled loops over the shingles of documents: hashes, templates, minima, shared members.

Sets are runs of 64-bit hashes with bounds per document; what they mean is said by the callers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]

_ZERO = np.uint64(0)


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
def jaccard(
    left_sets: Hashes,
    left_bounds: I64,
    left: I64,
    right_sets: Hashes,
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
                slot = np.uint64(left_sets[at]) & mask
                while owner[slot] == row:
                    slot = (slot + np.uint64(1)) & mask
                owner[slot], table[slot] = row, left_sets[at]
        other = right[pair]
        shared = 0
        for at in range(right_bounds[other], right_bounds[other + 1]):
            slot = np.uint64(right_sets[at]) & mask
            while owner[slot] == row and table[slot] != right_sets[at]:
                slot = (slot + np.uint64(1)) & mask
            if owner[slot] == row:
                shared += 1
        union = size_left + right_bounds[other + 1] - right_bounds[other] - shared
        out[pair] = shared / union if union else 1.0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def hash_bytes(content: npt.NDArray[np.uint8], offsets: I64, seed: np.uint64) -> U64:
    """Return the 64-bit FNV-1a hash of each run of bytes, scattered."""
    out = np.empty(len(offsets) - 1, dtype=np.uint64)
    for row in range(len(offsets) - 1):
        value = np.uint64(0xCBF29CE484222325) ^ seed
        for at in range(offsets[row], offsets[row + 1]):
            value = np.uint64((value ^ np.uint64(content[at])) * np.uint64(0x100000001B3))
        value = np.uint64((value ^ (value >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93))
        out[row] = value ^ (value >> np.uint64(32))
    return out


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
