"""Shingles of many documents: hashes of n consecutive words, without those of templates.

What a word is stands in words.py; the hashes equal those of ngrams.py. This file knows no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.ngrams import STEP
from assets.mixtures.words import I64, MIXERS, U64, batches, words_of

U32 = npt.NDArray[np.uint32]
Result = TypeVar("Result")

BATCH_BYTES = 2 << 20
"""Text of one batch: its words and shingles stay near the second-level cache. Our choice."""


class TemplateTable:
    """The shingles that a source repeats everywhere, ready to be looked up, and their counts."""

    def __init__(self, hashes: U64) -> None:
        from assets.mixtures.shingle_kernels import fill_table

        # Eight places per hash: hardly any other shingle needs a second look.
        self.slots = np.zeros(1 << max(4, (8 * len(hashes)).bit_length()), dtype=np.uint64)
        fill_table(hashes, self.slots)

    def counts(self, hashes: U64, per_slot: I64) -> I64:
        """Return the count of each hash from counts per slot."""
        held = np.flatnonzero(self.slots)
        order = np.argsort(self.slots[held])
        held = held[order]
        return per_slot[held[np.searchsorted(self.slots[held], hashes)]]


@dataclass(frozen=True, kw_only=True)
class Shingles:
    """Shingles of consecutive documents in the order of the text, those of templates left out."""

    hashes: U64
    bounds: I64
    """Document i has the shingles bounds[i] to bounds[i + 1]."""
    num_templates: I64
    """Per document, how many shingles were left out."""
    documents_per_slot: I64
    """Per slot of the template table, how many documents hold its shingle."""


def shingles_of(texts: pl.Series, shingle_words: int, table: TemplateTable) -> Shingles:
    """Cut, hash and weigh the texts of one batch."""
    from assets.mixtures.shingle_kernels import drop_members, roll

    words = words_of(texts)
    counts = np.maximum(np.diff(words.bounds) - (shingle_words - 1), 0)
    bounds = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])
    hashes = np.empty(bounds[-1], dtype=np.uint64)
    roll(words.hashes, words.bounds, shingle_words, STEP, MIXERS, hashes)
    per_slot = np.zeros(len(table.slots), dtype=np.int64)
    seen_in = np.full(len(table.slots), -1, dtype=np.int64)
    dropped = drop_members(hashes, bounds, table.slots, seen_in, per_slot)
    return Shingles(
        hashes=hashes[: bounds[-1]],
        bounds=bounds,
        num_templates=dropped,
        documents_per_slot=per_slot,
    )


def sets_of(texts: pl.Series, shingle_words: int, table: TemplateTable) -> tuple[U64, I64]:
    """Return the distinct shingles of every text that no template holds, and their bounds."""
    from assets.mixtures.shingle_kernels import make_sets

    parts, counts = [np.zeros(0, dtype=np.uint64)], [np.zeros(1, dtype=np.int64)]
    for _, batch in batches(texts, BATCH_BYTES):
        found = shingles_of(batch, shingle_words, table)
        bounds = found.bounds
        make_sets(found.hashes, bounds)
        parts.append(found.hashes[: bounds[-1]].copy())
        counts.append(np.diff(bounds))
    return np.concatenate(parts), np.cumsum(np.concatenate(counts))


def signatures_of(shingles: Shingles, num_hashes: int, seed: int) -> U32:
    """Return [documents, num_hashes] minima; zeros for a document without shingles.

    Each hash is a seeded permutation of the 32-bit integers (odd factor, offset); the shingles
    are well mixed already, which is what the simple permutation asks of its input.
    """
    from assets.mixtures.shingle_kernels import minima

    random = np.random.Generator(np.random.PCG64(seed))
    factors = random.integers(0, 1 << 32, num_hashes, dtype=np.uint32) | np.uint32(1)
    offsets = random.integers(0, 1 << 32, num_hashes, dtype=np.uint32)
    signatures = np.zeros((len(shingles.bounds) - 1, num_hashes), dtype=np.uint32)
    minima(shingles.hashes, shingles.bounds, factors, offsets, signatures)
    return signatures


def over_batches(
    function: Callable[[pl.Series], Result], texts: pl.Series, threads: int
) -> Iterator[Result]:
    """Yield function(batch) in order, in `threads` threads: the kernels hold no lock."""
    parts = [batch for _, batch in batches(texts, BATCH_BYTES)]
    if threads < 2 or len(parts) < 2:
        yield from map(function, parts)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(function, parts)
