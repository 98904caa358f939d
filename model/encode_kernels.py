"""Compiled loops over UTF-8 bytes: cut, merge by rank, remember words, and compare with the text.

Pure arrays in and out, without the interpreter lock; model/encoder.py builds the tables. Bytes are
valid UTF-8 (they come from Arrow strings). Imported lazily: numba takes a second.
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
from model.merge_kernels import merge_symbols

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_SHORT_BYTES, _SHORT_IDS = 15, 6
_ID = np.uint64(0xFFFFF)
_HASH_START = np.uint64(0xCBF29CE484222325)
_HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)


ROOM = 8
"""Ids that may be written beyond the last one."""


class Tables(NamedTuple):
    """One vocabulary as arrays."""

    classes: U8
    """[0x110000] class of each code point."""
    char_ids: I32
    """[0x110000] id of each character, -1 when its bytes stand for it."""
    byte_ids: I32
    """[256] id of each byte."""
    pairs: U64
    """Hash table of merges: first id << 44 | second id << 24 | rank; all ones in a free slot."""
    merged_ids: I32
    """[merges] id that the merge of a rank makes."""


class Cache(NamedTuple):
    """Words seen before and their ids; what has no room is encoded again each time."""

    short: U64
    """[sets * 8] two entries of four numbers: 15 bytes and the size; up to six ids and their count.
    A set is one line of the processor's cache; the older entry gives way."""
    hashes: U64
    """Of longer words; 0 in a free slot."""
    word_starts: I64
    word_sizes: I32
    id_starts: I64
    id_counts: I32
    words: U8
    ids: U32
    used: I64
    """[3] bytes of `words`, entries of `ids`, slots."""


@njit(cache=True, nogil=True)
def encode_word(data: U8, start: int, end: int, tables: Tables, symbols: I64) -> int:
    """Encode one cut into `symbols` (as long as the cut has bytes); return how many ids it has."""
    count, at = 0, start
    while at < end:
        code, width = char_at(data, at)
        known = tables.char_ids[code]
        if known >= 0:
            symbols[count] = known
            count += 1
        else:
            for place in range(at, at + width):
                symbols[count] = tables.byte_ids[data[place]]
                count += 1
        at += width
    return merge_symbols(symbols, count, tables.pairs, tables.merged_ids)


@njit(cache=True, nogil=True)
def _find(cache: Cache, value: np.uint64, data: U8, start: int, end: int) -> int:
    """Return the slot of a long word, or of the free place where it would go."""
    mask = len(cache.hashes) - 1
    slot = np.int64(value & np.uint64(mask))
    while cache.hashes[slot]:
        if cache.hashes[slot] == value and cache.word_sizes[slot] == end - start:
            first = cache.word_starts[slot]
            at = 0
            while at < end - start and cache.words[first + at] == data[start + at]:
                at += 1
            if at == end - start:
                return slot
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def _remember(
    cache: Cache, slot: int, value: np.uint64, data: U8, start: int, end: int, symbols: I64, n: int
) -> None:
    words, ids, slots = cache.used[0], cache.used[1], cache.used[2]
    full = 2 * slots >= len(cache.hashes)
    if full or words + end - start > len(cache.words) or ids + n > len(cache.ids):
        return
    cache.hashes[slot], cache.word_starts[slot] = value, words
    cache.word_sizes[slot], cache.id_starts[slot], cache.id_counts[slot] = end - start, ids, n
    for at in range(end - start):
        cache.words[words + at] = data[start + at]
    for at in range(n):
        cache.ids[ids + at] = symbols[at]
    cache.used[0], cache.used[1], cache.used[2] = words + end - start, ids + n, slots + 1


@njit(cache=True, nogil=True)
def _encode_long(
    data: U8, start: int, end: int, tables: Tables, cache: Cache, symbols: I64, out: U32, total: int
) -> int:
    value = hash_bytes(data, start, end) | np.uint64(1)
    slot = _find(cache, value, data, start, end)
    if cache.hashes[slot]:
        first, count = cache.id_starts[slot], cache.id_counts[slot]
        for index in range(count):
            out[total + index] = cache.ids[first + index]
        return total + count
    count = encode_word(data, start, end, tables, symbols)
    for index in range(count):
        out[total + index] = symbols[index]
    _remember(cache, slot, value, data, start, end, symbols, count)
    return total + count


@njit(cache=True, nogil=True)
def _fill(short: U64, base: int, low: np.uint64, high: np.uint64, symbols: I64, count: int) -> None:
    """Put a word in front of its set; with more than six ids there is no room for it."""
    if count > _SHORT_IDS:
        return
    for at in range(base, base + 4):
        short[at + 4] = short[at]
    short[base], short[base + 1] = low, high
    short[base + 2], short[base + 3] = np.uint64(count), np.uint64(0)
    for index in range(count):
        at = base + 2 + index // 3
        shift = np.uint64(4 + 20 * (index % 3))
        short[at] |= np.uint64(symbols[index]) << shift


@njit(cache=True, nogil=True, inline="always")
def _eight(aligned: U64, at: int, size: int) -> np.uint64:
    """Return up to eight bytes that start anywhere, as one number; the rest of it is zero."""
    shift = np.uint64(8 * (at & 7))
    value = aligned[at >> 3] >> shift
    if shift:
        value |= aligned[(at >> 3) + 1] << (np.uint64(64) - shift)
    if size < 8:
        value &= (np.uint64(1) << np.uint64(8 * max(size, 0))) - np.uint64(1)
    return value


@njit(cache=True, nogil=True, inline="always")
def _encode_short(
    data: U8,
    aligned: U64,
    start: int,
    end: int,
    tables: Tables,
    short: U64,
    symbols: I64,
    out: U32,
    total: int,
) -> int:
    size = end - start
    low = _eight(aligned, start, size)
    high = _eight(aligned, start + 8, size - 8) | np.uint64(size) << np.uint64(56)
    mixed = (low ^ (high * _HASH_START)) * _HASH_FACTOR
    mixed ^= mixed >> np.uint64(32)
    base = 8 * np.int64(mixed & np.uint64(len(short) // 8 - 1))
    if short[base] != low or short[base + 1] != high:
        if short[base + 4] == low and short[base + 5] == high:
            for at in range(base, base + 4):
                short[at], short[at + 4] = short[at + 4], short[at]
        else:
            count = encode_word(data, start, end, tables, symbols)
            for index in range(count):
                out[total + index] = symbols[index]
            _fill(short, base, low, high, symbols, count)
            return total + count
    packed = short[base + 2]
    count = np.int64(packed & np.uint64(15))
    # Three at once, without a branch: what is too much is written over.
    out[total] = np.uint32((packed >> np.uint64(4)) & _ID)
    out[total + 1] = np.uint32((packed >> np.uint64(24)) & _ID)
    out[total + 2] = np.uint32((packed >> np.uint64(44)) & _ID)
    for index in range(3, count):
        shift = np.uint64(4 + 20 * (index % 3))
        out[total + index] = np.uint32((short[base + 3] >> shift) & _ID)
    return total + count


@njit(cache=True, nogil=True)
def encode(
    data: U8,
    offsets: I64,
    tables: Tables,
    cache: Cache,
    marks: I64,
    out: U32,
    bounds: I64,
) -> None:
    """Encode the texts data[offsets[i] : offsets[i + 1]] one after another.

    `data` is a whole number of eight bytes, nine more than the texts at least. `marks` is empty,
    or the ids put before and after each text. `out` has room for one id per byte, the marks, and
    ROOM more; bounds[i] : bounds[i + 1] are the ids of text i.
    """
    symbols, aligned = np.empty(256, dtype=np.int64), data.view(np.uint64)
    classes, char_ids, short = tables.classes, tables.char_ids, cache.short
    total = np.int64(0)
    bounds[0] = 0
    for row in range(len(offsets) - 1):
        at, stop = offsets[row], offsets[row + 1]
        if len(marks):
            out[total] = marks[0]
            total += 1
        while at < stop:
            end = next_cut(data, at, stop, classes)
            if end - at == 1 and char_ids[data[at]] >= 0:
                out[total] = char_ids[data[at]]
                total += 1
            elif end - at <= _SHORT_BYTES:
                total = _encode_short(data, aligned, at, end, tables, short, symbols, out, total)
            else:
                if end - at > len(symbols):
                    symbols = np.empty(2 * (end - at), dtype=np.int64)
                total = _encode_long(data, at, end, tables, cache, symbols, out, total)
            at = end
        if len(marks):
            out[total] = marks[1]
            total += 1
        bounds[row + 1] = total


@njit(cache=True, nogil=True)
def spelt(
    data: U8,
    offsets: I64,
    ids: U32,
    bounds: I64,
    piece_bytes: U8,
    piece_bounds: I64,
    same: npt.NDArray[np.bool_],
) -> None:
    """Say of each text whether the bytes of its ids, one after another, are the text's bytes."""
    for row in range(len(offsets) - 1):
        at, stop = offsets[row], offsets[row + 1]
        same[row] = True
        for place in range(bounds[row], bounds[row + 1]):
            first, end = piece_bounds[ids[place]], piece_bounds[ids[place] + 1]
            if at + end - first > stop:
                same[row] = False
                break
            for index in range(first, end):
                if piece_bytes[index] != data[at + index - first]:
                    same[row] = False
            at += end - first
        if at != stop:
            same[row] = False
