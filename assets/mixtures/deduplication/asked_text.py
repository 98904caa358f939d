"""One text as the documents of a source are signed, and how similar others are to it.

Computed in NumPy, bit for bit what shingles.py computes: importing numba for some hundred words
takes twice as long as the rest of a search. Long texts go through the compiled loops.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.deduplication.shingles import (
    BAND_STEP,
    U32,
    TemplateTable,
    permutations_of,
    sketches_of,
)
from assets.mixtures.ngrams import ngrams_of
from assets.mixtures.text_words import words_of_text
from assets.mixtures.word_hash import mix
from assets.mixtures.words import U64
from assets.recipes.data import SignatureSpec

MAX_CHARS = 1 << 18
CHUNK = 1 << 10
"""Shingles that are permuted at a time: half a megabyte for 128 hashes. Our choice."""


class Asked:
    """A text, without the shingles that are a source's templates."""

    def __init__(self, text: str, templates: U64, spec: SignatureSpec) -> None:
        # The tables of the compiled loops hold no zero: it means an empty place.
        self._templates = np.unique(templates[templates != 0])
        self._spec = spec
        self.halves = self._halves_of(text)
        """High halves of its shingles outside templates, in their order."""

    @cached_property
    def minima(self) -> U32:
        """The least image of its halves under each permutation; asked of a text with some."""
        factors, terms = permutations_of(self._spec)
        least = np.full(len(factors), 0xFFFFFFFF, dtype=np.uint32)
        for first in range(0, len(self.halves), CHUNK):
            images = self.halves[first : first + CHUNK, np.newaxis] * factors + terms
            np.minimum(least, images.min(axis=0), out=least)
        return least

    @property
    def keys(self) -> U64:
        """Keys of its bands, as yet without the beginning of the next one."""
        bands = self.minima.reshape(self._spec.num_bands, -1).astype(np.uint64)
        keys = np.arange(1, len(bands) + 1, dtype=np.uint64)
        for minimum in bands.T:
            keys = keys * BAND_STEP + minimum
        return mix(keys)

    @property
    def lows(self) -> npt.NDArray[np.uint8]:
        """Lowest bytes of its minima."""
        return self.minima.astype(np.uint8)

    def similarity(self, text: str) -> float:
        """Return the similarity of another text to it, by the distinct halves of both."""
        other = np.unique(self._halves_of(text))
        shared = len(np.intersect1d(self._members, other, assume_unique=True))
        union = len(self._members) + len(other) - shared
        return shared / union if union else 1.0

    @cached_property
    def _members(self) -> U32:
        return np.unique(self.halves)

    def _halves_of(self, text: str) -> U32:
        if len(text) > MAX_CHARS:
            return sketches_of(pl.Series([text]), self._table, self._spec).halves
        ((_, found),) = ngrams_of(words_of_text(text), [self._spec.shingle_words])
        kept = found.hashes
        if len(self._templates):
            at = np.searchsorted(self._templates, kept).clip(max=len(self._templates) - 1)
            kept = kept[self._templates[at] != kept]
        return (kept >> np.uint64(32)).astype(np.uint32)

    @cached_property
    def _table(self) -> TemplateTable:
        return TemplateTable(self._templates)
