"""Compiled loops of the n-gram model: hashing grams, and the interpolated Kneser-Ney recursion.

A gram's key is the hash of its symbols, the newest first; a context is keyed like the gram it is,
so one entry holds both what a gram counts for and what follows it, and a token costs one look-up
per order.
"""

# mypy: disable-error-code="untyped-decorator,no-untyped-def,no-any-return,return-value"
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from assets.mixtures.scoring.text_kernels import I64, U8, U64, joined, mixed

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
U32 = npt.NDArray[np.uint32]

TAG, COUNT, TOTAL, DISTINCT = 0, 1, 2, 3
"""Columns of a table: upper half of the key (odd, 0 in a free slot), then the counts of Grams."""
END = 257
"""Symbol behind the last byte of a spelled token; a byte is its value plus one."""
AHEAD = 32
"""Tokens whose table entries are fetched together."""
_BEGIN = np.uint64(0x5851F42D4C957F2D)
"""What stands before the first symbol of a sequence."""
_ROOT_SEED = np.uint64(1)
_S32, _ONE = np.uint64(32), np.uint64(1)
LEAST_BITS = -1000.0
"""A spelling below 2 to this power is added in the logarithm: as a number it would be zero."""


@njit(cache=True, nogil=True)
def gram_hashes(symbols: U64, at: int, first: int, order: int, out: U64) -> None:
    """Fill out[0..order] with the keys of the last 0, 1, .. order symbols up to `at`."""
    out[0] = mixed(_ROOT_SEED)
    for back in range(order):
        symbol = symbols[at - back] if at - back >= first else _BEGIN
        out[back + 1] = joined(out[back], symbol)


@njit(cache=True, nogil=True)
def events(symbols: U64, bounds: I64, order: int, grams: U64, contexts: U64) -> None:
    """Fill grams[o] and contexts[o] (rows: order 1..n) for every symbol of every sequence."""
    now, before = np.empty(order + 1, np.uint64), np.empty(order + 1, np.uint64)
    for row in range(len(bounds) - 1):
        for at in range(bounds[row], bounds[row + 1]):
            gram_hashes(symbols, at, bounds[row], order, now)
            gram_hashes(symbols, at - 1, bounds[row], order - 1, before)
            for size in range(order):
                grams[size, at], contexts[size, at] = now[size + 1], before[size]


@njit(cache=True, nogil=True)
def fill(keys: U64, counts: U32, table: U32) -> I64:
    """Put (keys, rows of counts) into an empty table and return the slot of each key."""
    slots = np.empty(len(keys), dtype=np.int64)
    mask = np.int64(len(table) - 1)
    for index in range(len(keys)):
        at = np.int64(keys[index] & np.uint64(mask))
        while table[at, TAG] != 0:
            at = (at + 1) & mask
        table[at, TAG] = np.uint32((keys[index] >> _S32) | _ONE)
        for column in range(3):
            table[at, 1 + column] = counts[index, column]
        slots[index] = at
    return slots


@njit(cache=True, nogil=True)
def find(table: U32, key: np.uint64) -> int:
    """Return the slot of a key, or -1."""
    mask = np.int64(len(table) - 1)
    tag = np.uint32((key >> _S32) | _ONE)
    at = np.int64(key & np.uint64(mask))
    while True:
        held = table[at, TAG]
        if held == tag:
            return at
        if held == 0:
            return -1
        at = (at + 1) & mask


@njit(cache=True, nogil=True)
def begin(table: U32, order: int, contexts: I64) -> None:
    """Set contexts[o] to the slot of o begin symbols, o < order."""
    key = mixed(_ROOT_SEED)
    for size in range(order):
        contexts[size] = find(table, key)
        key = joined(key, _BEGIN)


@njit(cache=True, nogil=True)
def step(table: U32, discounts: F64, now: U64, first: int, contexts: I64, base: float) -> float:
    """Return P(symbol | contexts) and move the contexts on behind the symbol.

    now: keys of the grams that end with the symbol; first: slot of the shortest, as found already;
    contexts[o]: slot of the last o symbols before it. Each order is interpolated with the one
    below, the lowest with `base`.
    """
    order = len(contexts)
    value, gram, context = base, first, contexts[0]
    for size in range(1, order + 1):
        if size > 1 and gram >= 0:
            gram = find(table, now[size])
        if context >= 0:
            total = np.float64(table[context, TOTAL])
            discount = discounts[size - 1]
            higher = 0.0
            if gram >= 0 and table[gram, COUNT] > 0:
                higher = (np.float64(table[gram, COUNT]) - discount) / total
            value = higher + discount * np.float64(table[context, DISTINCT]) / total * value
        if size < order:
            context = contexts[size]
            # What follows nothing is no context.
            contexts[size] = gram if gram >= 0 and table[gram, TOTAL] > 0 else -1
    return value


@njit(cache=True, nogil=True)
def spell(
    data: U8, start: int, end: int, table: U32, discounts: F64, base: float,
    history: U64, now: U64, contexts: I64,
) -> float:  # fmt: skip
    """Return log2 P of the bytes start..end and an end mark; the last three are room to work."""
    order = len(contexts)
    begin(table, order, contexts)
    history[:] = _BEGIN
    total = 0.0
    for at in range(start, end + 1):
        for back in range(order - 1, 0, -1):
            history[back] = history[back - 1]
        history[0] = np.uint64(data[at]) + _ONE if at < end else np.uint64(END)
        now[0] = mixed(_ROOT_SEED)
        for back in range(order):
            now[back + 1] = joined(now[back], history[back])
        total += np.log2(step(table, discounts, now, find(table, now[1]), contexts, base))
    return total


@njit(cache=True, nogil=True)
def spell_all(
    data: U8, starts: I64, ends: I64, table: U32, discounts: F64, base: float, out: F64
) -> None:
    """Fill out with log2 P of every token."""
    order = len(discounts)
    history, now = np.empty(order, np.uint64), np.empty(order + 1, np.uint64)
    contexts = np.empty(order, np.int64)
    for index in range(len(starts)):
        out[index] = spell(
            data, starts[index], ends[index], table, discounts, base, history, now, contexts
        )


@njit(cache=True, nogil=True)
def _look_ahead(
    symbols: U64, at: int, stop: int, first: int, order: int, table: U32, keys: U64
) -> int:
    """Fill keys with the gram hashes of the next tokens and touch their slots.

    These reads do not wait for each other, the ones of the recursion do: a table far beyond the
    cache then costs half the time. The sum is returned so that the reads are not left out.
    """
    mask = np.uint64(len(table) - 1)
    touched = np.int64(0)
    for place in range(at, stop):
        gram_hashes(symbols, place, first, order, keys[place - at])
        for size in range(1, order + 1):
            touched += table[np.int64(keys[place - at, size] & mask), TAG]
    return touched


@njit(cache=True, nogil=True)
def code_lengths(
    data: U8, symbols: U64, ends: I64, bounds: I64, table: U32, discounts: F64, spelled: F32,
    byte_table: U32, byte_discounts: F64, byte_base: float, rows: I64, out: F64,
) -> None:  # fmt: skip
    """Fill out[row] with the bits of each of the given rows."""
    order, byte_order = len(discounts), len(byte_discounts)
    keys, contexts = np.empty((AHEAD, order + 1), np.uint64), np.empty(order, np.int64)
    history, byte_now = np.empty(byte_order, np.uint64), np.empty(byte_order + 1, np.uint64)
    byte_contexts = np.empty(byte_order, np.int64)
    for index in range(len(rows)):
        row = rows[index]
        begin(table, order, contexts)
        total = 0.0
        touched = np.int64(0)
        for at in range(bounds[row], bounds[row + 1]):
            ahead = (at - bounds[row]) % AHEAD
            if ahead == 0:
                stop = min(at + AHEAD, bounds[row + 1])
                touched += _look_ahead(symbols, at, stop, bounds[row], order, table, keys)
            now = keys[ahead]
            first = find(table, now[1])
            if first >= 0:
                bits = np.float64(spelled[first])
            else:
                start = ends[at - 1] if at > 0 else 0
                bits = spell(
                    data, start, ends[at], byte_table, byte_discounts, byte_base,
                    history, byte_now, byte_contexts,
                )  # fmt: skip
            if bits >= LEAST_BITS:
                total -= np.log2(step(table, discounts, now, first, contexts, 2.0**bits))
            else:
                total -= bits + np.log2(step(table, discounts, now, -1, contexts, 1.0))
        # Never true: it makes the reads ahead count.
        out[row] = total if touched >= 0 else 0.0
