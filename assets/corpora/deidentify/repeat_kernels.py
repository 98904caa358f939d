"""Find the capitalised words of a document that are among its own names; one pass, linear."""

# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"
from __future__ import annotations

import numpy as np

from assets.compiler import njit
from assets.corpora.deidentify.scan_kernels import I64, U8, U64, is_letter, is_upper, word_end

_MIX = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def salted(group: int, value: int) -> int:
    """Return the key of a word in a document: never 0, which marks an empty slot."""
    h = (value ^ (np.uint64(group) + np.uint64(1)) * _MIX) * _MIX
    h ^= h >> np.uint64(29)
    return h if h else np.uint64(1)


@njit(cache=True, nogil=True)
def build(groups: I64, values: U64) -> U64:
    """Return an open-addressed set of (document, hash of word)."""
    size = 64
    while size < 2 * len(groups) + 2:
        size *= 2
    keys, mask = np.zeros(size, dtype=np.uint64), np.uint64(size - 1)
    for i in range(len(groups)):
        h = salted(groups[i], values[i])
        slot = h & mask
        while keys[slot] != 0 and keys[slot] != h:
            slot = (slot + np.uint64(1)) & mask
        keys[slot] = h
    return keys


@njit(cache=True, nogil=True)
def holds(keys: U64, h: int) -> bool:
    mask = np.uint64(len(keys) - 1)
    slot = h & mask
    while keys[slot] != 0:
        if keys[slot] == h:
            return True
        slot = (slot + np.uint64(1)) & mask
    return False


@njit(cache=True, nogil=True)
def repeat(data: U8, bounds: I64, groups: I64, keys: U64, places: I64, ends: I64) -> int:
    """Write begin and end of every capitalised word that its document's set holds."""
    count = 0
    for unit in range(len(bounds) - 1):
        i, hi = bounds[unit], bounds[unit + 1]
        while i < hi:
            if not is_letter(data[i]):
                i += 1
                continue
            end, h = word_end(data, i, hi)
            if end <= i:
                end = i + 1
            elif is_upper(data, i) and holds(keys, salted(groups[unit], h)):
                places[count] = i
                ends[count] = end
                count += 1
            i = end
    return count
