"""Compiled loops of decontamination: rolling n-gram keys, a look-up of them, words compared.

A key is only a hint: what it finds is compared byte by byte before it counts. Never decides what
is evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from assets.compiler import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
_compiled: Callable[[Kernel], Kernel] = njit(cache=True, nogil=True)

# Odd constants of the usual size. They order the slots of an index, so a change here changes
# intermediate files, but no result: words are compared.
_STEP = np.uint64(0xA0761D6478BD642F)
_MIX_A = np.uint64(0x9E3779B97F4A7C15)
_MIX_B = np.uint64(0xD6E8FEB86659FD93)
_32 = np.uint64(32)
_29 = np.uint64(29)
_6 = np.uint64(6)
_63 = np.uint64(63)
_1 = np.uint64(1)
_0 = np.uint64(0)


@_compiled
def _mixed(value: Any) -> Any:
    value = (value ^ (value >> _32)) * _MIX_B
    value = (value ^ (value >> _29)) * _MIX_A
    return value ^ (value >> _32)


@_compiled
def whole_keys(hashes: Any, bounds: Any, rows: Any) -> Any:
    """Return one key for each of some documents, over all its words and their number."""
    keys = np.empty(len(rows), dtype=np.uint64)
    for index in range(len(rows)):
        row = rows[index]
        rolled = np.uint64(bounds[row + 1] - bounds[row]) + _1
        for place in range(bounds[row], bounds[row + 1]):
            rolled = rolled * _STEP + hashes[place]
        keys[index] = _mixed(rolled)
    return keys


@_compiled
def ngram_keys(hashes: Any, bounds: Any, length: int) -> Any:
    """Return (key, row, word position) of every n-gram of every document."""
    total = 0
    for row in range(len(bounds) - 1):
        total += max(0, bounds[row + 1] - bounds[row] - length + 1)
    keys = np.empty(total, dtype=np.uint64)
    rows = np.empty(total, dtype=np.int64)
    positions = np.empty(total, dtype=np.int64)
    at = 0
    for row in range(len(bounds) - 1):
        for first in range(bounds[row], bounds[row + 1] - length + 1):
            rolled = _0
            for place in range(first, first + length):
                rolled = rolled * _STEP + hashes[place]
            keys[at], rows[at], positions[at] = _mixed(rolled), row, first
            at += 1
    return keys, rows, positions


@_compiled
def filter_bits(keys: Any, log2_bits: int) -> Any:
    """Return a bit map with the bit of every key set: it spares nearly all words the search."""
    bits = np.zeros(1 << (log2_bits - 6), dtype=np.uint64)
    shift = np.uint64(64 - log2_bits)
    for index in range(len(keys)):
        bit = keys[index] >> shift
        bits[bit >> _6] |= _1 << (bit & _63)
    return bits


@_compiled
def look_up(hashes: Any, bounds: Any, length: int, keys: Any, bits: Any, log2_bits: int) -> Any:
    """Return (row, word position, slot) of every n-gram whose key is one of the sorted `keys`."""
    shift = np.uint64(64 - log2_bits)
    top = _1
    for _ in range(length - 1):
        top *= _STEP
    found = np.empty((256, 3), dtype=np.int64)
    size = 0
    for row in range(len(bounds) - 1):
        first, last = bounds[row], bounds[row + 1]
        if last - first < length:
            continue
        rolled = _0
        for place in range(first, first + length - 1):
            rolled = rolled * _STEP + hashes[place]
        for position in range(first, last - length + 1):
            rolled = rolled * _STEP + hashes[position + length - 1]
            key = _mixed(rolled)
            rolled -= hashes[position] * top
            bit = key >> shift
            if (bits[bit >> _6] >> (bit & _63)) & _1 == _0:
                continue
            slot = np.searchsorted(keys, key)
            if slot < len(keys) and keys[slot] == key:
                if size == len(found):
                    wider = np.empty((2 * size, 3), dtype=np.int64)
                    wider[:size] = found
                    found = wider
                found[size, 0], found[size, 1], found[size, 2] = row, position, slot
                size += 1
    return found[:size]


@_compiled
def equal_words(
    text: Any, starts: Any, ends: Any, at: Any,
    other: Any, other_starts: Any, other_ends: Any, other_at: Any,
    lengths: Any,
) -> Any:  # fmt: skip
    """Return per pair of places whether the next `lengths` words are the same, byte by byte."""
    same = np.ones(len(at), dtype=np.bool_)
    for index in range(len(at)):
        for word in range(lengths[index]):
            start, begin = starts[at[index] + word], other_starts[other_at[index] + word]
            size = ends[at[index] + word] - start
            if size != other_ends[other_at[index] + word] - begin:
                same[index] = False
                break
            for byte in range(size):
                if text[start + byte] != other[begin + byte]:
                    same[index] = False
                    break
            if not same[index]:
                break
    return same
