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

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class Words(NamedTuple):
    """Words as symbols, shortened in place by each merge."""

    symbols: I32
    starts: I64
    sizes: I32
    counts: I64


class Pairs(NamedTuple):
    """All pairs ever counted, the words each was queued with, and the queue."""

    slots: I32
    """Hash table: index of a pair, -1 in a free slot."""
    keys: U64
    totals: I64
    steps: I32
    """Step in which a pair last gained words, and their list of that step."""
    heads: I64
    post_words: I32
    post_next: I64
    heap: I32
    """Queue entries, the first to merge on top."""
    entry_pair: I32
    entry_total: I64
    entry_head: I64
    used: I64
    """[4] pairs, postings, queue entries made, queue entries waiting."""


class Names(NamedTuple):
    """What the symbols spell: merges that spell the same make one symbol."""

    chars: I32
    bounds: I64
    slots: I32
    used: I64
    """[1] number of symbols."""


@njit(cache=True, nogil=True)
def _longer32(old: I32, size: int) -> I32:
    new = np.empty(size, dtype=np.int32)
    new[: len(old)] = old
    return new


@njit(cache=True, nogil=True)
def _longer64(old: I64, size: int) -> I64:
    new = np.empty(size, dtype=np.int64)
    new[: len(old)] = old
    return new


@njit(cache=True, nogil=True)
def _slot(slots: I32, keys: U64, key: np.uint64) -> int:
    mask = len(slots) - 1
    mixed = key * _FACTOR
    slot = np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(mask))
    while slots[slot] >= 0 and keys[slots[slot]] != key:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def with_room(pairs: Pairs, more: int) -> Pairs:
    """Return the tables with room for so many more pairs, postings and queue entries."""
    keys, totals, steps, heads = pairs.keys, pairs.totals, pairs.steps, pairs.heads
    slots, post_words, post_next = pairs.slots, pairs.post_words, pairs.post_next
    heap, entry_pair = pairs.heap, pairs.entry_pair
    entry_total, entry_head = pairs.entry_total, pairs.entry_head
    if pairs.used[0] + more > len(keys):
        size = 2 * (len(keys) + more)
        bigger = np.empty(size, dtype=np.uint64)
        bigger[: len(keys)] = keys
        keys = bigger
        totals, heads = _longer64(totals, size), _longer64(heads, size)
        steps = _longer32(steps, size)
        room = 16
        while room < 2 * size:
            room *= 2
        slots = np.full(room, -1, dtype=np.int32)
        for pair in range(pairs.used[0]):
            slots[_slot(slots, keys, keys[pair])] = pair
    if pairs.used[1] + more > len(post_words):
        size = 2 * (len(post_words) + more)
        post_words, post_next = _longer32(post_words, size), _longer64(post_next, size)
    if pairs.used[2] + more > len(entry_pair):
        size = 2 * (len(entry_pair) + more)
        heap, entry_pair = _longer32(heap, size), _longer32(entry_pair, size)
        entry_total, entry_head = _longer64(entry_total, size), _longer64(entry_head, size)
    return Pairs(
        slots,
        keys,
        totals,
        steps,
        heads,
        post_words,
        post_next,
        heap,
        entry_pair,
        entry_total,
        entry_head,
        pairs.used,
    )


@njit(cache=True, nogil=True)
def _change(pairs: Pairs, first: int, second: int, by: int) -> int:
    """Add to a pair's count; return its index."""
    key = np.uint64(first) << np.uint64(32) | np.uint64(second)
    slot = _slot(pairs.slots, pairs.keys, key)
    pair = pairs.slots[slot]
    if pair < 0:
        pair = np.int32(pairs.used[0])
        pairs.used[0] += 1
        pairs.slots[slot], pairs.keys[pair] = pair, key
        pairs.totals[pair], pairs.steps[pair], pairs.heads[pair] = 0, -1, -1
    pairs.totals[pair] += by
    return pair


@njit(cache=True, nogil=True)
def _gain(
    pairs: Pairs, first: int, second: int, by: int, word: int, step: int, touched: I32, n: int
) -> int:
    """Count a pair in one more place; note the word and, once a step, the pair. Return noted."""
    pair = _change(pairs, first, second, by)
    if pairs.steps[pair] != step:
        pairs.steps[pair], pairs.heads[pair] = step, -1
        touched[n] = pair
        n += 1
    head = pairs.heads[pair]
    if head < 0 or pairs.post_words[head] != word:
        place = pairs.used[1]
        pairs.used[1] += 1
        pairs.post_words[place], pairs.post_next[place] = word, head
        pairs.heads[pair] = place
    return n


@njit(cache=True, nogil=True)
def _before(pairs: Pairs, one: int, other: int) -> bool:
    if pairs.entry_total[one] != pairs.entry_total[other]:
        return pairs.entry_total[one] > pairs.entry_total[other]
    return pairs.keys[pairs.entry_pair[one]] < pairs.keys[pairs.entry_pair[other]]


@njit(cache=True, nogil=True)
def _push(pairs: Pairs, entry: int) -> None:
    heap = pairs.heap
    at = pairs.used[3]
    pairs.used[3] += 1
    while at > 0 and _before(pairs, entry, heap[(at - 1) >> 1]):
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = entry


@njit(cache=True, nogil=True)
def _pop(pairs: Pairs) -> int:
    heap = pairs.heap
    top = heap[0]
    pairs.used[3] -= 1
    size = pairs.used[3]
    last, at = heap[size], 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _before(pairs, heap[child + 1], heap[child]):
            child += 1
        if not _before(pairs, heap[child], last):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = last
    return top


@njit(cache=True, nogil=True)
def _queue(pairs: Pairs, touched: I32, n: int) -> None:
    """Queue the pairs that gained words in this step."""
    for index in range(n):
        pair = touched[index]
        if pairs.totals[pair] > 0:
            entry = pairs.used[2]
            pairs.used[2] += 1
            pairs.entry_pair[entry], pairs.entry_total[entry] = pair, pairs.totals[pair]
            pairs.entry_head[entry] = pairs.heads[pair]
            _push(pairs, entry)


@njit(cache=True, nogil=True)
def _count_all(words: Words, pairs: Pairs) -> Pairs:
    touched = np.empty(1 << 12, dtype=np.int32)
    n = 0
    for word in range(len(words.sizes)):
        size, start = words.sizes[word], words.starts[word]
        pairs = with_room(pairs, size)
        if n + size > len(touched):
            touched = _longer32(touched, 2 * (n + size))
        for at in range(start, start + size - 1):
            first, second = words.symbols[at], words.symbols[at + 1]
            n = _gain(pairs, first, second, words.counts[word], word, 0, touched, n)
    pairs = with_room(pairs, n)
    _queue(pairs, touched, n)
    return pairs


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _length(names: Names, symbol: int) -> int:
    return names.bounds[symbol + 1] - names.bounds[symbol]


@njit(cache=True, nogil=True)
def _merge_word(
    words: Words,
    pairs: Pairs,
    names: Names,
    word: int,
    merge: tuple[int, int, int],
    step: int,
    max_chars: int,
    touched: I32,
    n: int,
) -> int:
    """Replace a pair in one word from left to right, keeping the counts of its neighbours."""
    first, second, made = merge
    symbols, start, by = words.symbols, words.starts[word], words.counts[word]
    end = start + words.sizes[word]
    read, write = start, start
    while read < end:
        if read + 1 < end and symbols[read] == first and symbols[read + 1] == second:
            if write > start:
                left = symbols[write - 1]
                _change(pairs, left, first, -by)
                if _length(names, left) + _length(names, made) < max_chars:
                    n = _gain(pairs, left, made, by, word, step, touched, n)
            if read + 2 < end:
                right = symbols[read + 2]
                _change(pairs, second, right, -by)
                if _length(names, right) + _length(names, made) < max_chars:
                    n = _gain(pairs, made, right, by, word, step, touched, n)
            symbols[write] = made
            read += 2
        else:
            symbols[write] = symbols[read]
            read += 1
        write += 1
    words.sizes[word] = write - start
    return n


@njit(cache=True, nogil=True)
def learn(
    words: Words, pairs: Pairs, names: Names, num_pieces: int, min_count: int, max_chars: int
) -> I32:
    """Return [merges, 3] (first, second, made) until so many new symbols exist, or none is left.

    `names` has room for num_pieces more symbols, and 0 .. alphabet - 1 are its characters.
    """
    merges = np.empty((num_pieces + 16, 3), dtype=np.int32)
    touched = np.empty(1 << 12, dtype=np.int32)
    count, step = 0, 0
    wanted = names.used[0] + num_pieces
    pairs = _count_all(words, pairs)
    while names.used[0] < wanted and pairs.used[3]:
        entry = _pop(pairs)
        pair, head = pairs.entry_pair[entry], pairs.entry_head[entry]
        if pairs.entry_total[entry] != pairs.totals[pair]:
            pairs.entry_total[entry] = pairs.totals[pair]
            _push(pairs, entry)
            continue
        if pairs.totals[pair] < max(1, min_count):
            break
        first = np.int64(pairs.keys[pair] >> np.uint64(32))
        second = np.int64(pairs.keys[pair] & np.uint64(0xFFFFFFFF))
        made = _named(names, first, second)
        if count == len(merges):
            bigger = np.empty((2 * count, 3), dtype=np.int32)
            bigger[:count] = merges
            merges = bigger
        merges[count, 0], merges[count, 1], merges[count, 2] = first, second, made
        count, step, n = count + 1, step + 1, 0
        while head >= 0:
            word = pairs.post_words[head]
            head = pairs.post_next[head]
            more = 2 * words.sizes[word]
            pairs = with_room(pairs, more)
            if n + more > len(touched):
                touched = _longer32(touched, 2 * (n + more))
            n = _merge_word(
                words, pairs, names, word, (first, second, made), step, max_chars, touched, n
            )
        pairs = with_room(pairs, n)
        _queue(pairs, touched, n)
    return merges[:count]
