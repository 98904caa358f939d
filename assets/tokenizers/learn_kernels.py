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
from numba import njit

from model.block_kernels import lean, prefetch

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_START, _SIZE, _COUNT, _ROW = 0, 1, 2, 4
_KEY, _TOTAL, _SEEN, _HEAD = 0, 1, 2, 3


class Words(NamedTuple):
    """Words as symbols, shortened in place by each merge."""

    symbols: I32
    rows: I64
    """[words, 4] first symbol, number of symbols, count; rows fill half a line of the cache."""


class Pairs(NamedTuple):
    """All pairs ever counted, the words each was queued with, and the queue."""

    table: I64
    """[slots, 4] hash table: first << 32 | second (-1 = free); count; step and word of the last
    gain, as step << 32 | word; newest of the words gained in that step."""
    words: I64
    """[places, 2] word, and the place of the next one in the same list (-1 = none)."""
    queue: I64
    """[entries, 3] heap: count, key, first word; the first to merge on top."""
    used: I64
    """[3] pairs, places, entries."""


class Names(NamedTuple):
    """What the symbols spell: merges that spell the same make one symbol."""

    chars: I32
    bounds: I64
    slots: I32
    used: I64
    """[1] number of symbols."""


@njit(cache=True, nogil=True)
def _longer64(old: I64, size: int) -> I64:
    new = np.empty(size, dtype=np.int64)
    new[: len(old)] = old
    return new


@njit(cache=True, nogil=True)
def _longer_rows(old: I64, size: int) -> I64:
    new = np.empty((size, old.shape[1]), dtype=np.int64)
    new[: len(old)] = old
    return new


@lean
def _slot(table: I64, key: int) -> int:
    """Return the slot of a pair, or of the free place where it would go."""
    mask = len(table) - 1
    mixed = np.uint64(key) * _FACTOR
    slot = np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(mask))
    while table[slot, _KEY] != key and table[slot, _KEY] >= 0:
        slot = (slot + 1) & mask
    return slot


@lean
def has_room(pairs: Pairs, more: int) -> bool:
    """Say whether so many more pairs, words and entries fit; the table stays half empty."""
    used = pairs.used
    return (
        2 * (used[0] + more) <= len(pairs.table)
        and used[1] + more <= len(pairs.words)
        and used[2] + more <= len(pairs.queue)
    )


@njit(cache=True, nogil=True)
def with_room(pairs: Pairs, more: int) -> Pairs:
    """Return the tables with room for so many more pairs, words and entries."""
    table, words, queue, used = pairs.table, pairs.words, pairs.queue, pairs.used
    if 2 * (used[0] + more) > len(table):
        size = 16
        while size < 4 * (used[0] + more):
            size *= 2
        table = np.full((size, 4), -1, dtype=np.int64)
        for old in range(len(pairs.table)):
            if pairs.table[old, _KEY] >= 0:
                table[_slot(table, pairs.table[old, _KEY])] = pairs.table[old]
    if used[1] + more > len(words):
        words = _longer_rows(words, 2 * (len(words) + more))
    if used[2] + more > len(queue):
        queue = _longer_rows(queue, 2 * (len(queue) + more))
    return Pairs(table, words, queue, used)


@lean
def _change(table: I64, used: I64, first: int, second: int, by: int) -> int:
    """Add to a pair's count; return its slot."""
    key = np.int64(first) << 32 | np.int64(second)
    slot = _slot(table, key)
    if table[slot, _KEY] < 0:
        used[0] += 1
        table[slot, _KEY], table[slot, _TOTAL] = key, 0
        table[slot, _SEEN], table[slot, _HEAD] = -1, -1
    table[slot, _TOTAL] += by
    return slot


@lean
def _gain(
    table: I64,
    places: I64,
    used: I64,
    first: int,
    second: int,
    by: int,
    word: int,
    step: int,
    touched: I64,
    n: int,
) -> int:
    """Count a pair in one more place; note the word and, once a step, the pair. Return noted."""
    slot = _change(table, used, first, second, by)
    seen = np.int64(step) << 32 | np.int64(word)
    if table[slot, _SEEN] == seen:
        return n
    if table[slot, _SEEN] >> 32 != step or table[slot, _SEEN] < 0:
        table[slot, _HEAD] = -1
        touched[n] = table[slot, _KEY]
        n += 1
    place = used[1]
    used[1] = place + 1
    places[place, 0], places[place, 1] = word, table[slot, _HEAD]
    table[slot, _SEEN], table[slot, _HEAD] = seen, place
    return n


@lean
def _before(queue: I64, at: int, total: int, key: int) -> bool:
    """Say whether an entry comes before another: the higher count, then the lower ids."""
    if queue[at, 0] != total:
        return queue[at, 0] > total
    return queue[at, 1] < key


@lean
def _push(queue: I64, used: I64, total: int, key: int, head: int) -> None:
    at = used[2]
    used[2] = at + 1
    while at > 0 and not _before(queue, (at - 1) >> 1, total, key):
        above = (at - 1) >> 1
        for column in range(3):
            queue[at, column] = queue[above, column]
        at = above
    queue[at, 0], queue[at, 1], queue[at, 2] = total, key, head


@lean
def _drop_top(queue: I64, used: I64) -> None:
    size = used[2] - 1
    used[2] = size
    total, key, head = queue[size, 0], queue[size, 1], queue[size, 2]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _before(queue, child + 1, queue[child, 0], queue[child, 1]):
            child += 1
        if not _before(queue, child, total, key):
            break
        for column in range(3):
            queue[at, column] = queue[child, column]
        at = child
    queue[at, 0], queue[at, 1], queue[at, 2] = total, key, head


@lean
def _queue_all(pairs: Pairs, touched: I64, n: int) -> None:
    """Queue the pairs that gained words in this step."""
    for index in range(n):
        slot = _slot(pairs.table, touched[index])
        total = pairs.table[slot, _TOTAL]
        if total > 0:
            _push(pairs.queue, pairs.used, total, touched[index], pairs.table[slot, _HEAD])


@njit(cache=True, nogil=True)
def _count_all(words: Words, pairs: Pairs) -> Pairs:
    touched = np.empty(1 << 12, dtype=np.int64)
    n = 0
    symbols = words.symbols
    for word in range(len(words.rows)):
        start, size, by = words.rows[word, 0], words.rows[word, 1], words.rows[word, 2]
        if not has_room(pairs, size):
            pairs = with_room(pairs, size)
        if n + size > len(touched):
            touched = _longer64(touched, 2 * (n + size))
        for at in range(start, start + size - 1):
            first, second = symbols[at], symbols[at + 1]
            n = _gain(pairs.table, pairs.words, pairs.used, first, second, by, word, 0, touched, n)
    pairs = with_room(pairs, n)
    _queue_all(pairs, touched, n)
    return pairs


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
    word: int,
    merge: tuple[int, int, int],
    step: int,
    max_chars: int,
    touched: I64,
    n: int,
) -> int:
    """Replace a pair in one word from left to right, keeping the counts of its neighbours."""
    first, second, made = merge
    symbols, rows, bounds = words.symbols, words.rows, names.bounds
    table, places, used = pairs.table, pairs.words, pairs.used
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
            _change(table, used, left, first, -by)
            if _length(bounds, left) < room:
                n = _gain(table, places, used, left, made, by, word, step, touched, n)
        if read + 2 < end:
            right = symbols[read + 2]
            _change(table, used, second, right, -by)
            if _length(bounds, right) < room:
                n = _gain(table, places, used, made, right, by, word, step, touched, n)
        symbols[write] = made
        read, write = read + 2, write + 1
    rows[word, _SIZE] = write - start
    return n


@lean
def _merge_list(
    words: Words,
    pairs: Pairs,
    names: Names,
    head: int,
    merge: tuple[int, int, int],
    step: int,
    max_chars: int,
    touched: I64,
    n: int,
) -> tuple[int, int]:
    """Merge in the words of a list while there is room; return where to go on, and `n`."""
    rows, places, symbols = words.rows, pairs.words, words.symbols
    while head >= 0:
        word, after = places[head, 0], places[head, 1]
        more = 2 * rows[word, _SIZE]
        if n + more > len(touched) or not has_room(pairs, more):
            break
        if after >= 0:
            following = places[after, 0]
            prefetch(symbols, rows[following, _START])
            if places[after, 1] >= 0:
                prefetch(rows, _ROW * places[places[after, 1], 0])
        n = _merge_word(words, pairs, names, word, merge, step, max_chars, touched, n)
        head = after
    return head, n


@njit(cache=True, nogil=True)
def _merge_all(
    words: Words,
    pairs: Pairs,
    names: Names,
    head: int,
    merge: tuple[int, int, int],
    step: int,
    max_chars: int,
    touched: I64,
) -> tuple[Pairs, I64]:
    """Merge in every word of a list and queue the pairs that came of it."""
    n = 0
    while head >= 0:
        head, n = _merge_list(words, pairs, names, head, merge, step, max_chars, touched, n)
        if head >= 0:
            more = 2 * words.rows[pairs.words[head, 0], _SIZE]
            pairs = with_room(pairs, more)
            if n + more > len(touched):
                touched = _longer64(touched, 2 * (n + more))
    if not has_room(pairs, n):
        pairs = with_room(pairs, n)
    _queue_all(pairs, touched, n)
    return pairs, touched


@njit(cache=True, nogil=True)
def learn(
    words: Words, pairs: Pairs, names: Names, num_pieces: int, min_count: int, max_chars: int
) -> I64:
    """Return [merges, 3] (first, second, made) until so many new symbols exist, or none is left.

    `names` has room for num_pieces more symbols, and 0 .. alphabet - 1 are its characters.
    """
    merges = np.empty((num_pieces + 16, 3), dtype=np.int64)
    touched = np.empty(1 << 12, dtype=np.int64)
    step = 0
    wanted = names.used[0] + num_pieces
    pairs = _count_all(words, pairs)
    while names.used[0] < wanted and pairs.used[2]:
        noted, key, head = pairs.queue[0, 0], pairs.queue[0, 1], pairs.queue[0, 2]
        _drop_top(pairs.queue, pairs.used)
        total = pairs.table[_slot(pairs.table, key), _TOTAL]
        if noted != total:
            _push(pairs.queue, pairs.used, total, key, head)
            continue
        if total < max(1, min_count):
            break
        first, second = key >> 32, key & 0xFFFFFFFF
        made = _named(names, first, second)
        if step == len(merges):
            merges = _longer_rows(merges, 2 * step)
        merges[step, 0], merges[step, 1], merges[step, 2] = first, second, made
        step += 1
        merge = (first, second, made)
        pairs, touched = _merge_all(words, pairs, names, head, merge, step, max_chars, touched)
    return merges[:step]
