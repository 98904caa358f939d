"""Compiled counters of what a document repeats: lines, paragraphs, n-grams of words.

Equality is that of 63 bits of a hash. One open-addressing table serves every document.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.corpora.cleaning.compiled import compiled, part

U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_RADIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)


class Table(NamedTuple):
    """Scratch space of a power of two at least four times the number of parts of a document."""

    keys: U64
    """0 where a slot is empty."""
    counts: I32


def new_table(parts: int) -> Table:
    """Return a table for documents of at most `parts` parts."""
    size = 1 << max(6, (4 * parts).bit_length())
    return Table(keys=np.zeros(size, dtype=np.uint64), counts=np.zeros(size, dtype=np.int32))


@compiled
def _empty(table: Table, parts: int) -> np.uint64:
    """Empty the part of the table that is used and return its mask: small documents stay in the
    cache, and with three of four slots empty most parts find their place at once."""
    size = 64
    while size < 4 * parts:
        size *= 2
    table.keys[:size] = 0
    return np.uint64(size - 1)


@part
def _count(table: Table, mask: np.uint64, key: np.uint64) -> tuple[int, int]:
    """Add a key; return its slot and how often it was met before."""
    key |= np.uint64(1)  # never that of an empty slot
    slot = ((key ^ (key >> _SHIFT)) * _MIX) >> _SHIFT & mask
    while table.keys[slot] != 0:
        if table.keys[slot] == key:
            table.counts[slot] += 1
            return int(slot), int(table.counts[slot]) - 1
        slot = (slot + np.uint64(1)) & mask
    table.keys[slot] = key
    table.counts[slot] = 1
    return int(slot), 0


@compiled
def duplicates(hashes: U64, chars: I32, size: int, table: Table) -> tuple[int, int]:
    """Return how many parts were met before in the document, and their characters."""
    if size < 2:
        return 0, 0
    mask = _empty(table, size)
    count, total = 0, 0
    for at in range(size):
        if _count(table, mask, hashes[at])[1]:
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
def top_ngram(
    prefixes: U64, ends: I32, grams: int, n: int, table: Table, at_of: I32, slot_of: I32, num: int
) -> tuple[int, int, int]:
    """Count the n-grams that begin at the `num` places of `at_of`; all others occur once.

    Return how often the commonest occurs, the characters of one with n - 1 blanks, and how many
    places are left in `at_of`: those whose n-gram is repeated, since a longer one can only be
    repeated where this one is. Of several that are as common, the one that begins first, as
    datatrove's Counter has it.
    """
    if grams < 1:
        return 0, 0, 0
    mask, power, most = _empty(table, num), _power(n), 1
    for place in range(num):
        at = at_of[place]
        if at >= grams:
            num = place
            break
        slot, seen = _count(table, mask, prefixes[at + n] - prefixes[at] * power)
        slot_of[place] = slot
        most = max(most, seen + 1)
    first, left = 0, 0
    if most > 1:
        first = -1
        for place in range(num):
            times = table.counts[slot_of[place]]
            if times > 1:
                if first < 0 and times == most:
                    first = at_of[place]
                at_of[left] = at_of[place]
                left += 1
    return most, ends[first + n] - ends[first] + n - 1, left


@compiled
def repeated_ngram_chars(
    prefixes: U64, ends: I32, grams: int, n: int, table: Table, at_of: I32, num: int
) -> int:
    """Return the characters of n-grams met before; one that counts is passed over as a whole.

    Only those that begin at one of the `num` places of `at_of` can be repeated.
    """
    if grams < 2:
        return 0
    mask, power = _empty(table, num), _power(n)
    following, total = 0, 0
    for place in range(num):
        at = at_of[place]
        if at >= grams:
            break
        if at < following:
            continue
        _, seen = _count(table, mask, prefixes[at + n] - prefixes[at] * power)
        if seen:
            total += ends[at + n] - ends[at]
            following = at + n
    return total


@compiled
def _power(n: int) -> np.uint64:
    power = np.uint64(1)
    for _ in range(n):
        power *= _RADIX
    return power
