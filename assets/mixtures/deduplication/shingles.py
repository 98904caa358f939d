"""Shingles of many documents: hashes of n consecutive words, without those of templates.

What a word is stands in words.py; the hashes equal those of ngrams.py. This file knows no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.ngrams import STEP
from assets.mixtures.word_hash import MIXERS
from assets.mixtures.words import I64, U64, Folding, batches, folding_of, loads_of
from assets.recipes.data import SignatureSpec

U32 = npt.NDArray[np.uint32]
Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH_BYTES = 2 << 20
"""Text of one batch: its words and shingles stay near the second-level cache. Our choice."""


BAND_STEP = np.uint64(0xE7037ED1A0B428DB)
"""Odd; a band's key is its number and its minima in this base, mixed."""


SETS_BYTES = 16 << 20
"""Text whose sets are cut at a time; our choice."""


class TemplateTable:
    """The shingles that a source repeats everywhere, ready to be looked up, and their counts."""

    def __init__(self, hashes: U64) -> None:
        from assets.mixtures.shingle_kernels import fill_table

        # Eight places per hash: hardly any other shingle needs a second look.
        places = 1 << max(4, (8 * len(hashes)).bit_length()) if len(hashes) else 0
        self.slots = np.zeros(places, dtype=np.uint64)
        if places:
            fill_table(hashes, self.slots)

    def counts(self, hashes: U64, per_slot: I64) -> I64:
        """Return the count of each hash from counts per slot."""
        held = np.flatnonzero(self.slots)
        order = np.argsort(self.slots[held])
        held = held[order]
        return per_slot[held[np.searchsorted(self.slots[held], hashes)]]


@dataclass(frozen=True, kw_only=True)
class Sketches:
    """Sketches of consecutive documents."""

    num_kept: I64
    """Per document, its shingles outside templates."""
    num_templates: I64
    """Per document, how many shingles were left out."""
    documents_per_slot: I64
    """Per slot of the template table, how many documents hold its shingle."""
    keys: U64
    """[documents, bands]: equal keys mean an equal band of minima; zeros without shingles."""
    lows: npt.NDArray[np.uint8]
    """[documents, hashes]: lowest bytes of the minima, to guess a similarity by."""
    halves: U32
    """High halves of the shingles outside templates, one document behind the other."""

    @classmethod
    def empty(
        cls, num_documents: int, num_shingles: int, table: TemplateTable, spec: SignatureSpec
    ) -> Sketches:
        """Return room for sketches."""
        return cls(
            num_kept=np.zeros(num_documents, dtype=np.int64),
            num_templates=np.zeros(num_documents, dtype=np.int64),
            documents_per_slot=np.zeros(len(table.slots), dtype=np.int64),
            keys=np.zeros((num_documents, spec.num_bands), dtype=np.uint64),
            lows=np.zeros((num_documents, spec.num_hashes), dtype=np.uint8),
            halves=np.empty(num_shingles, dtype=np.uint32),
        )

    @classmethod
    def joined(
        cls, parts: Sequence[Sketches], table: TemplateTable, spec: SignatureSpec
    ) -> Sketches:
        """Return those of all parts, one behind the other."""
        if len(parts) == 1:
            return parts[0]
        none = cls.empty(0, 0, table, spec)
        for part in parts:
            none.documents_per_slot[:] += part.documents_per_slot
        every = [none, *parts]
        return cls(
            num_kept=np.concatenate([part.num_kept for part in every]),
            num_templates=np.concatenate([part.num_templates for part in every]),
            documents_per_slot=none.documents_per_slot,
            keys=np.concatenate([part.keys for part in every]),
            lows=np.concatenate([part.lows for part in every]),
            halves=np.concatenate([part.halves for part in every]),
        )


def sketches_of(
    texts: pl.Series, table: TemplateTable, spec: SignatureSpec, threads: int = 1
) -> Sketches:
    """Cut, weigh and sketch texts, in so many threads: the kernels hold no lock."""
    from assets.mixtures.deduplication.sketch_kernels import sketch_texts

    factors, terms = permutations_of(spec)
    given = folding_of(texts)
    ranges = _ranges(given.offsets) if threads > 1 else [(0, len(texts))]

    def sketch(documents: tuple[int, int]) -> Sketches:
        first, last = documents
        part = given._replace(
            offsets=given.offsets[first : last + 1], is_normal=given.is_normal[first:last]
        )
        size = int(part.offsets[-1] - part.offsets[0])
        found = Sketches.empty(last - first, size + last - first, table, spec)
        count = sketch_texts(
            *part,
            *_buffer(part),
            MIXERS,
            spec.shingle_words,
            _steps(spec.shingle_words),
            table.slots,
            found.documents_per_slot,
            factors,
            terms,
            BAND_STEP,
            found.num_kept,
            found.num_templates,
            found.keys,
            found.lows,
            found.halves,
        )
        return replace(found, halves=found.halves[:count])

    return Sketches.joined(list(_in_threads(sketch, ranges, threads)), table, spec)


def permutations_of(spec: SignatureSpec) -> tuple[U32, U32]:
    """Return a factor and a term per hash, of whose images of the high halves one is the least.

    Each is a seeded permutation of the 32-bit integers (odd factor); the shingles are well mixed
    already, which is what the simple permutation asks of its input.
    """
    random = np.random.Generator(np.random.PCG64(spec.seed))
    factors = random.integers(0, 1 << 32, spec.num_hashes, dtype=np.uint32) | np.uint32(1)
    return factors, random.integers(0, 1 << 32, spec.num_hashes, dtype=np.uint32)


def shingles_of(texts: pl.Series, shingle_words: int) -> tuple[U64, I64]:
    """Return all shingles of every text, templates and repetitions among them, and their bounds."""
    from assets.mixtures.deduplication.sketch_kernels import shingle_texts

    given = folding_of(texts)
    out = np.empty(len(given.content) + len(texts), dtype=np.uint64)
    bounds = np.empty(len(texts) + 1, dtype=np.int64)
    steps = _steps(shingle_words)
    shingle_texts(*given, *_buffer(given), MIXERS, shingle_words, steps, out, bounds)
    return out[: bounds[-1]], bounds


def sets_of(texts: pl.Series, shingle_words: int, table: TemplateTable) -> tuple[U64, I64]:
    """Return the distinct shingles of every text that no template holds, and their bounds."""
    from assets.mixtures.deduplication.sketch_kernels import cut_texts

    parts, counts = [np.zeros(0, dtype=np.uint64)], [np.zeros(1, dtype=np.int64)]
    for _, batch in batches(texts, SETS_BYTES):
        given = folding_of(batch)
        out = np.empty(len(given.content) + len(batch), dtype=np.uint64)
        bounds = np.empty(len(batch) + 1, dtype=np.int64)
        cut_texts(
            *given,
            *_buffer(given),
            MIXERS,
            shingle_words,
            _steps(shingle_words),
            table.slots,
            out,
            bounds,
        )
        parts.append(out[: bounds[-1]].copy())
        counts.append(np.diff(bounds))
    return np.concatenate(parts), np.cumsum(np.concatenate(counts))


def halves_of(halves: U32, bounds: I64, rows: I64) -> tuple[U32, I64]:
    """Return the distinct high halves of some documents' shingles, and their bounds.

    Half a hash tells the shingles of two texts apart: among two times 1,000 of them, one pair in
    4,000 of texts has two that meet by chance, which moves a similarity by less than 0.001.
    """
    from assets.mixtures.deduplication.sketch_kernels import distinct_halves

    found: tuple[U32, I64] = distinct_halves(halves, bounds, rows)
    return found


def _buffer(given: Folding) -> tuple[npt.NDArray[np.uint8], U64]:
    """Return room for the longest text, folded."""
    from assets.mixtures.deduplication.sketch_kernels import longest_of
    from assets.mixtures.word_kernels import GROUP

    text = np.empty(2 * longest_of(given.offsets) + 2 * GROUP, dtype=np.uint8)
    return text, loads_of(text)


def _steps(length: int) -> U64:
    """Return the factor of the rolling hash and its power of `length`."""
    power = pow(int(STEP), length, 1 << 64)
    return np.array([STEP, power], dtype=np.uint64)


def _ranges(offsets: I64) -> list[tuple[int, int]]:
    """Cut documents into ranges of about BATCH_BYTES of text."""
    ranges, first = [], 0
    while first < len(offsets) - 1:
        last = int(np.searchsorted(offsets, offsets[first] + BATCH_BYTES, side="right")) - 1
        ranges.append((first, max(first + 1, last)))
        first = ranges[-1][1]
    return ranges


def _in_threads(
    function: Callable[[Item], Result], items: Sequence[Item], threads: int
) -> Iterator[Result]:
    """Yield function(item) in order."""
    if threads < 2 or len(items) < 2:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(function, items)
