"""Compiled loops of the n-gram model: hashing grams, and the interpolated Kneser-Ney recursion.

A gram's key is the hash of its symbols from the oldest on, salted with the order; a context is
keyed like the gram of one order less, so both tables are asked with the same hashes.
"""

# mypy: disable-error-code="untyped-decorator,no-untyped-def,no-any-return"
from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from assets.mixtures.scoring.hash_kernels import find_slot
from assets.mixtures.scoring.text_kernels import I64, U8, U64, joined, mixed

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
U32 = npt.NDArray[np.uint32]

MAX_ORDER = 8
_BEGIN = np.uint64(0x5851F42D4C957F2D)
"""What stands before the first symbol of a sequence."""


@njit(cache=True, nogil=True)
def gram_hashes(symbols: U64, at: int, first: int, order: int, out: U64) -> None:
    """Fill out[0..order] with the hashes of the last 0, 1, .. order symbols up to `at`.

    The newest symbol is folded in first, so a suffix extends to an older symbol by one step.
    """
    value = np.uint64(order - order)
    out[0] = mixed(value + np.uint64(1))
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
def probability(
    now: U64, before: U64, order: int, base: float,
    gram_keys: U64, gram_counts: U32, context_keys: U64, context_counts: U32,
    discounts: F64,
) -> float:  # fmt: skip
    """Return P(symbol | context), from order 1 up, each order interpolated with the one below.

    context_counts has the columns (events, different symbols).
    """
    value, seen = base, True
    for size in range(1, order + 1):
        slot = find_slot(context_keys, before[size - 1])
        if slot < 0:
            return value  # a longer context is unknown as well
        total = np.float64(context_counts[slot, 0])
        discount = discounts[size - 1]
        higher = 0.0
        if seen:
            gram = find_slot(gram_keys, now[size])
            seen = gram >= 0
            if seen:
                higher = max(0.0, np.float64(gram_counts[gram]) - discount) / total
        value = higher + discount * np.float64(context_counts[slot, 1]) / total * value
    return value


@njit(cache=True, nogil=True)
def spell(
    data: U8, start: int, end: int, order: int,
    gram_keys: U64, gram_counts: U32, context_keys: U64, context_counts: U32,
    discounts: F64, base: float,
) -> float:  # fmt: skip
    """Return log2 P of the bytes start..end followed by an end mark, as one word."""
    now, before = np.empty(order + 1, np.uint64), np.empty(order + 1, np.uint64)
    window = np.full(order, _BEGIN)
    total = 0.0
    for at in range(start, end + 1):
        before[0] = mixed(np.uint64(1))
        for back in range(order - 1):
            before[back + 1] = joined(before[back], window[back])
        for back in range(order - 1, 0, -1):
            window[back] = window[back - 1]
        window[0] = np.uint64(data[at]) + np.uint64(1) if at < end else np.uint64(257)
        now[0] = mixed(np.uint64(1))
        for back in range(order):
            now[back + 1] = joined(now[back], window[back])
        total += np.log2(
            probability(
                now,
                before,
                order,
                base,
                gram_keys,
                gram_counts,
                context_keys,
                context_counts,
                discounts,
            )
        )
    return total


@njit(cache=True, nogil=True)
def spell_all(
    data: U8, starts: I64, ends: I64, order: int,
    gram_keys: U64, gram_counts: U32, context_keys: U64, context_counts: U32,
    discounts: F64, base: float, out: F64,
) -> None:  # fmt: skip
    for index in range(len(starts)):
        out[index] = spell(
            data, starts[index], ends[index], order,
            gram_keys, gram_counts, context_keys, context_counts, discounts, base,
        )  # fmt: skip


@njit(cache=True, nogil=True)
def _escape(context_keys: U64, context_counts: U32, empty: np.uint64, discount: float) -> float:
    """Return log2 of the share that all known tokens leave to unknown ones."""
    slot = find_slot(context_keys, empty)
    if slot < 0:
        return 0.0
    left = discount * np.float64(context_counts[slot, 1])
    return np.log2(left / np.float64(context_counts[slot, 0]))


@njit(cache=True, nogil=True)
def code_lengths(
    data: U8, symbols: U64, ends: I64, bounds: I64, order: int,
    gram_keys: U64, gram_counts: U32, context_keys: U64, context_counts: U32, discounts: F64,
    spelled: F32, spell_order: int,
    byte_keys: U64, byte_counts: U32, byte_context_keys: U64, byte_context_counts: U32,
    byte_discounts: F64, byte_base: float, rows: I64, out: F64,
) -> None:  # fmt: skip
    """Fill out[row] with the bits of each of the given rows."""
    now, before = np.empty(order + 1, np.uint64), np.empty(order + 1, np.uint64)
    for index in range(len(rows)):
        row = rows[index]
        total = 0.0
        gram_hashes(symbols, bounds[row] - 1, bounds[row], order, now)
        for at in range(bounds[row], bounds[row + 1]):
            for size in range(order + 1):
                before[size] = now[size]
            gram_hashes(symbols, at, bounds[row], order, now)
            slot = find_slot(gram_keys, now[1])
            if slot >= 0:
                bits = np.float64(spelled[slot])
            else:
                start = ends[at - 1] if at > 0 else 0
                bits = spell(
                    data, start, ends[at], spell_order, byte_keys, byte_counts,
                    byte_context_keys, byte_context_counts, byte_discounts, byte_base,
                )  # fmt: skip
            # A word so long that its probability underflows costs its spelling alone.
            if bits < -1000.0:
                total -= bits + _escape(context_keys, context_counts, before[0], discounts[0])
                continue
            total -= np.log2(
                probability(
                    now,
                    before,
                    order,
                    2.0**bits,
                    gram_keys,
                    gram_counts,
                    context_keys,
                    context_counts,
                    discounts,
                )
            )
        out[row] = total
