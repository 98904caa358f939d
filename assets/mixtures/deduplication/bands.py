"""Band grouping: documents whose sketches agree in a band are worth comparing.

Templates put thousands of documents into one bucket. Comparing all of them is quadratic, so in a
large bucket each is compared with the bucket's first and the next few, and what was skipped is
counted. Pairs of one source are proposed when it is signed, pairs across sources in a mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import column, read_frame, read_table, write_table
from assets.mixtures.deduplication.keys import (
    GROUP_BITS,
    NEXT_BITS,
    U32,
    packed_keys,
    read_run,
    shared_places,
)
from assets.mixtures.deduplication.proof import PAIRS, Proposed, propose
from assets.mixtures.deduplication.relations import numbered
from assets.mixtures.deduplication.screening import Sketched, lows_of, worth_proving
from assets.mixtures.deduplication.texts import AcrossItem, OwnItem
from assets.mixtures.words import I64, U64

MAX_BUCKET = 64
"""Documents of a bucket that are all compared with each other (2,016 pairs); our choice."""
WINDOW = 16
"""In a larger bucket: the following documents each one is compared with; our choice."""

KEYS = pa.schema([("key", pa.uint64()), ("row", pa.uint32())])


@dataclass(frozen=True, kw_only=True)
class OwnBandsItem(OwnItem):
    copies: tuple[StoredFile, ...]
    """Of the whole source: they have the keys of the first document of their text."""


@dataclass(frozen=True, kw_only=True)
class AcrossBandsItem(AcrossItem):
    sketches: tuple[Sketched, ...]
    """Of every source, to screen the pairs by; none: all pairs are proposed."""
    least_equal: int
    """Minima that a proposed pair shares."""
    num_hashes: int


@dataclass(frozen=True, kw_only=True)
class Buckets:
    proposed: Proposed
    num_large: int
    largest: int
    num_skipped: int
    """Pairs of large buckets that were not proposed (a pair may be skipped in several bands)."""


@dataclass(frozen=True, kw_only=True)
class OwnBuckets(Buckets):
    keys: StoredFile


def band_keys(keys: U64, is_listed: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.Table:
    """Return what is stored of [documents, bands] keys: of the listed documents, by their rows."""
    num_bands = keys.shape[1]
    rows: U32 = np.flatnonzero(is_listed).astype(np.uint32)
    packed = packed_keys(keys[is_listed])
    return pa.table({"key": packed.reshape(-1), "row": np.repeat(rows, num_bands)}, schema=KEYS)


def match_own_bands(item: OwnBandsItem) -> OwnBuckets:
    """Propose the pairs of a source that share a band; keep the keys of distinct texts."""
    from assets.mixtures.deduplication.bucket_kernels import find_shared, group_keys

    tables = [(read_table(file), first) for first, file in item.files]
    keys = np.concatenate([np.zeros(0, np.uint64), *(column(each, "key") for each, _ in tables)])
    rows = np.concatenate(
        [
            np.zeros(0, np.uint32),
            *(column(each, "row") + np.uint32(first) for each, first in tables),
        ]
    )
    is_copy = np.zeros(int(rows.max(initial=0)) + 1, dtype=np.bool_)
    for file in item.copies:
        copies = read_frame(file)["right"].to_numpy()
        is_copy[copies[copies < len(is_copy)]] = True
    shift, first_group = np.uint64(64 - item.bits - GROUP_BITS), item.number << GROUP_BITS
    keys, rows, bounds = group_keys(
        keys, rows, is_copy, shift, np.uint64(first_group), 1 << GROUP_BITS
    )
    places = find_shared(keys, bounds[np.newaxis], np.uint64(NEXT_BITS), False)
    found = _Found(
        keys=keys[places],
        rows=rows[places].astype(np.uint64),
        runs=np.zeros(len(places), dtype=np.int64),
    )
    out = item.scratch.child("candidates")
    buckets = _proposed(*_pairs(found, False), item.first_rows, out, f"{item.number:05d}")
    table = pa.table({"key": keys, "row": rows}, schema=KEYS)
    stored = write_table(item.out, f"bands/{item.number:05d}.arrow", table)
    return OwnBuckets(keys=stored, **vars(buckets))


def match_bands_across(item: AcrossBandsItem) -> Buckets:
    """Propose the pairs of two sources that share a band, and enough of their sketches."""
    runs = [read_run(source, item.bits, item.number) for source in item.sources]
    of_run, places = shared_places(runs, item.bits, item.number, NEXT_BITS)
    keys = np.zeros(len(places), dtype=np.uint64)
    own_rows, rows = np.zeros((2, len(places)), dtype=np.uint64)
    is_taken = np.zeros(len(places), dtype=np.bool_)
    for number, run in enumerate(runs):
        own = of_run == number
        keys[own] = column(run.table, "key")[places[own]]
        own_rows[own] = column(run.table, "row")[places[own]]
        rows[own], is_taken[own] = numbered(own_rows[own], item.rows[number])
    found = _Found(keys=keys[is_taken], rows=rows[is_taken], runs=of_run[is_taken])
    pairs, buckets = _pairs(found, True)
    if item.sketches and pairs.height:
        pairs = pairs.filter(_screened(pairs, found, own_rows[is_taken], item))
    return _proposed(pairs, buckets, item.first_rows, item.out, f"{item.number:05d}")


def _screened(
    pairs: pl.DataFrame, found: _Found, own_rows: U64, item: AcrossBandsItem
) -> pl.Series:
    """Return which pairs share enough of their sketches."""
    rows, first = np.unique(found.rows, return_index=True)
    runs, own_rows = found.runs[first], own_rows[first]
    # Rows of the mixture rise with their sources.
    lows = [
        lows_of(own_rows[runs == number], source, item.num_hashes)
        for number, source in enumerate(item.sketches)
    ]
    left = np.searchsorted(rows, pairs["left"].to_numpy())
    right = np.searchsorted(rows, pairs["right"].to_numpy())
    return pl.Series(worth_proving(left, right, lows, item.least_equal))


@dataclass(frozen=True, kw_only=True)
class _Found:
    keys: U64
    rows: U64
    runs: I64
    """The source of each, as a number."""


@dataclass(frozen=True, kw_only=True)
class _Sizes:
    num_large: int
    largest: int
    num_skipped: int


def _pairs(found: _Found, across: bool) -> tuple[pl.DataFrame, _Sizes]:
    from assets.mixtures.deduplication.bucket_kernels import bucket_pairs

    order = np.lexsort((found.rows, found.keys))
    bands = found.keys[order] >> np.uint64(NEXT_BITS)
    first = np.flatnonzero(np.append(True, bands[1:] != bands[:-1])[: len(bands)])
    bounds = np.append(first, len(bands)).astype(np.int64)
    left, right, num_skipped = bucket_pairs(
        found.rows[order], found.runs[order], bounds, MAX_BUCKET, WINDOW, across
    )
    pairs = pl.DataFrame({"left": left, "right": right}, schema=PAIRS)
    sizes = np.diff(bounds)
    return pairs.unique().sort(PAIRS.names()), _Sizes(
        num_large=int((sizes > MAX_BUCKET).sum()),
        largest=int(sizes.max(initial=0)),
        num_skipped=int(num_skipped),
    )


def _proposed(
    pairs: pl.DataFrame, sizes: _Sizes, first_rows: Sequence[int], out: Folder, name: str
) -> Buckets:
    return Buckets(proposed=propose(pairs, first_rows, out, name), **vars(sizes))
