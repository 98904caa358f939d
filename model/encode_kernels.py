"""Compiled loops over UTF-8 bytes: cut, merge by rank, remember words, and compare with the text.

Pure arrays in and out, without the interpreter lock; model/encoder.py builds the tables. Bytes are
valid UTF-8 (they come from Arrow strings), and ROOM_BYTES more of them can be read than there is
text. Imported lazily: numba takes a second.
"""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment, index"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from model.block_kernels import FIRST_BYTES, NEXT_BYTES, lean, load8, store8
from model.cut_kernels import SHORT_BYTES, char_at, find_cuts, hash_bytes, lay_keys
from model.merge_kernels import merge_symbols

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_SHORT_IDS = 4
_COUNT_SHIFT, _ELSEWHERE = np.uint64(60), np.uint64(15)
_IDS = np.uint64(0x0FFFFFFFFFFFFFFF)

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
    """[sets * 8] two entries of four numbers: 15 bytes and the size; up to four ids and, highest,
    their number, or the slot below and _ELSEWHERE. A set is one line of the processor's cache; the
    older entry gives way."""
    hashes: U64
    """Of words that are longer or have more ids; 0 in a free slot."""
    word_starts: I64
    word_sizes: I32
    id_starts: I64
    id_counts: I32
    words: U8
    ids: U32
    used: I64
    """[3] bytes of `words`, entries of `ids`, slots."""


class Desk(NamedTuple):
    """What is being worked at."""

    cuts: I64
    """[words + 1] of some words that follow one another."""
    keys: U64
    """[words, 2] their first 15 bytes and size."""
    sets: I64
    """[words] first number of the set where each may be found."""
    symbols: I64
    """Of one word that is merged, however long a text it may be."""
    room: I64
    """ROOM_PER_SYMBOL numbers for each, to merge in."""
    kinds: U64
    """[NUM_KINDS] of a block of text."""


@lean
def encode_word(data: U8, start: int, end: int, tables: Tables, symbols: I64, room: I64) -> int:
    """Encode one cut into `symbols` (as long as the cut has bytes); return how many ids it has."""
    count, at = 0, start
    while at < end:
        code, width = char_at(data, at)
        char_id = tables.char_ids[code]
        if char_id >= 0:
            symbols[count] = char_id
            count += 1
        else:
            for place in range(at, at + width):
                symbols[count] = tables.byte_ids[data[place]]
                count += 1
        at += width
    return merge_symbols(symbols, count, tables.pairs, tables.merged_ids, room)


@lean
def _find(cache: Cache, value: np.uint64, data: U8, start: int, end: int) -> int:
    """Return the slot of a word of the second table, or of the free place where it would go."""
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


@lean
def _remember(
    cache: Cache, slot: int, value: np.uint64, data: U8, start: int, end: int, symbols: I64, n: int
) -> bool:
    """Put a word in a free slot; say whether there was room."""
    words, ids, slots = cache.used[0], cache.used[1], cache.used[2]
    full = 2 * slots >= len(cache.hashes)
    if full or words + end - start > len(cache.words) or ids + n > len(cache.ids):
        return False
    cache.hashes[slot], cache.word_starts[slot] = value, words
    cache.word_sizes[slot], cache.id_starts[slot], cache.id_counts[slot] = end - start, ids, n
    for at in range(end - start):
        cache.words[words + at] = data[start + at]
    for at in range(n):
        cache.ids[ids + at] = symbols[at]
    cache.used[0], cache.used[1], cache.used[2] = words + end - start, ids + n, slots + 1
    return True


@lean
def _copy_ids(cache: Cache, slot: int, out: U32, total: int) -> int:
    first, count = cache.id_starts[slot], cache.id_counts[slot]
    for index in range(count):
        out[total + index] = cache.ids[first + index]
    return total + count


@lean
def _encode_long(
    data: U8, start: int, end: int, tables: Tables, cache: Cache, desk: Desk, out: U32, total: int
) -> int:
    symbols = desk.symbols
    value = hash_bytes(data, start, end) | np.uint64(1)
    slot = _find(cache, value, data, start, end)
    if cache.hashes[slot]:
        return _copy_ids(cache, slot, out, total)
    count = encode_word(data, start, end, tables, symbols, desk.room)
    for index in range(count):
        out[total + index] = symbols[index]
    _remember(cache, slot, value, data, start, end, symbols, count)
    return total + count


@lean
def _swap(short: U64, base: int) -> None:
    """Change the places of the two entries of a set."""
    for at in range(base, base + 4):
        short[at], short[at + 4] = short[at + 4], short[at]


@lean
def _encode_new(
    data: U8, desk: Desk, index: int, tables: Tables, cache: Cache, out: U32, total: int
) -> int:
    """Encode a word that the first table lacks, and put it there if its ids fit."""
    start, end, symbols = desk.cuts[index], desk.cuts[index + 1], desk.symbols
    if end - start > SHORT_BYTES:
        return _encode_long(data, start, end, tables, cache, desk, out, total)
    count = encode_word(data, start, end, tables, symbols, desk.room)
    for place in range(count):
        out[total + place] = symbols[place]
    if count <= _SHORT_IDS:
        symbols[count:_SHORT_IDS] = 0
        ids = symbols.view(np.uint64)
        first, second = ids[0] | ids[1] << np.uint64(32), ids[2] | ids[3] << np.uint64(32)
        kind = np.uint64(count)
    else:
        value = hash_bytes(data, start, end) | np.uint64(1)
        slot = _find(cache, value, data, start, end)
        known = cache.hashes[slot] != 0
        if not known and not _remember(cache, slot, value, data, start, end, symbols, count):
            return total + count
        first, second, kind = np.uint64(slot), np.uint64(0), _ELSEWHERE
    short, base = cache.short, desk.sets[index]
    _swap(short, base)
    short[base], short[base + 1] = desk.keys[index, 0], desk.keys[index, 1]
    short[base + 2], short[base + 3] = first, second | kind << _COUNT_SHIFT
    return total + count


@lean
def _encode_words(
    data: U8, desk: Desk, number: int, tables: Tables, cache: Cache, out: U32, total: int
) -> int:
    short, keys, sets = cache.short, desk.keys, desk.sets
    for index in range(number):
        base = sets[index]
        low, high = keys[index, 0], keys[index, 1]
        if short[base] != low or short[base + 1] != high:
            if short[base + 4] != low or short[base + 5] != high:
                total = _encode_new(data, desk, index, tables, cache, out, total)
                continue
            _swap(short, base)
        # Four at once, without a branch: what is too much is written over.
        last = short[base + 3]
        if last >> _COUNT_SHIFT == _ELSEWHERE:
            total = _copy_ids(cache, np.int64(short[base + 2]), out, total)
            continue
        store8(out, total, short[base + 2])
        store8(out, total + 2, last & _IDS)
        total += np.int64(last >> _COUNT_SHIFT)
    return total


@lean
def encode(
    data: U8,
    offsets: I64,
    tables: Tables,
    cache: Cache,
    desk: Desk,
    marks: I64,
    out: U32,
    bounds: I64,
) -> None:
    """Encode the texts data[offsets[i] : offsets[i + 1]] one after another, from out[bounds[0]] on.

    `marks` is empty, or the ids put before and after each text. `out` has room for one id per byte,
    the marks, and ROOM more; bounds[i] : bounds[i + 1] are the ids of text i.
    """
    total = bounds[0]
    for row in range(len(offsets) - 1):
        at, stop = offsets[row], offsets[row + 1]
        if len(marks):
            out[total] = marks[0]
            total += 1
        while at < stop:
            number = find_cuts(data, at, stop, tables.classes, desk.kinds, desk.cuts)
            lay_keys(data, desk.cuts, number, cache.short, 3, desk.keys, desk.sets)
            total = _encode_words(data, desk, number, tables, cache, out, total)
            at = desk.cuts[number]
        if len(marks):
            out[total] = marks[1]
            total += 1
        bounds[row + 1] = total


@lean
def spelt(
    data: U8,
    offsets: I64,
    ids: U32,
    bounds: I64,
    piece_bytes: U8,
    piece_bounds: U32,
    same: npt.NDArray[np.bool_],
) -> None:
    """Say of each text whether the bytes of its ids, one after another, are the text's bytes.

    piece_bounds[id] : piece_bounds[id + 1] are the bytes of an id, with room behind the last.
    """
    for row in range(len(offsets) - 1):
        at, stop = offsets[row], offsets[row + 1]
        wrong = np.uint64(0)
        for place in range(bounds[row], bounds[row + 1]):
            token = np.uint64(ids[place])
            first = np.int64(piece_bounds[token])
            size = np.int64(piece_bounds[token + np.uint64(1)]) - first
            if at + size > stop:
                wrong = np.uint64(1)
                break
            kept = np.uint64(size if size < 16 else 16)
            wrong |= (load8(data, at) ^ load8(piece_bytes, first)) & FIRST_BYTES[kept]
            wrong |= (load8(data, at + 8) ^ load8(piece_bytes, first + 8)) & NEXT_BYTES[kept]
            if size > 16:
                for index in range(16, size):
                    wrong |= np.uint64(piece_bytes[first + index] ^ data[at + index])
            at += size
        same[row] = wrong == 0 and at == stop
