"""Compiled reading of UTF-8: characters, hashes of slices, and cuts, 64 bytes at a time.

Bytes are valid UTF-8 (they come from Arrow strings), and ROOM_BYTES more of them can be read than
there is text. Imported lazily: numba takes a second.
"""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.block_kernels import (
    FIRST_BYTES,
    NEXT_BYTES,
    ascii_masks,
    lean,
    load8,
    lowest_bit,
    num_bits,
    prefetch,
)

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_OTHER, _DIGIT, _LETTER, _BLANK, _LINE_END = 0, 1, 2, 3, 4  # as in model/cuts.py
_WITHIN, NUM_KINDS = 7, 8
_HASH_START = np.uint64(0xCBF29CE484222325)
_HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SECOND_FACTOR = np.uint64(0xD6E8FEB86659FD93)
SHORT_BYTES = 15
"""Words up to this size are told apart by a key of two numbers: all their bytes and the size."""
SIZE_SHIFT = np.uint64(56)
"""Of the size in the second number."""
_ONE, _TWO, _ALL = np.uint64(1), np.uint64(2), np.uint64(0xFFFFFFFFFFFFFFFF)


@lean
def char_at(data: U8, at: int) -> tuple[int, int]:
    """Return the code point that starts at a byte, and its width."""
    lead = np.int64(data[at])
    if lead < 0x80:
        return lead, 1
    second = np.int64(data[at + 1]) & 0x3F
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | second, 2
    third = np.int64(data[at + 2]) & 0x3F
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | second << 6 | third, 3
    fourth = np.int64(data[at + 3]) & 0x3F
    return (lead & 0x07) << 18 | second << 12 | third << 6 | fourth, 4


@lean
def _add_wide(data: U8, at: int, size: int, wide: np.uint64, classes: U8, kinds: U64) -> int:
    """Mark the characters of a block that are not ASCII; return how many bytes hold whole ones.

    kinds[class] has the bytes of all of a class; kinds[_BLANK + w] those that begin a blank of w
    bytes, kinds[_WITHIN] those that begin no character.
    """
    kinds[:] = 0
    while wide:
        place = lowest_bit(wide)
        code, width = char_at(data, at + place)
        if place + width > size:
            return place
        bits = ((_ONE << np.uint64(width)) - _ONE) << np.uint64(place)
        kinds[classes[code]] |= bits
        kinds[_WITHIN] |= bits & (bits << _ONE)
        if classes[code] == _BLANK:
            kinds[_BLANK + width] |= _ONE << np.uint64(place)
        wide &= ~bits
    return size


@lean
def _write_places(bits: np.uint64, base: int, places: I64, count: int) -> int:
    """Write the numbers of the set bits; up to seven more places are written over."""
    found = num_bits(bits)
    for first in range(count, count + found, 8):
        for index in range(first, first + 8):
            places[index] = base + lowest_bit(bits)
            bits &= bits - _ONE
    return count + found


@lean
def _starts(
    letters: np.uint64,
    digits: np.uint64,
    others: np.uint64,
    spaces: np.uint64,
    blanks: np.uint64,
    ends: np.uint64,
    before: np.uint64,
    was: np.uint64,
) -> np.uint64:
    """Return where words begin in a block; `was` has the kinds of the character before it."""
    taken = spaces << _ONE | was >> np.uint64(3) & _ONE
    starts = digits
    starts |= letters & ~(letters << _ONE | was & _ONE | taken)
    starts |= others & ~(others << _ONE | was >> _ONE & _ONE | taken)
    starts |= blanks & (~(blanks << _ONE | was >> _TWO & _ONE) | before)
    starts |= ends & ~(ends << _ONE | was >> np.uint64(4) & _ONE)
    return starts


@lean
def _bit(mask: np.uint64, at: int, number: int) -> np.uint64:
    return (mask >> np.uint64(at) & _ONE) << np.uint64(number)


@lean
def find_cuts(data: U8, at: int, stop: int, classes: U8, kinds: U64, cuts: I64) -> int:
    """Write where the matches of CUT_PATTERN begin that tile data[at:stop], and then `stop`.

    Returns their number n: cuts[i] : cuts[i + 1] are the words for i < n. Where there is no room
    for all, cuts[n] is where to go on from: a match depends on nothing before it. `kinds` is room
    for NUM_KINDS numbers.
    """
    count, most, was = 0, len(cuts) - 72, np.uint64(0)
    while at < stop and count < most:
        size = min(64, stop - at)
        inside = _ALL >> np.uint64(64 - size)
        letters, digits, spaces, blanks, ends, wide = ascii_masks(data, at)
        others, single = ~(letters | digits | blanks | ends | wide), blanks
        if wide & inside:
            size = _add_wide(data, at, size, wide & inside, classes, kinds)
            inside = _ALL >> np.uint64(64 - size)
            letters, digits, others = (
                letters | kinds[_LETTER],
                digits | kinds[_DIGIT],
                others | kinds[_OTHER],
            )
            blanks |= kinds[_BLANK]
        # The last of several blanks stands alone, or before the word that takes it along.
        before = ((others | letters | digits) & inside) >> _ONE
        if at + size < stop:
            code, _ = char_at(data, at + size)
            before |= np.uint64(classes[code] <= _LETTER) << np.uint64(size - 1)
        if wide & inside:
            before = before & single | before >> _ONE & kinds[5] | before >> _TWO & kinds[6]
        starts = _starts(letters, digits, others, spaces, blanks, ends, before, was) & inside
        if wide & inside:
            starts &= ~kinds[_WITHIN]
        count = _write_places(starts, at, cuts, count)
        last = size - 1
        was = _bit(letters, last, 0) | _bit(others, last, 1) | _bit(blanks, last, 2)
        was |= _bit(spaces, last, 3) | _bit(ends, last, 4)
        at += size
    cuts[count] = stop
    return count if at >= stop else count - 1


@lean
def longest_word(data: U8, offsets: I64, classes: U8, kinds: U64, cuts: I64) -> int:
    """Return the bytes of the longest word of all texts."""
    longest = 0
    for row in range(len(offsets) - 1):
        at, stop = offsets[row], offsets[row + 1]
        while at < stop:
            number = find_cuts(data, at, stop, classes, kinds, cuts)
            for word in range(number):
                longest = max(longest, cuts[word + 1] - cuts[word])
            at = cuts[number]
    return longest


@lean
def hash_bytes(data: U8, start: int, end: int) -> np.uint64:
    """Return a 64-bit hash of a slice; collisions are told apart by the bytes."""
    value = _HASH_START ^ np.uint64(end - start)
    for at in range(start, end, 8):
        part = load8(data, at) & FIRST_BYTES[min(8, end - at)]
        value = (value ^ part) * _HASH_FACTOR
        value ^= value >> np.uint64(32)
    return value


@lean
def lay_keys(
    data: U8, cuts: I64, number: int, table: U64, shift: int, keys: U64, places: I64
) -> None:
    """Write the keys of some words, and where in a table of 2**k << shift numbers each belongs.

    The processor fetches those lines of the table while the next keys are worked out. A longer word
    has a key that no short one has.
    """
    mask = np.uint64((len(table) >> shift) - 1)
    for index in range(number):
        at = cuts[index]
        size = min(cuts[index + 1] - at, SHORT_BYTES + 1)
        low = load8(data, at) & FIRST_BYTES[size]
        high = load8(data, at + 8) & NEXT_BYTES[size]
        if size > SHORT_BYTES:
            high = np.uint64(0)
        high |= np.uint64(size) << SIZE_SHIFT
        mixed = (low ^ high * _SECOND_FACTOR) * _HASH_FACTOR
        mixed ^= mixed >> np.uint64(32)
        keys[index, 0], keys[index, 1] = low, high
        places[index] = np.int64(mixed & mask) << shift
        prefetch(table, places[index])
