"""Compiled counting of cut words and of characters. Imported lazily: numba takes a second.

Pure arrays; words.py owns the tables and what happens when one is full.
"""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from model.block_kernels import lean
from model.cut_kernels import SHORT_BYTES, char_at, find_cuts, hash_bytes, lay_keys

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]


class WordTable(NamedTuple):
    """Different words: short ones in a hash table of keys, longer ones in the order of meeting."""

    short: U64
    """[slots * 4] key (two numbers, 0 in a free slot), count, hash."""
    slots: I32
    """Hash table of longer words: index of a word, -1 in a free slot."""
    hashes: U64
    bounds: I64
    """[words + 1] where each word's bytes begin."""
    counts: I64
    words: U8
    used: I64
    """[2] number of longer words, and of short ones."""


class Desk(NamedTuple):
    """The words that are being counted."""

    cuts: I64
    """[words + 1]"""
    keys: U64
    """[words, 2]"""
    places: I64
    kinds: U64
    """[NUM_KINDS] of a block of text."""


@lean
def _entry(table: WordTable, data: U8, start: int, end: int) -> int:
    """Return the index of a word, which is added when it is new; -1 when there is no room."""
    value = hash_bytes(data, start, end)
    mask = len(table.slots) - 1
    slot = np.int64(value & np.uint64(mask))
    while table.slots[slot] >= 0:
        known = table.slots[slot]
        first = table.bounds[known]
        if table.hashes[known] == value and table.bounds[known + 1] - first == end - start:
            at = 0
            while at < end - start and table.words[first + at] == data[start + at]:
                at += 1
            if at == end - start:
                return known
        slot = (slot + 1) & mask
    number = table.used[0]
    first = table.bounds[number]
    if number == len(table.counts) or first + end - start > len(table.words):
        return -1
    for at in range(end - start):
        table.words[first + at] = data[start + at]
    table.slots[slot], table.hashes[number], table.counts[number] = number, value, 0
    table.bounds[number + 1] = first + end - start
    table.used[0] = number + 1
    return number


@lean
def _count_short(short: U64, used: I64, low: np.uint64, high: np.uint64, place: int) -> bool:
    """Count a short word, from the slot on where it belongs; False when there is no room."""
    last, home = len(short) - 1, place
    while short[place] != low or short[place + 1] != high:
        if short[place + 1] == 0:
            if 8 * used[1] >= len(short):
                return False
            used[1] += 1
            short[place], short[place + 1], short[place + 2] = low, high, 0
            short[place + 3] = home
            break
        place = (place + 4) & last
    short[place + 2] += np.uint64(1)
    return True


@lean
def _count_long(table: WordTable, data: U8, at: int, end: int, max_bytes: int) -> int:
    """Count a word by parts of so many bytes at most, whole characters; return how far it came."""
    while at < end:
        stop = end
        if end - at > max_bytes:
            stop = at + max_bytes
            while data[stop] & 0xC0 == 0x80:
                stop -= 1
        word = _entry(table, data, at, stop)
        if word < 0:
            break
        table.counts[word] += 1
        at = stop
    return at


@lean
def count_words(
    data: U8,
    offsets: I64,
    classes: U8,
    max_bytes: int,
    table: WordTable,
    desk: Desk,
    progress: I64,
) -> bool:
    """Count on from progress = [row, byte]; False when the table is full before the end."""
    short, used, cuts, keys = table.short, table.used, desk.cuts, desk.keys
    row, at = progress[0], progress[1]
    while row < len(offsets) - 1:
        stop = offsets[row + 1]
        at = max(at, offsets[row])
        while at < stop:
            number = find_cuts(data, at, stop, classes, desk.kinds, cuts)
            lay_keys(data, cuts, number, short, 2, keys, desk.places)
            for word in range(number):
                at, end, place = cuts[word], cuts[word + 1], desk.places[word]
                if end - at > SHORT_BYTES:
                    at = _count_long(table, data, at, end, max_bytes)
                elif _count_short(short, used, keys[word, 0], keys[word, 1], place):
                    at = end
                if at < end:
                    progress[0], progress[1] = row, at
                    return False
            at = cuts[number]
        row += 1
    progress[0], progress[1] = row, at
    return True


@lean
def count_chars(words: U8, bounds: I64, counts: I64, char_counts: I64) -> None:
    """Add to each character how often it stands in the words."""
    for word in range(len(bounds) - 1):
        at = bounds[word]
        while at < bounds[word + 1]:
            code, width = char_at(words, at)
            char_counts[code] += counts[word]
            at += width
