"""What benchmark items and documents have in common: n-grams, and items that stand whole.

An item of at least `ngram_words` words is known by its n-grams and by its whole text, a shorter
one by its whole text, and one below MIN_ITEM_WORDS only when it is all that a document says.
Every hit is compared word by word. Which hits are evidence is decided in evidence.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.contamination_kernels import equal_words, look_up, whole_keys
from assets.mixtures.item_ngrams import ItemNgrams, Table, changes, ngrams_of_items, table_of
from assets.mixtures.words import I64, Words, batches, words_of
from assets.recipes.data import ContaminationCaps

MIN_ITEM_WORDS = 8
"""Our choice: eight words in a row that are a whole item are rarely there by chance."""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What a run of documents shares with the items, each pair once."""

    ngrams: pl.DataFrame
    """row, slot (of the index), position (first word in the document)."""
    wholes: pl.DataFrame
    """row, item: all words of the item stand in the document in a row."""


class ItemIndex:
    """All n-grams and whole texts by which the items of the benchmarks can be recognised."""

    def __init__(self, items: pl.DataFrame, ngram_words: int, caps: ContaminationCaps) -> None:
        """Take items (benchmark, item_id, text), sorted by benchmark; raises ValueError."""
        if ngram_words < MIN_ITEM_WORDS:
            raise ValueError(
                f"ngram_words {ngram_words} is below {MIN_ITEM_WORDS}: so short an overlap is "
                "no evidence; fix decontamination in the recipe"
            )
        if not items["benchmark"].is_sorted():
            raise ValueError("benchmark items must be sorted by benchmark and item_id")
        self.items = items
        self.ngram_words = ngram_words
        self.words = words_of(items["text"])
        self.lengths = np.diff(self.words.bounds)
        self.benchmarks = items["benchmark"].unique(maintain_order=True).to_list()
        self.codes = items["benchmark"].rank("dense").cast(pl.Int64).to_numpy() - 1
        limits = [caps.of(name).max_items_per_ngram for name in self.benchmarks]
        self._limits = np.array(limits, dtype=np.int64)
        self._text_counts = self._same_texts()
        self.is_generic_text = self._text_counts > self._limits[self.codes]
        """Short items whose whole text stands in too many items of their benchmark."""
        self.is_document_only = (self.lengths > 0) & (self.lengths < MIN_ITEM_WORDS)
        """Items so short that only a document of nothing else betrays them."""
        self.is_unchecked = (self.lengths == 0) | self.is_generic_text
        """Items without a word, or with a whole text that many items of the benchmark have."""
        self._tables = [self._long_table()]
        if ngram_words > MIN_ITEM_WORDS:
            self._tables.append(self._short_table())
        self._equal_items = np.flatnonzero(self.is_document_only & ~self.is_generic_text)
        keys = whole_keys(self.words.hashes, self.words.bounds, self._equal_items)
        order = np.argsort(keys, kind="stable")
        self._equal_items, self._equal_keys = self._equal_items[order], keys[order]

    def phrase(self, slot: int) -> str:
        """Return the words of an n-gram."""
        return self.words.phrase(int(self._tables[0].places[slot]), self.ngram_words)

    def whole(self, item: int) -> str:
        """Return the words of an item, at most as many as an n-gram has."""
        length = min(int(self.lengths[item]), self.ngram_words)
        return self.words.phrase(int(self.words.bounds[item]), length)

    def scan(self, texts: pl.Series) -> Shared:
        """Return what the texts share with the items; row i is texts[i]."""
        ngrams: list[pl.DataFrame] = [_frame(np.zeros((0, 3), np.int64), "slot", "position")]
        wholes: list[pl.DataFrame] = [_frame(np.zeros((0, 2), np.int64), "item")]
        for first, batch in batches(texts):
            words = words_of(batch)
            pairs = [self._equal_documents(words)]
            for number, table in enumerate(self._tables):
                hits = self._hits(words, table)
                pairs.append(self._whole_items(words, table, hits))
                if number == 0:
                    evidence = hits[table.is_evidence[hits[:, 2]]][:, [0, 2, 1]]
                    evidence[:, 2] -= words.bounds[evidence[:, 0]]
                    evidence[:, 0] += first
                    ngrams.append(_frame(_first_of_pairs(evidence), "slot", "position"))
            found = np.concatenate(pairs)
            found[:, 0] += first
            wholes.append(_frame(_first_of_pairs(found), "item"))
        return Shared(ngrams=pl.concat(ngrams), wholes=pl.concat(wholes))

    def _hits(self, words: Words, table: Table) -> I64:
        found = look_up(
            words.hashes, words.bounds, table.length, table.keys, table.bits, table.log2_bits
        )
        hits: I64 = found[self._same(words, found[:, 1], table.places[found[:, 2]], table.length)]
        return hits

    def _same(self, words: Words, at: I64, other: I64, lengths: I64 | int) -> npt.NDArray[np.bool_]:
        mine = self.words
        same: npt.NDArray[np.bool_] = equal_words(
            words.text, words.starts, words.ends, at,
            mine.text, mine.starts, mine.ends, other,
            np.broadcast_to(np.asarray(lengths, dtype=np.int64), at.shape).copy(),
        )  # fmt: skip
        return same

    def _whole_items(self, words: Words, table: Table, hits: I64) -> I64:
        """Return (row, item) where the words around an item's anchor are all the item's."""
        counts = np.diff(table.anchor_bounds)[hits[:, 2]]
        which = np.repeat(np.arange(len(hits)), counts)
        offsets = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        places = table.anchor_bounds[hits[which, 2]] + offsets
        items, rows = table.anchor_items[places], hits[which, 0]
        at = hits[which, 1] - (table.anchor_places[places] - self.words.bounds[items])
        fits = (at >= words.bounds[rows]) & (at + self.lengths[items] <= words.bounds[rows + 1])
        at, items, rows = at[fits], items[fits], rows[fits]
        same = self._same(words, at, self.words.bounds[items], self.lengths[items])
        return np.stack([rows[same], items[same]], axis=1)

    def _equal_documents(self, words: Words) -> I64:
        """Return (row, item) where a document says a very short item and nothing else."""
        sizes = np.diff(words.bounds)
        rows = np.flatnonzero((sizes > 0) & (sizes < MIN_ITEM_WORDS))
        keys = whole_keys(words.hashes, words.bounds, rows)
        low = np.searchsorted(self._equal_keys, keys)
        counts = np.searchsorted(self._equal_keys, keys, side="right") - low
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        items = self._equal_items[np.repeat(low, counts) + offsets]
        rows = np.repeat(rows, counts)
        fits = sizes[rows] == self.lengths[items]
        rows, items = rows[fits], items[fits]
        same = self._same(words, words.bounds[rows], self.words.bounds[items], self.lengths[items])
        return np.stack([rows[same], items[same]], axis=1)

    def _same_texts(self) -> I64:
        """Return for each short item how many of its benchmark have its words, others 1."""
        counts = np.ones(len(self.lengths), dtype=np.int64)
        short = np.flatnonzero((self.lengths > 0) & (self.lengths < self.ngram_words))
        keys = whole_keys(self.words.hashes, self.words.bounds, short)
        pairs = np.stack([keys, self.codes[short].astype(np.uint64)], axis=1)
        _, inverse, sizes = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
        counts[short] = sizes[inverse.ravel()]
        return counts

    def _long_table(self) -> Table:
        found = ngrams_of_items(self.words, self.codes, self.ngram_words)
        generic = found.pair_counts > self._limits[self.codes[found.pair_items]]
        is_evidence = np.zeros(len(found.keys), dtype=np.bool_)
        is_evidence[found.pair_slots[~generic]] = True
        kept = is_evidence.copy()
        kept[found.anchors] = True
        renumbered = np.cumsum(kept) - 1
        stays = kept[found.pair_slots]
        self.pairs = pl.DataFrame(
            {
                "slot": renumbered[found.pair_slots[stays & ~generic]],
                "item": found.pair_items[stays & ~generic],
            }
        )
        """Which items an n-gram is evidence for."""
        self.num_ngrams = np.bincount(found.pair_items, minlength=len(self.lengths))
        """Distinct n-grams of each item, generic ones included."""
        self.generic_ngrams = self._generic_ngrams(found, generic)
        """ngram, benchmark, num_items, item_id: what stands in too many items, whole texts too."""
        telling = np.bincount(found.pair_items[~generic], minlength=len(self.lengths))
        self.is_whole_only = (self.lengths >= MIN_ITEM_WORDS) & (telling == 0)
        """Items found only when they stand whole: short, or made of generic n-grams."""
        return table_of(found, self.ngram_words, kept, is_evidence)

    def _generic_ngrams(self, found: ItemNgrams, generic: npt.NDArray[np.bool_]) -> pl.DataFrame:
        pairs = np.flatnonzero(changes(found.pair_slots, self.codes[found.pair_items]) & generic)
        texts = np.flatnonzero(self.is_generic_text)
        phrases = [
            self.words.phrase(int(found.places[slot]), self.ngram_words)
            for slot in found.pair_slots[pairs]
        ]
        items = np.concatenate([found.pair_items[pairs], texts])
        frame = pl.DataFrame(
            {
                "ngram": [*phrases, *(self.whole(int(item)) for item in texts)],
                "benchmark": [self.benchmarks[code] for code in self.codes[items]],
                "num_items": np.concatenate([found.pair_counts[pairs], self._text_counts[texts]]),
                "item_id": self.items["item_id"].gather(items),
            },
            schema_overrides={"ngram": pl.String, "benchmark": pl.String},
        )
        return frame.unique(["ngram", "benchmark"], keep="first", maintain_order=True)

    def _short_table(self) -> Table:
        rows = (self.lengths >= MIN_ITEM_WORDS) & (self.lengths < self.ngram_words)
        wanted = rows & ~self.is_generic_text
        found = ngrams_of_items(self.words, self.codes, MIN_ITEM_WORDS, wanted)
        kept = np.zeros(len(found.keys), dtype=np.bool_)
        kept[found.anchors] = True
        return table_of(found, MIN_ITEM_WORDS, kept, np.zeros_like(kept))


def _first_of_pairs(rows: I64) -> I64:
    """Return the first of the rows that begin with the same two numbers, sorted by them."""
    order = np.lexsort((rows[:, -1], rows[:, 1], rows[:, 0]))
    rows = rows[order]
    return rows[changes(rows[:, 0], rows[:, 1])]


def _frame(rows: I64, *names: str) -> pl.DataFrame:
    columns = {name: rows[:, place] for place, name in enumerate(("row", *names))}
    return pl.DataFrame(columns, schema=dict.fromkeys(("row", *names), pl.Int64))
