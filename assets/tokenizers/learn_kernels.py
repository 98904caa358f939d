"""The compiled BPE trainer: counted words in, merges in rank order out. Imported lazily.

Follows `tokenizers`' BpeTrainer step by step (most frequent pair first, the lower ids among equals;
a pair's count only in the words that were queued with it), so that merges are equal to its own.
"""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from assets.tokenizers.pair_kernels import (
    Gains,
    Pairs,
    change,
    close_step,
    gain,
    has_room,
    more_gains,
    next_pair,
    no_gains,
    no_pairs,
    with_room,
)
from model.block_kernels import lean, prefetch

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_START, _SIZE, _COUNT, _ROW = 0, 1, 2, 4
_AHEAD = 8
"""Words whose rows are fetched ahead, and twice as many as whose symbols are (our choice)."""


class Words(NamedTuple):
    """Words as symbols, shortened in place by each merge."""

    symbols: I32
    rows: I64
    """[words, 4] first symbol, number of symbols, count; rows fill half a line of the cache."""


class Names(NamedTuple):
    """What the symbols spell: merges that spell the same make one symbol."""

    chars: I32
    bounds: I64
    slots: I32
    used: I64
    """[1] number of symbols."""


@njit(cache=True, nogil=True)
def _count_all(words: Words, gains: Gains) -> tuple[Pairs, Gains]:
    pairs = no_pairs()
    symbols = words.symbols
    for word in range(len(words.rows)):
        start, size, by = words.rows[word, 0], words.rows[word, 1], words.rows[word, 2]
        if not has_room(pairs, gains, size):
            pairs, gains = with_room(pairs, size), more_gains(gains, size)
        for at in range(start, start + size - 1):
            gain(pairs.table, pairs.used, gains, symbols[at], symbols[at + 1], by, word, 0)
    return close_step(pairs, gains), gains


@lean
def _named(names: Names, first: int, second: int) -> int:
    """Return the symbol that spells two others after one another, a new one if there is none."""
    start, end = names.bounds[names.used[0]], names.bounds[names.used[0]]
    value = np.uint64(1469598103934665603)
    for part in (first, second):
        for at in range(names.bounds[part], names.bounds[part + 1]):
            names.chars[end] = names.chars[at]
            value = (value ^ np.uint64(names.chars[at])) * _FACTOR
            value ^= value >> np.uint64(29)
            end += 1
    mask = len(names.slots) - 1
    slot = np.int64(value & np.uint64(mask))
    while names.slots[slot] >= 0:
        known = names.slots[slot]
        size = names.bounds[known + 1] - names.bounds[known]
        if size == end - start:
            at = 0
            while at < size and names.chars[names.bounds[known] + at] == names.chars[start + at]:
                at += 1
            if at == size:
                return known
        slot = (slot + 1) & mask
    number = names.used[0]
    names.slots[slot] = number
    names.bounds[number + 1] = end
    names.used[0] = number + 1
    return number


@lean
def _length(bounds: I64, symbol: int) -> int:
    return bounds[symbol + 1] - bounds[symbol]


@lean
def _merge_word(
    words: Words,
    pairs: Pairs,
    names: Names,
    gains: Gains,
    word: int,
    merge: tuple[int, int, int],
    step: int,
    max_chars: int,
) -> None:
    """Replace a pair in one word from left to right, keeping the counts of its neighbours."""
    first, second, made = merge
    symbols, rows, bounds = words.symbols, words.rows, names.bounds
    table, used = pairs.table, pairs.used
    start, by = rows[word, _START], rows[word, _COUNT]
    end = start + rows[word, _SIZE]
    room = max_chars - _length(bounds, made)
    read, write = start, start
    while read < end:
        if symbols[read] != first or read + 1 == end or symbols[read + 1] != second:
            symbols[write] = symbols[read]
            read, write = read + 1, write + 1
            continue
        if write > start:
            left = symbols[write - 1]
            change(table, used, left, first, -by)
            if _length(bounds, left) < room:
                gain(table, used, gains, left, made, by, word, step)
        if read + 2 < end:
            right = symbols[read + 2]
            change(table, used, second, right, -by)
            if _length(bounds, right) < room:
                gain(table, used, gains, made, right, by, word, step)
        symbols[write] = made
        read, write = read + 2, write + 1
    rows[word, _SIZE] = write - start


@lean
def _merge_list(
    words: Words,
    pairs: Pairs,
    names: Names,
    gains: Gains,
    at: int,
    end: int,
    merge: tuple[int, int, int],
    step: int,
    max_chars: int,
) -> int:
    """Merge in the words of a list while there is room; return where to go on."""
    rows, lists, symbols = words.rows, pairs.lists, words.symbols
    while at < end:
        word = lists[at]
        if not has_room(pairs, gains, 2 * rows[word, _SIZE]):
            break
        if at + 2 * _AHEAD < end:
            prefetch(rows, _ROW * np.int64(lists[at + 2 * _AHEAD]))
            prefetch(symbols, rows[lists[at + _AHEAD], _START])
        _merge_word(words, pairs, names, gains, word, merge, step, max_chars)
        at += 1
    return at


@njit(cache=True, nogil=True)
def _merge_all(
    words: Words,
    pairs: Pairs,
    names: Names,
    gains: Gains,
    place: int,
    merge: tuple[int, int, int],
    step: int,
    max_chars: int,
) -> tuple[Pairs, Gains]:
    """Merge in every word of a list and queue the pairs that came of it."""
    at, end = place + 1, place + 1 + pairs.lists[place]
    while at < end:
        at = _merge_list(words, pairs, names, gains, at, end, merge, step, max_chars)
        if at < end:
            more = 2 * words.rows[pairs.lists[at], _SIZE]
            pairs, gains = with_room(pairs, more), more_gains(gains, more)
    return close_step(pairs, gains), gains


@njit(cache=True, nogil=True)
def learn(words: Words, names: Names, num_pieces: int, min_count: int, max_chars: int) -> I64:
    """Return [merges, 3] (first, second, made) until so many new symbols exist, or none is left.

    `names` has room for num_pieces more symbols, and 0 .. alphabet - 1 are its characters.
    """
    merges = np.empty((num_pieces + 16, 3), dtype=np.int64)
    step = 0
    wanted = names.used[0] + num_pieces
    pairs, gains = _count_all(words, no_gains())
    while names.used[0] < wanted:
        total, key, place = next_pair(pairs)
        if place < 0 or total < max(1, min_count):
            break
        first, second = key >> 32, key & 0xFFFFFFFF
        made = _named(names, first, second)
        if step == len(merges):
            longer = np.empty((2 * step, 3), dtype=np.int64)
            longer[:step] = merges
            merges = longer
        merges[step, 0], merges[step, 1], merges[step, 2] = first, second, made
        step += 1
        merge = (first, second, made)
        pairs, gains = _merge_all(words, pairs, names, gains, place, merge, step, max_chars)
    return merges[:step]
