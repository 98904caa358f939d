"""bits_per_byte: how well an n-gram model of the recipe's better text predicts a document.

Interpolated Kneser-Ney (Ney, Essen and Kneser 1994; Chen and Goodman 1999, one discount an order)
over tokens, an unknown token spelled byte by byte by a second model of the same kind. Counts are
exact, so the model does not depend on the order of its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.scoring.hash_kernels import place, room_for
from assets.mixtures.scoring.ngram_kernels import F32, F64, U32, code_lengths, events, spell_all
from assets.mixtures.scoring.text import Batch, Tokens, draws
from assets.mixtures.scoring.text_kernels import I64, U8, U64

TOKEN_ORDER, BYTE_ORDER = 3, 5
"""Tokens, and bytes of an unknown token, that are predicted from the ones before. Our choice."""
_BYTE_SYMBOLS = 257.0
FOLD_SEED = 0x0F01D
NUM_FOLDS = 2

Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, kw_only=True)
class Grams:
    """Counts of grams and of their contexts, all orders in one table each."""

    gram_keys: U64
    gram_counts: U32
    context_keys: U64
    context_counts: U32
    """Columns: events, different symbols."""
    discounts: F64


@dataclass(frozen=True, kw_only=True)
class LanguageModel:
    """A model of tokens above a model of their bytes."""

    tokens: Grams
    spelled: F32
    """log2 of the spelling of the token in each gram slot that is a single token."""
    bytes: Grams

    def bits(self, tokens: Tokens, rows: I64) -> F64:
        """Return the code length of all documents in bits; those not in `rows` stay 0."""
        out = np.zeros(len(tokens.bounds) - 1, dtype=np.float64)
        code_lengths(
            tokens.data, tokens.exact, tokens.ends, tokens.bounds, TOKEN_ORDER,
            *_tables(self.tokens), self.spelled, BYTE_ORDER,
            *_tables(self.bytes), 1.0 / _BYTE_SYMBOLS, rows, out,
        )  # fmt: skip
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
    words, starts, ends, keys = _distinct(parts, symbols)
    spelling = _count_spelling(words, starts, ends)
    logs = np.empty(len(starts), dtype=np.float64)
    spell_all(words, starts, ends, BYTE_ORDER, *_tables(spelling), 1.0 / _BYTE_SYMBOLS, logs)
    return LanguageModel(
        tokens=tokens, spelled=_spelled(tokens.gram_keys, keys, logs), bytes=spelling
    )


def count_grams(symbols: U64, bounds: I64, order: int) -> Grams:
    """Count the grams of all sequences: as they stand at the top, by what precedes them below."""
    grams = np.empty((order, len(symbols)), dtype=np.uint64)
    contexts = np.empty((order, len(symbols)), dtype=np.uint64)
    events(symbols, bounds, order, grams, contexts)
    alive = np.arange(len(symbols))
    keys, counts, context_keys, context_counts = [], [], [], []
    discounts = np.full(order, 0.5, dtype=np.float64)
    for size in range(order - 1, -1, -1):
        found, first, number = np.unique(grams[size][alive], return_index=True, return_counts=True)
        alive = alive[first]
        discounts[size] = _discount(number)
        keys.append(found)
        counts.append(number.astype(np.uint32))
        holders, where = np.unique(contexts[size][alive], return_inverse=True)
        total = np.bincount(where, weights=number, minlength=len(holders))
        context_keys.append(holders)
        context_counts.append(np.stack([total, np.bincount(where)], axis=1).astype(np.uint32))
    gram_table = _table(np.concatenate(keys), np.concatenate(counts))
    context_table = _table(np.concatenate(context_keys), np.concatenate(context_counts))
    return Grams(
        gram_keys=gram_table[0],
        gram_counts=gram_table[1],
        context_keys=context_table[0],
        context_counts=context_table[1],
        discounts=discounts,
    )


def _discount(counts: npt.NDArray[np.int64]) -> float:
    """n1 / (n1 + 2 n2), the estimate of Ney, Essen and Kneser; inside 0.1..0.95 on little text."""
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    return float(np.clip(once / max(1, once + 2 * twice), 0.1, 0.95))


def _table(keys: U64, values: U32) -> tuple[U64, U32]:
    order = np.argsort(keys, kind="stable")
    table, slots = place(keys[order], room_for(len(keys)))
    out = np.zeros((len(table), *values.shape[1:]), dtype=values.dtype)
    out[slots] = values[order]
    return table, out


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
    symbols = np.full(int(bounds[-1]), 257, dtype=np.uint64)
    inside = np.ones(len(symbols), dtype=np.bool_)
    inside[bounds[1:] - 1] = False
    symbols[inside] = words.astype(np.uint64) + np.uint64(1)
    return count_grams(symbols, bounds, BYTE_ORDER)


def _spelled(gram_keys: U64, keys: U64, logs: F64) -> F32:
    single = np.empty((1, len(keys)), dtype=np.uint64)
    events(keys, _bounds(np.ones(len(keys), np.int64)), 1, single, np.empty_like(single))
    order = np.argsort(gram_keys, kind="stable")
    slots = order[np.searchsorted(gram_keys, single[0], sorter=order)]
    out = np.zeros(len(gram_keys), dtype=np.float32)
    out[slots] = logs
    return out


def _tables(grams: Grams) -> tuple[U64, U32, U64, U32, F64]:
    return (
        grams.gram_keys,
        grams.gram_counts,
        grams.context_keys,
        grams.context_counts,
        grams.discounts,
    )
