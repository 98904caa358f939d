"""Band grouping: documents whose signatures agree in a band are worth comparing.

Templates put thousands of documents into one bucket. Comparing all of them is quadratic, so in a
large bucket each is compared with the bucket's first and the next few, and what was skipped is
counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.lineage.storage import StoredFile
from assets.mixtures.deduplication.frames import Fragments, partition_of, read_frames, scatter
from assets.mixtures.deduplication.parts import part_of_rows, read_signatures
from assets.mixtures.deduplication.proof import PAIRS, ROWS
from assets.mixtures.deduplication.shingles import U32
from assets.mixtures.deduplication.signatures import matrix_of
from assets.mixtures.deduplication.texts import COPIES, ListTextsItem, MatchItem
from assets.mixtures.words import I64, U64, mix

MAX_BUCKET = 64
"""Documents of a bucket that are all compared with each other (2,016 pairs); our choice."""
WINDOW = 16
"""In a larger bucket: the following documents each one is compared with; our choice."""

_BAND_STEP = np.uint64(0xE7037ED1A0B428DB)

KEYS = pl.Schema({"key": pl.UInt64, "next": pl.UInt32, "row": pl.UInt64})
"""`next` is from the key of the next band: who shares both stands together in a large bucket."""


@dataclass(frozen=True, kw_only=True)
class ListBandsItem(ListTextsItem):
    copies: tuple[StoredFile, ...]
    num_hashes: int
    num_bands: int


@dataclass(frozen=True, kw_only=True)
class Buckets:
    fragments: Fragments
    """Pairs, to the part of the left document."""
    rights: Fragments
    """Right documents of pairs across parts, to their own parts."""
    num_large: int
    largest: int
    num_skipped: int
    """Pairs of large buckets that were not proposed (a pair may be skipped in several bands)."""


def list_bands(item: ListBandsItem) -> Fragments:
    """Send the band keys of each distinct text to their receivers."""
    columns = ["num_shingles", "num_template_shingles", "signature"]
    frame = read_signatures(item.part, columns)
    copies = read_frames(item.copies, COPIES)["row"]
    left = frame["num_shingles"] - frame["num_template_shingles"] >= item.min_shingles
    frame = frame.filter(left & ~frame["row"].is_in(copies.implode()))
    keys = band_keys(matrix_of(frame["signature"], item.num_hashes), item.num_bands)
    following = (np.roll(keys, -1, axis=0) >> np.uint64(32)).astype(np.uint32)
    listed = pl.DataFrame(
        {
            "key": keys.reshape(-1),
            "next": following.reshape(-1),
            "row": np.tile(frame["row"].to_numpy(), item.num_bands),
        },
        schema=KEYS,
    )
    receivers = partition_of(keys.reshape(-1), item.num_partitions)
    return scatter(listed, receivers, item.out, f"{item.part.index:05d}")


def match_bands(item: MatchItem) -> Buckets:
    """Send each pair of documents that share a band to the part of the first one."""
    from assets.mixtures.shingle_kernels import bucket_pairs

    frame = read_frames(item.files, KEYS)
    order, bounds = _buckets(frame)
    sizes = np.diff(bounds)
    is_large = sizes > MAX_BUCKET
    all_pairs = sizes * (sizes - 1) // 2
    proposed = np.where(is_large, _reached(sizes), all_pairs)
    left = np.empty(int(proposed.sum()), dtype=np.uint64)
    right = np.empty(len(left), dtype=np.uint64)
    bucket_pairs(frame["row"].to_numpy()[order], bounds, MAX_BUCKET, WINDOW, left, right)
    pairs = pl.DataFrame({"left": left, "right": right}, schema=PAIRS).unique().sort(PAIRS.names())
    name = f"{item.partition:05d}"
    receivers = part_of_rows(pairs["left"].to_numpy(), item.first_rows)
    elsewhere = part_of_rows(pairs["right"].to_numpy(), item.first_rows) != receivers
    away = pairs["right"].filter(pl.Series(elsewhere))
    rights = pl.DataFrame({"row": away.unique().sort()}, schema=ROWS)
    return Buckets(
        fragments=scatter(pairs, receivers, item.out, name),
        rights=scatter(
            rights,
            part_of_rows(rights["row"].to_numpy(), item.first_rows),
            item.out.child("rights"),
            name,
        ),
        num_large=int(is_large.sum()),
        largest=int(sizes.max(initial=0)),
        num_skipped=int((all_pairs - proposed).sum()),
    )


def band_keys(signature: U32, num_bands: int) -> U64:
    """Return [num_bands, documents]: equal keys mean an equal band of the signature."""
    num_documents, num_hashes = signature.shape
    if num_bands < 1 or num_hashes % num_bands:
        raise ValueError(
            f"{num_hashes} hashes do not split into {num_bands} bands: fix dedup in the recipe"
        )
    rows = num_hashes // num_bands
    keys = np.empty((num_bands, num_documents), dtype=np.uint64)
    for band in range(num_bands):
        key = np.full(num_documents, band + 1, dtype=np.uint64)
        for column in range(band * rows, (band + 1) * rows):
            key = key * _BAND_STEP + signature[:, column]
        keys[band] = mix(key)
    return keys


def _buckets(frame: pl.DataFrame) -> tuple[I64, I64]:
    """Return the rows of all buckets of at least two, and where each bucket begins."""
    from assets.mixtures.deduplication.count_kernels import RANGE, frequent, is_shared, ranges_of

    keys: U64 = frame["key"].to_numpy()
    grouped, ranges = ranges_of(keys, len(keys) // RANGE + 1)
    several, _, _ = frequent(grouped, ranges, 2)
    order = np.flatnonzero(is_shared(keys, np.sort(several)))
    rows, following = frame["row"].to_numpy()[order], frame["next"].to_numpy()[order]
    order = order[np.lexsort((rows, following, keys[order]))]
    in_order = keys[order]
    first = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1])[: len(in_order)])
    return order, np.append(first, len(in_order)).astype(np.int64)


def _reached(sizes: I64) -> I64:
    """Pairs of a large bucket: each with the next WINDOW, and those beyond with the first."""
    window = sizes * WINDOW - WINDOW * (WINDOW + 1) // 2
    return window + sizes - 1 - WINDOW
