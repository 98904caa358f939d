"""n-grams that documents share with benchmark items, each verified as text.

An item of at least `ngram_words` words is known by its n-grams, a shorter one by its whole text;
below MIN_ITEM_WORDS words nothing can be said, and the item is counted as unchecked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.ngrams import ngrams_of
from assets.mixtures.words import I64, U64, Words, batches, words_of

MIN_ITEM_WORDS = 8
"""Our choice: eight words in a row that are a whole item are rarely there by chance."""
MAX_ITEMS_PER_NGRAM = 10
"""Our choice: an n-gram of more items than this is a phrase of the benchmark ("which of the
following is the most appropriate next step in management"), not a trace of an item. In the eleven
benchmarks of `tiny` passages are shared by up to 10 items; what more share are stems of MedQA."""

MATCH_SCHEMA = {
    "row": pl.Int64,
    "item": pl.Int64,
    "ngram": pl.String,
    "num_shared": pl.UInt32,
}


@dataclass(frozen=True, kw_only=True)
class _Table:
    """The n-grams of one length: distinct hashes, and where each occurs in the items."""

    hashes: U64
    bounds: I64
    """Hash i occurs at the places bounds[i] to bounds[i + 1]."""
    items: I64
    positions: I64
    """First word of each occurrence."""
    shift: np.uint64
    maybe: npt.NDArray[np.bool_]
    """Whether any hash begins with these bits: spares nearly all documents the search."""

    def find(self, hashes: U64) -> tuple[I64, I64]:
        """Return where in `hashes` there is one of ours, and which."""
        hits = np.flatnonzero(self.maybe[hashes >> self.shift])
        slots = np.searchsorted(self.hashes, hashes[hits])
        slots[slots == len(self.hashes)] = 0
        same = self.hashes[slots] == hashes[hits] if len(self.hashes) else slots > 0
        return hits[same], slots[same]


class ItemIndex:
    """All n-grams by which the items of the benchmarks can be recognised."""

    def __init__(self, texts: pl.Series, ngram_words: int) -> None:
        if ngram_words < MIN_ITEM_WORDS:
            raise ValueError(
                f"ngram_words {ngram_words} is below {MIN_ITEM_WORDS}: so short an overlap is "
                "no evidence; fix decontamination in the recipe"
            )
        self._words = words_of(texts)
        lengths = np.minimum(np.diff(self._words.bounds), ngram_words)
        self.num_unchecked = int((lengths < MIN_ITEM_WORDS).sum())
        self.num_generic = 0
        self._tables: dict[int, _Table] = {}
        wanted = [int(n) for n in np.unique(lengths[lengths >= MIN_ITEM_WORDS])]
        for length, found in ngrams_of(self._words, wanted) if wanted else ():
            items = np.repeat(np.arange(len(lengths)), np.diff(found.bounds))
            chosen = lengths[items] == length
            self._add(length, found.hashes[chosen], items[chosen], found.positions[chosen])

    def _add(self, length: int, hashes: U64, items: I64, positions: I64) -> None:
        # Stable: positions rise within a hash, so items do too, and a change is a new item.
        order = np.argsort(hashes, kind="stable")
        hashes, items, positions = hashes[order], items[order], positions[order]
        new_hash = np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)]
        first = np.flatnonzero(new_hash)
        distinct, bounds = hashes[first], np.append(first, len(hashes))
        new_item = np.append(True, items[1:] != items[:-1])[: len(items)] | new_hash
        num_items = np.add.reduceat(new_item.astype(np.int64), first) if len(first) else first
        generic = num_items > MAX_ITEMS_PER_NGRAM
        self.num_generic += int(generic.sum())
        stays = np.repeat(~generic, np.diff(bounds))
        distinct_kept = distinct[~generic]
        # Sixteen places per hash: about 6% of other n-grams pass, and the table stays in cache.
        shift = np.uint64(64 - max(8, (16 * len(distinct_kept)).bit_length()))
        maybe = np.zeros(1 << int(np.uint64(64) - shift), dtype=np.bool_)
        maybe[distinct_kept >> shift] = True
        self._tables[length] = _Table(
            hashes=distinct_kept,
            shift=shift,
            maybe=maybe,
            bounds=np.append(0, np.cumsum(np.diff(bounds)[~generic])),
            items=items[stays],
            positions=positions[stays],
        )

    def matches(self, texts: pl.Series) -> pl.DataFrame:
        """Return one line per (document row, item): an n-gram they share and how many they do."""
        parts = []
        for first, batch in batches(texts):
            words = words_of(batch)
            for length, found in ngrams_of(words, self._tables) if self._tables else ():
                hits, slots = self._tables[length].find(found.hashes)
                rows = np.searchsorted(found.bounds, hits, side="right") - 1
                shared = self._verified(words, length, rows, found.positions[hits], slots)
                parts.append(shared.with_columns(pl.col("row") + first))
        if not parts:
            return pl.DataFrame(schema=MATCH_SCHEMA)
        return pl.concat(parts).sort("row", "item")

    def _verified(
        self, words: Words, length: int, rows: I64, positions: I64, slots: I64
    ) -> pl.DataFrame:
        """Compare the words themselves, so that equal hashes alone never remove a document."""
        table = self._tables[length]
        shared: dict[tuple[int, int], dict[str, None]] = {}
        for row, position, slot in zip(rows, positions, slots, strict=True):
            phrase = words.phrase(position, length)
            for place in range(table.bounds[slot], table.bounds[slot + 1]):
                if self._words.phrase(table.positions[place], length) == phrase:
                    pair = int(row), int(table.items[place])
                    shared.setdefault(pair, {})[phrase] = None
        return _frame(shared)


def _frame(shared: Mapping[tuple[int, int], Mapping[str, None]]) -> pl.DataFrame:
    """The first shared n-gram in the order of the document stands for the pair."""
    return pl.DataFrame(
        {
            "row": [row for row, _ in shared],
            "item": [item for _, item in shared],
            "ngram": [next(iter(phrases)) for phrases in shared.values()],
            "num_shared": [len(phrases) for phrases in shared.values()],
        },
        schema=MATCH_SCHEMA,
    )
