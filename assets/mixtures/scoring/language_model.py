"""bits_per_byte: how well an n-gram model of the recipe's better text predicts a document.

Interpolated Kneser-Ney (Ney, Essen and Kneser 1994; Chen and Goodman 1999, one discount an order)
over tokens, an unknown token spelled byte by byte by a second model of the same kind. Counts are
exact, so the model does not depend on the order of its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.scoring.hash_kernels import room_for
from assets.mixtures.scoring.ngram_kernels import (
    END,
    F32,
    F64,
    U32,
    code_lengths,
    events,
    fill,
    spell_all,
)
from assets.mixtures.scoring.text import Batch, Tokens, draws
from assets.mixtures.scoring.text_kernels import I64, U8, U64

TOKEN_ORDER, BYTE_ORDER = 3, 5
"""Tokens, and bytes of an unknown token, that are predicted from the ones before. Our choice."""
_BYTE_SYMBOLS = 257.0
FOLD_SEED = 0x0F01D
NUM_FOLDS = 2


@dataclass(frozen=True, kw_only=True)
class Grams:
    """Exact counts of grams of all orders, in the order of their keys."""

    keys: U64
    counts: U32
    """Columns: how often (at the top order) or behind how many different symbols (below); how
    many such events follow it; how many different symbols follow it."""
    discounts: F64
    """One per order."""

    @cached_property
    def table(self) -> U32:
        """The same, hashed for look-up."""
        table = np.zeros((room_for(len(self.keys)), 4), dtype=np.uint32)
        fill(self.keys, self.counts, table)
        return table


@dataclass(frozen=True, kw_only=True)
class LanguageModel:
    """A model of tokens above a model of their bytes."""

    tokens: Grams
    spelling: F32
    """log2 P of the bytes of each key of `tokens` that is a single token, 0 for the others."""
    bytes: Grams

    def bits(self, tokens: Tokens, rows: I64) -> F64:
        """Return the code length of all documents in bits; those not in `rows` stay 0."""
        out = np.zeros(len(tokens.bounds) - 1, dtype=np.float64)
        code_lengths(
            tokens.data, tokens.exact, tokens.ends, tokens.bounds,
            self.tokens.table, self.tokens.discounts, self._spelled,
            self.bytes.table, self.bytes.discounts, 1.0 / _BYTE_SYMBOLS, rows, out,
        )  # fmt: skip
        return out

    @cached_property
    def _spelled(self) -> F32:
        """`spelling` by slot of the table."""
        table = np.zeros_like(self.tokens.table)
        slots = fill(self.tokens.keys, self.tokens.counts, table)
        out = np.zeros(len(table), dtype=np.float32)
        out[slots] = self.spelling
        return out


@dataclass(frozen=True)
class PerplexityScorer:
    """Cross-fitted: a document is scored by the model of the fold that it is not in."""

    models: Sequence[LanguageModel]
    name: str = "language_model"
    columns: tuple[str, ...] = ("bits_per_byte",)

    def score(self, batch: Batch) -> pl.DataFrame:
        folds = fold_of(batch.frame["doc_id"])
        bits = np.zeros(batch.height, dtype=np.float64)
        for fold in range(NUM_FOLDS):
            rows = np.flatnonzero(folds == fold)
            bits += self.models[1 - fold].bits(batch.tokens, rows)
        # An empty text has nothing to predict: as bad as random bytes.
        lengths = batch.num_bytes
        rate = np.where(lengths > 0, bits / np.maximum(lengths, 1), 8.0)
        return pl.DataFrame({"bits_per_byte": rate.astype(np.float32)})


def fold_of(doc_ids: pl.Series) -> I64:
    """Return 0 or 1 per document, by a keyed hash of its id alone."""
    return (draws(doc_ids, FOLD_SEED) & np.uint64(NUM_FOLDS - 1)).astype(np.int64)


def train_language_model(batches: Sequence[Batch]) -> LanguageModel:
    """Return the model of all documents; memory grows with their tokens, so cap them."""
    parts = [batch.tokens for batch in batches]
    symbols = np.concatenate([np.zeros(0, np.uint64), *(part.exact for part in parts)])
    lengths = np.concatenate([np.zeros(0, np.int64), *(np.diff(part.bounds) for part in parts)])
    tokens = count_grams(symbols, _bounds(lengths), TOKEN_ORDER)
    words, starts, ends, single = _distinct(parts, symbols)
    spelling = _count_spelling(words, starts, ends)
    logs = np.empty(len(starts), dtype=np.float64)
    spell_all(words, starts, ends, spelling.table, spelling.discounts, 1.0 / _BYTE_SYMBOLS, logs)
    return LanguageModel(tokens=tokens, spelling=_by_key(tokens, single, logs), bytes=spelling)


def count_grams(symbols: U64, bounds: I64, order: int) -> Grams:
    """Count the grams of all sequences: as they stand at the top, by what precedes them below."""
    grams = np.empty((order, len(symbols)), dtype=np.uint64)
    contexts = np.empty((order, len(symbols)), dtype=np.uint64)
    events(symbols, bounds, order, grams, contexts)
    alive = np.arange(len(symbols))
    keys: list[U64] = []
    rows: list[npt.NDArray[np.int64]] = []
    discounts = np.full(order, 0.5, dtype=np.float64)
    for size in range(order - 1, -1, -1):
        found, first, number = np.unique(grams[size][alive], return_index=True, return_counts=True)
        alive = alive[first]
        discounts[size] = _discount(number)
        holders, where = np.unique(contexts[size][alive], return_inverse=True)
        total = np.bincount(where, weights=number, minlength=len(holders)).astype(np.int64)
        none = np.zeros(len(found), dtype=np.int64)
        keys += [found, holders]
        rows.append(np.stack([number, none, none], axis=1))
        different = np.bincount(where, minlength=len(holders))
        rows.append(np.stack([np.zeros_like(total), total, different], axis=1))
    return _merged(np.concatenate(keys), np.concatenate(rows), discounts)


def _merged(keys: U64, rows: npt.NDArray[np.int64], discounts: F64) -> Grams:
    """Add up what a key counts for as a gram and as a context."""
    found, where = np.unique(keys, return_inverse=True)
    counts = np.zeros((len(found), 3), dtype=np.uint32)
    for column in range(3):
        counts[:, column] = np.bincount(where, weights=rows[:, column], minlength=len(found))
    return Grams(keys=found, counts=counts, discounts=discounts)


def _discount(counts: npt.NDArray[np.int64]) -> float:
    """n1 / (n1 + 2 n2), the estimate of Ney, Essen and Kneser; inside 0.1..0.95 on little text."""
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    return float(np.clip(once / max(1, once + 2 * twice), 0.1, 0.95))


def _bounds(lengths: I64) -> I64:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def _distinct(parts: Sequence[Tokens], symbols: U64) -> tuple[U8, I64, I64, U64]:
    """Return the bytes of every different token once, in the order of its hash."""
    keys, first = np.unique(symbols, return_index=True)
    edges = np.cumsum([0, *(len(part.ends) for part in parts)])
    owner = np.searchsorted(edges, first, side="right") - 1
    pieces: list[U8] = []
    for index, part_index in zip(first, owner, strict=True):
        part, at = parts[part_index], int(index - edges[part_index])
        pieces.append(part.data[part.ends[at - 1] if at else 0 : part.ends[at]])
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), ends])[: len(ends)]
    return np.concatenate([np.zeros(0, np.uint8), *pieces]), starts, ends, keys


def _count_spelling(words: U8, starts: I64, ends: I64) -> Grams:
    """Count the bytes of every different token, each token once, an end mark behind it."""
    lengths = ends - starts + 1
    bounds = _bounds(lengths)
    symbols = np.full(int(bounds[-1]), END, dtype=np.uint64)
    inside = np.ones(len(symbols), dtype=np.bool_)
    inside[bounds[1:] - 1] = False
    symbols[inside] = words.astype(np.uint64) + np.uint64(1)
    return count_grams(symbols, bounds, BYTE_ORDER)


def _by_key(tokens: Grams, single: U64, logs: F64) -> F32:
    """Return the spelling of every key of `tokens`; `single` are tokens, in the order of logs."""
    keys = np.empty((1, len(single)), dtype=np.uint64)
    events(single, np.arange(len(single) + 1, dtype=np.int64), 1, keys, np.empty_like(keys))
    out = np.zeros(len(tokens.keys), dtype=np.float32)
    out[np.searchsorted(tokens.keys, keys[0])] = logs
    return out
