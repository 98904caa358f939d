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
from numba import njit

from model.cut_kernels import char_at, hash_bytes, next_cut

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]


class WordTable(NamedTuple):
    """Different words in the order in which they were met."""

    slots: I32
    """Hash table: index of a word, -1 in a free slot."""
    hashes: U64
    bounds: I64
    """[words + 1] where each word's bytes begin."""
    counts: I64
    words: U8
    used: I64
    """[1] number of words."""


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _word_end(data: U8, at: int, stop: int, classes: U8, max_bytes: int) -> int:
    """Return the end of a cut, or of as many whole characters of it as are allowed."""
    end = next_cut(data, at, stop, classes)
    if end - at > max_bytes:
        end = at + max_bytes
        while data[end] & 0xC0 == 0x80:
            end -= 1
    return end


@njit(cache=True, nogil=True)
def count_words(
    data: U8, offsets: I64, classes: U8, max_bytes: int, table: WordTable, progress: I64
) -> bool:
    """Count on from progress = [row, byte]; False when the table is full before the end."""
    row, at = progress[0], progress[1]
    while row < len(offsets) - 1:
        stop = offsets[row + 1]
        at = max(at, offsets[row])
        while at < stop:
            end = _word_end(data, at, stop, classes, max_bytes)
            word = _entry(table, data, at, end)
            if word < 0:
                progress[0], progress[1] = row, at
                return False
            table.counts[word] += 1
            at = end
        row += 1
    progress[0], progress[1] = row, at
    return True


@njit(cache=True, nogil=True)
def count_chars(words: U8, bounds: I64, counts: I64, char_counts: I64) -> None:
    """Add to each character how often it stands in the words."""
    for word in range(len(bounds) - 1):
        at = bounds[word]
        while at < bounds[word + 1]:
            code, width = char_at(words, at)
            char_counts[code] += counts[word]
            at += width
