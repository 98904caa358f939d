"""Pairs of documents that share a band, in bounded number.

Templates (registry entries, labels, notes) put thousands of documents into one bucket. Comparing
all of them is quadratic, so a large bucket compares each document only with the next few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.mixtures.words import I64, U64

MAX_BUCKET = 64
"""Documents of a bucket that are all compared with each other (2,016 pairs); our choice."""
WINDOW = 16
"""In a larger bucket: the following documents each one is compared with; our choice."""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    left: I64
    right: I64
    """Row numbers, left < right; every pair once, in rising order."""
    num_large_buckets: int
    largest_bucket: int
    num_pairs_skipped: int
    """Pairs of large buckets that were not proposed (a pair may be skipped in several bands)."""


def candidate_pairs(keys: U64) -> Candidates:
    """Return the pairs of rows with an equal key in any band; `keys` is [bands, rows].

    Rows must stand in an order that does not depend on how files came: it decides who is
    near whom in a large bucket. The next band's key goes first there, so that documents which
    share two bands stand together.
    """
    num_bands, num_rows = keys.shape
    found: list[U64] = []
    large = largest = skipped = 0
    for band in range(num_bands):
        order = np.lexsort((keys[(band + 1) % num_bands], keys[band]))
        change = np.flatnonzero(np.diff(keys[band][order])) + 1
        first = np.concatenate([np.zeros(1, dtype=np.int64), change])
        sizes = np.diff(np.append(first, num_rows))
        largest = max(largest, int(sizes.max(initial=0)))
        is_large = sizes > MAX_BUCKET
        large += int(is_large.sum())
        skipped += int(_skipped(sizes[is_large]).sum())
        reach = np.where(is_large, WINDOW, MAX_BUCKET - 1)
        found.extend(_pairs(order, sizes, reach))
    pairs = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.uint64)
    return Candidates(
        left=(pairs >> np.uint64(32)).astype(np.int64),
        right=(pairs & np.uint64(0xFFFFFFFF)).astype(np.int64),
        num_large_buckets=large,
        largest_bucket=largest if largest > 1 else 0,
        num_pairs_skipped=skipped,
    )


def _pairs(order: I64, sizes: I64, reach: I64) -> list[U64]:
    """Pair each row with the ones at distance 1, 2, ... in its bucket, up to the reach."""
    found: list[U64] = []
    shared = np.repeat(sizes > 1, sizes)
    order = order[shared]
    sizes, reach = sizes[sizes > 1], reach[sizes > 1]
    remaining = np.repeat(np.cumsum(sizes), sizes) - np.arange(len(order)) - 1
    allowed = np.minimum(remaining, np.repeat(reach, sizes))
    for distance in range(1, int(allowed.max(initial=0)) + 1):
        at = np.flatnonzero(allowed >= distance)
        low = np.minimum(order[at], order[at + distance]).astype(np.uint64)
        high = np.maximum(order[at], order[at + distance]).astype(np.uint64)
        found.append(low << np.uint64(32) | high)
    return found


def _skipped(sizes: I64) -> I64:
    compared = sizes * WINDOW - WINDOW * (WINDOW + 1) // 2
    return sizes * (sizes - 1) // 2 - compared
