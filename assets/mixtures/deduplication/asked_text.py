"""One text as the documents of a source are signed, and how similar others are to it.

Computed in NumPy, bit for bit what the compiled loops behind shingles.py compute: to import numba
for some hundred words takes twice as long as the rest of a search.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.deduplication.shingles import (
    BAND_STEP,
    U32,
    Sketches,
    TemplateTable,
    permutations_of,
    sketches_of,
)
from assets.mixtures.ngrams import ngrams_of
from assets.mixtures.text_words import words_of_text
from assets.mixtures.word_hash import mix
from assets.mixtures.words import U64
from assets.recipes.data import SignatureSpec

MAX_CHARS = 1 << 20
"""Longer texts go through the compiled loops. Up to here NumPy takes 20 ms for prose, 230 for
ideographs and 640 for a single word of that length; to import numba takes 900."""
CHUNK = 1 << 10
"""Shingles that are permuted at a time: half a megabyte for 128 hashes. Our choice."""


class Asked:
    """A text, without the shingles that are a source's templates."""

    halves: U32
    """High halves of its shingles outside templates, repetitions among them."""
    keys: U64
    """Of its bands; zeros without shingles."""
    lows: npt.NDArray[np.uint8]
    """Lowest bytes of its minima; zeros without shingles."""

    def __init__(self, text: str, templates: U64, spec: SignatureSpec) -> None:
        # The tables of the compiled loops hold no zero: it marks an empty place.
        self._templates = np.unique(templates[templates != 0])
        self._spec = spec
        if len(text) > MAX_CHARS:
            found = self._sketched(text)
            self.halves, self.keys, self.lows = found.halves, found.keys[0], found.lows[0]
            return
        self.halves = self._halves_of(text)
        self.keys = np.zeros(spec.num_bands, dtype=np.uint64)
        self.lows = np.zeros(spec.num_hashes, dtype=np.uint8)
        if len(self.halves):
            minima = minima_of(self.halves, spec)
            self.keys, self.lows = band_keys_of(minima, spec.num_bands), minima.astype(np.uint8)

    def similarity(self, text: str) -> float:
        """Return the similarity of another text to it: of the distinct halves of both."""
        other = np.unique(self._halves_of(text))
        shared = len(np.intersect1d(self._members, other, assume_unique=True))
        union = len(self._members) + len(other) - shared
        return shared / union if union else 1.0

    def _halves_of(self, text: str) -> U32:
        if len(text) > MAX_CHARS:
            return self._sketched(text).halves
        ((_, found),) = ngrams_of(words_of_text(text), [self._spec.shingle_words])
        kept = found.hashes
        if len(self._templates):
            at = np.searchsorted(self._templates, kept).clip(max=len(self._templates) - 1)
            kept = kept[self._templates[at] != kept]
        return (kept >> np.uint64(32)).astype(np.uint32)

    def _sketched(self, text: str) -> Sketches:
        return sketches_of(pl.Series([text]), self._table, self._spec)

    @cached_property
    def _members(self) -> U32:
        return np.unique(self.halves)

    @cached_property
    def _table(self) -> TemplateTable:
        return TemplateTable(self._templates)


def minima_of(halves: U32, spec: SignatureSpec) -> U32:
    """Return the least image of some shingles' high halves under each permutation."""
    factors, terms = permutations_of(spec)
    least = np.full(len(factors), 0xFFFFFFFF, dtype=np.uint32)
    for first in range(0, len(halves), CHUNK):
        images = halves[first : first + CHUNK, np.newaxis] * factors + terms
        np.minimum(least, images.min(axis=0), out=least)
    return least


def band_keys_of(minima: U32, num_bands: int) -> U64:
    """Return a key per band: equal ones mean equal minima in the band."""
    keys = np.arange(1, num_bands + 1, dtype=np.uint64)
    for column in minima.reshape(num_bands, -1).T:
        keys = keys * BAND_STEP + column
    return mix(keys)
