"""Hashes of n consecutive words, never across the end of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from assets.mixtures.word_hash import mix
from assets.mixtures.words import I64, U64, Words

STEP = np.uint64(0xA0761D6478BD642F)
"""Odd, so that no word is lost; order matters because each word meets another power."""


@dataclass(frozen=True, kw_only=True)
class Ngrams:
    """All n-grams of consecutive documents, repetitions included, in the order of the text."""

    hashes: U64
    positions: I64
    """Index of the first word of each n-gram."""
    bounds: I64
    """Document i has the n-grams bounds[i] to bounds[i + 1]."""


def ngrams_of(words: Words, lengths: Iterable[int]) -> Iterator[tuple[int, Ngrams]]:
    """Yield (n, n-grams) for each wanted length in rising order, in one rolling pass."""
    wanted = sorted(set(lengths))
    if not wanted or wanted[0] < 1:
        raise ValueError(f"n-gram lengths {wanted} must be at least 1: fix the recipe")
    num_words = np.diff(words.bounds)
    rolled = words.hashes
    for length in range(1, wanted[-1] + 1):
        if length > 1:
            rolled = rolled[:-1] * STEP
            rolled += words.hashes[length - 1 :]
        if length not in wanted:
            continue
        per_document = np.maximum(num_words - (length - 1), 0)
        bounds = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(per_document)])
        positions = _within_documents(words, per_document, bounds)
        yield length, Ngrams(hashes=mix(rolled[positions]), positions=positions, bounds=bounds)


def _within_documents(words: Words, per_document: I64, bounds: I64) -> I64:
    """Return the first word of every n-gram that ends inside its document."""
    skipped = np.repeat(words.bounds[:-1] - bounds[:-1], per_document)
    return np.arange(bounds[-1], dtype=np.int64) + skipped
