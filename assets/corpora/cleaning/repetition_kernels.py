"""Compiled counters of what a document repeats: lines, paragraphs, n-grams of words.

Equality is that of 64-bit hashes. One open-addressing table serves every document: an entry counts
only if it bears the stamp of the present pass, so nothing is cleared in between.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.corpora.cleaning.compiled import compiled

U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_RADIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)


class Table(NamedTuple):
    """Scratch space of a power of two at least twice the number of parts of a document."""

    keys: U64
    stamps: I64
    counts: I32
    stamp: I64
    """The stamp of the last pass, one element."""


def new_table(parts: int) -> Table:
    """Return an empty table for documents of at most `parts` parts."""
    size = 1 << max(6, (2 * parts).bit_length())
    return Table(
        keys=np.zeros(size, dtype=np.uint64),
        stamps=np.zeros(size, dtype=np.int64),
        counts=np.zeros(size, dtype=np.int32),
        stamp=np.zeros(1, dtype=np.int64),
    )


@compiled
def _mask_for(parts: int) -> np.uint64:
    """Return the mask of the part of the table that is used: small documents stay in the cache."""
    size = 64
    while size < 2 * parts:
        size *= 2
    return np.uint64(size - 1)


@compiled
def _count(table: Table, mask: np.uint64, stamp: int, key: np.uint64) -> int:
    """Add a key to the present pass; return how often it was met before."""
    slot = ((key ^ (key >> _SHIFT)) * _MIX) >> _SHIFT & mask
    while table.stamps[slot] == stamp:
        if table.keys[slot] == key:
            table.counts[slot] += 1
            return int(table.counts[slot]) - 1
        slot = (slot + np.uint64(1)) & mask
    table.stamps[slot] = stamp
    table.keys[slot] = key
    table.counts[slot] = 1
    return 0


@compiled
def duplicates(hashes: U64, chars: I32, size: int, table: Table) -> tuple[int, int]:
    """Return how many parts were met before in the document, and their characters."""
    if size < 2:
        return 0, 0
    mask = _mask_for(size)
    table.stamp[0] += 1
    count, total = 0, 0
    for at in range(size):
        if _count(table, mask, table.stamp[0], hashes[at]):
            count += 1
            total += chars[at]
    return count, total


@compiled
def prefix_hashes(hashes: U64, size: int, out: U64) -> None:
    """Write the polynomial hash of every prefix: the hash of any n-gram is a difference of two."""
    out[0] = np.uint64(0)
    for at in range(size):
        out[at + 1] = out[at] * _RADIX + hashes[at]


@compiled
def top_ngram(prefixes: U64, ends: I32, size: int, n: int, table: Table) -> tuple[int, int]:
    """Return how often the commonest n-gram occurs and the characters of one, with n - 1 blanks.

    Of several that are as common, the one that begins first, as datatrove's Counter has it.
    """
    grams = size - n + 1
    if grams < 1:
        return 0, 0
    mask, power = _mask_for(grams), _power(n)
    table.stamp[0] += 1
    stamp, most = table.stamp[0], 0
    for at in range(grams):
        seen = _count(table, mask, stamp, prefixes[at + n] - prefixes[at] * power) + 1
        most = max(most, seen)
    first = 0
    if most > 1:
        for at in range(grams):
            key = prefixes[at + n] - prefixes[at] * power
            if _times(table, mask, key) == most:
                first = at
                break
    return most, ends[first + n] - ends[first] + n - 1


@compiled
def _times(table: Table, mask: np.uint64, key: np.uint64) -> int:
    """Return how often a key that is in the table was met."""
    slot = ((key ^ (key >> _SHIFT)) * _MIX) >> _SHIFT & mask
    while table.keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return int(table.counts[slot])


@compiled
def repeated_ngram_chars(prefixes: U64, ends: I32, size: int, n: int, table: Table) -> int:
    """Return the characters of n-grams met before; one that counts is passed over as a whole."""
    grams = size - n + 1
    if grams < 2:
        return 0
    mask, power = _mask_for(grams), _power(n)
    table.stamp[0] += 1
    at, total = 0, 0
    while at < grams:
        if _count(table, mask, table.stamp[0], prefixes[at + n] - prefixes[at] * power):
            total += ends[at + n] - ends[at]
            at += n
        else:
            at += 1
    return total


@compiled
def _power(n: int) -> np.uint64:
    power = np.uint64(1)
    for _ in range(n):
        power *= _RADIX
    return power
