"""The n-grams of benchmark items as tables: distinct, counted, and the rarest of each item.

Built once per process from all items; contamination.py looks documents up in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.mixtures.contamination_kernels import equal_words, filter_bits, ngram_keys
from assets.mixtures.words import I64, U64, Words

_FILTER_BITS_PER_KEY = 16
"""About 6% of other n-grams pass the filter, and it stays in the cache."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The n-grams of one length that are looked for, and the items they lead to."""

    length: int
    keys: U64
    places: I64
    """Word of the items at which each n-gram stands."""
    bits: U64
    log2_bits: int
    is_evidence: npt.NDArray[np.bool_]
    """Whether the n-gram proves something by itself; others only lead to whole items."""
    anchor_bounds: I64
    """N-gram i is the rarest of the items anchor_items[anchor_bounds[i] : anchor_bounds[i+1]]."""
    anchor_items: I64
    anchor_places: I64


@dataclass(frozen=True, kw_only=True)
class ItemNgrams:
    """All n-grams of the items, by slot (distinct n-gram) and by item."""

    keys: U64
    places: I64
    pair_slots: I64
    """Distinct (slot, item) pairs, sorted."""
    pair_items: I64
    pair_counts: I64
    """Items of the pair's benchmark that have the n-gram."""
    anchors: I64
    """Slot of the rarest n-gram of each item in `anchored`."""
    anchored: I64
    anchor_places: I64


def ngrams_of_items(
    words: Words, codes: I64, length: int, wanted: npt.NDArray[np.bool_] | None = None
) -> ItemNgrams:
    keys, rows, positions = ngram_keys(words.hashes, words.bounds, length)
    if wanted is None:
        wanted = np.ones(len(codes), dtype=np.bool_)
    else:
        chosen = wanted[rows]
        keys, rows, positions = keys[chosen], rows[chosen], positions[chosen]
    # Stable: rows rise within a key, so a change of row is a new (n-gram, item) pair.
    order = np.argsort(keys, kind="stable")
    new = changes(keys[order])
    slots = np.empty(len(keys), dtype=np.int64)
    slots[order] = np.cumsum(new) - 1
    first = order[new]
    _refuse_collisions(words, positions, positions[first][slots], length)
    pair = order[changes(keys[order], rows[order])]
    pair_slots, pair_items = slots[pair], rows[pair]
    groups = changes(pair_slots, codes[pair_items])
    sizes = np.diff(np.append(np.flatnonzero(groups), len(pair)))
    rarity = np.bincount(pair_slots, minlength=len(first))
    starts = np.flatnonzero(changes(rows))
    # The fewest items first, then the earliest in the item: both fit into one number.
    ranked = (rarity[slots] << 32) | np.arange(len(slots))
    best = np.minimum.reduceat(ranked, starts) & 0xFFFFFFFF if len(starts) else starts
    return ItemNgrams(
        keys=keys[first],
        places=positions[first],
        pair_slots=pair_slots,
        pair_items=pair_items,
        pair_counts=np.repeat(sizes, sizes) if len(pair) else sizes[:0],
        anchors=slots[best],
        anchored=rows[best],
        anchor_places=positions[best],
    )


def table_of(
    found: ItemNgrams,
    length: int,
    kept: npt.NDArray[np.bool_],
    is_evidence: npt.NDArray[np.bool_],
) -> Table:
    keys = found.keys[kept]
    log2_bits = max(10, (_FILTER_BITS_PER_KEY * len(keys)).bit_length())
    slots = (np.cumsum(kept) - 1)[found.anchors]
    order = np.argsort(slots, kind="stable")
    return Table(
        length=length,
        keys=keys,
        places=found.places[kept],
        bits=filter_bits(keys, log2_bits),
        log2_bits=log2_bits,
        is_evidence=is_evidence[kept],
        anchor_bounds=np.searchsorted(slots[order], np.arange(len(keys) + 1)),
        anchor_items=found.anchored[order],
        anchor_places=found.anchor_places[order],
    )


def _refuse_collisions(words: Words, at: I64, other: I64, length: int) -> None:
    # Nearly all n-grams stand in one place only, and equal themselves.
    elsewhere = at != other
    at, other = at[elsewhere], other[elsewhere]
    lengths = np.full(len(at), length, dtype=np.int64)
    same = equal_words(
        words.text, words.starts, words.ends, at,
        words.text, words.starts, words.ends, other, lengths,
    )  # fmt: skip
    if not same.all():
        place = int(np.flatnonzero(~same)[0])
        raise ValueError(
            f"two different n-grams of the benchmarks have one key: "
            f"{words.phrase(int(at[place]), length)!r} and "
            f"{words.phrase(int(other[place]), length)!r}; change _STEP in "
            "assets/mixtures/contamination_kernels.py"
        )


def changes(*columns: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Return where a row differs from the one before in any column; the first one does."""
    changed = np.zeros(len(columns[0]), dtype=np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed
