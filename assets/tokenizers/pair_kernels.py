"""The compiled trainer's pairs: how often each stands in the words, in which, and what comes next.

Owns the hash table, the lists of words and the queue. Knows no merges. Imported lazily.
"""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from model.block_kernels import lean

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_KEY, _TOTAL, _SEEN, _INDEX = 0, 1, 2, 3
_FIRST_ROOM = 1 << 12


class Pairs(NamedTuple):
    """All pairs ever counted, the words each was queued with, and the queue."""

    table: I64
    """[slots, 4] hash table: first << 32 | second (-1 = free); count; step and word of the last
    gain, as step << 32 | word; index among the gains of that step."""
    lists: I32
    """Lists of words, each after its length: read from end to end, they come from memory at once,
    which took most of the time when they were chained."""
    queue: I64
    """[entries, 3] heap: count, key, place of the list; the first to merge on top."""
    used: I64
    """[3] pairs, numbers in lists, entries."""


class Gains(NamedTuple):
    """What one step has found: pairs, and words that each stands in anew."""

    keys: I64
    places: I64
    """[keys, 2] number of words, then where the next one goes; place of the list."""
    words: I32
    """[words, 2] index of the key, and the word."""
    used: I64
    """[2] keys, words."""


@njit(cache=True, nogil=True)
def no_pairs() -> Pairs:
    return Pairs(
        np.full((16, 4), -1, dtype=np.int64),
        np.empty(0, dtype=np.int32),
        np.empty((0, 3), dtype=np.int64),
        np.zeros(3, dtype=np.int64),
    )


@njit(cache=True, nogil=True)
def no_gains() -> Gains:
    return Gains(
        np.empty(_FIRST_ROOM, dtype=np.int64),
        np.empty((_FIRST_ROOM, 2), dtype=np.int64),
        np.empty((_FIRST_ROOM, 2), dtype=np.int32),
        np.zeros(2, dtype=np.int64),
    )


@lean
def slot_of(table: I64, key: int) -> int:
    """Return the slot of a pair, or of the free place where it would go."""
    mask = np.uint64(len(table) - 1)
    mixed = np.uint64(key) * _FACTOR
    slot = (mixed ^ (mixed >> np.uint64(32))) & mask
    while table[slot, _KEY] != key and table[slot, _KEY] >= 0:
        slot = (slot + np.uint64(1)) & mask
    return np.int64(slot)


@lean
def has_room(pairs: Pairs, gains: Gains, more: int) -> bool:
    """Say whether so many more gains fit; the table stays half empty."""
    return (
        2 * (pairs.used[0] + more) <= len(pairs.table)
        and gains.used[0] + more <= len(gains.keys)
        and gains.used[1] + more <= len(gains.words)
    )


@njit(cache=True, nogil=True)
def with_room(pairs: Pairs, more: int) -> Pairs:
    """Return the table with room for so many more pairs."""
    table, used = pairs.table, pairs.used
    if 2 * (used[0] + more) <= len(table):
        return pairs
    size = 16
    while size < 4 * (used[0] + more):
        size *= 2
    table = np.full((size, 4), -1, dtype=np.int64)
    for old in range(len(pairs.table)):
        if pairs.table[old, _KEY] >= 0:
            table[slot_of(table, pairs.table[old, _KEY])] = pairs.table[old]
    return Pairs(table, pairs.lists, pairs.queue, used)


@njit(cache=True, nogil=True)
def more_gains(gains: Gains, more: int) -> Gains:
    """Return the gains with room for so many more."""
    keys, places, words = gains.keys, gains.places, gains.words
    if gains.used[0] + more > len(keys):
        keys = np.empty(2 * (len(keys) + more), dtype=np.int64)
        places = np.empty((len(keys), 2), dtype=np.int64)
        keys[: len(gains.keys)], places[: len(gains.keys)] = gains.keys, gains.places
    if gains.used[1] + more > len(words):
        words = np.empty((2 * (len(words) + more), 2), dtype=np.int32)
        words[: len(gains.words)] = gains.words
    return Gains(keys, places, words, gains.used)


@lean
def change(table: I64, used: I64, first: int, second: int, by: int) -> int:
    """Add to a pair's count; return its slot."""
    key = np.int64(first) << 32 | np.int64(second)
    slot = slot_of(table, key)
    if table[slot, _KEY] < 0:
        used[0] += 1
        table[slot, _KEY], table[slot, _TOTAL], table[slot, _SEEN] = key, 0, -1
    table[slot, _TOTAL] += by
    return slot


@lean
def gain(
    table: I64, used: I64, gains: Gains, first: int, second: int, by: int, word: int, step: int
) -> None:
    """Count a pair in one more place; note the word once, and the pair once a step."""
    slot = change(table, used, first, second, by)
    seen = np.int64(step) << 32 | np.int64(word)
    if table[slot, _SEEN] == seen:
        return
    if table[slot, _SEEN] < 0 or table[slot, _SEEN] >> 32 != step:
        index = gains.used[0]
        gains.keys[index], gains.places[index, 0] = table[slot, _KEY], 0
        table[slot, _INDEX], gains.used[0] = index, index + 1
    index, at = table[slot, _INDEX], gains.used[1]
    gains.places[index, 0] += 1
    gains.words[at, 0], gains.words[at, 1] = index, word
    table[slot, _SEEN], gains.used[1] = seen, at + 1


@njit(cache=True, nogil=True)
def close_step(pairs: Pairs, gains: Gains) -> Pairs:
    """Write the lists of the pairs that gained words, and queue the pairs."""
    lists, queue, used = pairs.lists, pairs.queue, pairs.used
    num_keys, num_words = gains.used[0], gains.used[1]
    if used[1] + num_keys + num_words > len(lists):
        lists = np.empty(2 * (len(lists) + num_keys + num_words), dtype=np.int32)
        lists[: len(pairs.lists)] = pairs.lists
    if used[2] + num_keys > len(queue):
        queue = np.empty((2 * (len(queue) + num_keys), 3), dtype=np.int64)
        queue[: len(pairs.queue)] = pairs.queue
    pairs = Pairs(pairs.table, lists, queue, used)
    _write_lists(pairs, gains)
    return pairs


@lean
def _write_lists(pairs: Pairs, gains: Gains) -> None:
    lists, used, places = pairs.lists, pairs.used, gains.places
    for index in range(gains.used[0]):
        place, size = used[1], places[index, 0]
        lists[place], used[1] = size, place + 1 + size
        places[index, 0], places[index, 1] = place + 1, place
    for at in range(gains.used[1]):
        index = gains.words[at, 0]
        lists[places[index, 0]] = gains.words[at, 1]
        places[index, 0] += 1
    for index in range(gains.used[0]):
        total = pairs.table[slot_of(pairs.table, gains.keys[index]), _TOTAL]
        if total > 0:
            _push(pairs.queue, used, total, gains.keys[index], places[index, 1])
    gains.used[0], gains.used[1] = 0, 0


@lean
def _before(queue: I64, at: int, total: int, key: int) -> bool:
    """Say whether an entry comes before another: the higher count, then the lower ids."""
    if queue[at, 0] != total:
        return queue[at, 0] > total
    return queue[at, 1] < key


@lean
def _push(queue: I64, used: I64, total: int, key: int, place: int) -> None:
    at = used[2]
    used[2] = at + 1
    while at > 0 and not _before(queue, (at - 1) >> 1, total, key):
        above = (at - 1) >> 1
        for column in range(3):
            queue[at, column] = queue[above, column]
        at = above
    queue[at, 0], queue[at, 1], queue[at, 2] = total, key, place


@lean
def _replace_top(queue: I64, size: int, total: int, key: int, place: int) -> None:
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
    queue[at, 0], queue[at, 1], queue[at, 2] = total, key, place


@lean
def next_pair(pairs: Pairs) -> tuple[int, int, int]:
    """Take the pair to merge from the queue; return count, key, and place of its list (-1: none).

    An entry whose count has changed meanwhile is queued again under the new one.
    """
    queue, used = pairs.queue, pairs.used
    while used[2]:
        noted, key, place = queue[0, 0], queue[0, 1], queue[0, 2]
        total = pairs.table[slot_of(pairs.table, key), _TOTAL]
        if noted == total:
            last = used[2] - 1
            used[2] = last
            _replace_top(queue, last, queue[last, 0], queue[last, 1], queue[last, 2])
            return total, key, place
        _replace_top(queue, used[2], total, key, place)
    return 0, 0, -1
