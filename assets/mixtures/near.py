"""Near-duplicates among distinct texts: shingles, signatures, bands, then proof by true Jaccard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.candidates import candidate_pairs
from assets.mixtures.clusters import stars
from assets.mixtures.minhash import band_keys, signatures
from assets.mixtures.ngrams import shingles_of
from assets.mixtures.similarity import ShingleSets
from assets.mixtures.words import I64
from assets.recipes.data import DedupSpec


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    kept: I64
    """Per row, the row kept for it (itself if kept)."""
    similarity: npt.NDArray[np.float64]
    """Per row, true Jaccard to the kept row (1 if kept)."""
    left: I64
    right: I64
    """The links: all pairs compared and found at or above the threshold."""
    num_candidates: int
    num_too_short: int
    """Rows with fewer words than a shingle: they have no near-duplicates, only exact ones."""
    num_large_buckets: int
    largest_bucket: int
    num_pairs_skipped: int


def near_duplicates(texts: pl.Series, spec: DedupSpec) -> NearDuplicates:
    """Compare texts that stand in order of preference (the first of a cluster is kept)."""
    if not 0 < spec.threshold <= 1:
        raise ValueError(f"dedup threshold {spec.threshold} is not in (0, 1]: fix the recipe")
    shingles, bounds = shingles_of(texts, spec.shingle_words)
    rows = np.flatnonzero(np.diff(bounds) > 0)
    # Rows without shingles add nothing, so the bounds of the others still fit the shingles.
    dense = np.append(bounds[rows], len(shingles))
    signature = signatures(shingles, dense, num_hashes=spec.num_hashes, seed=spec.seed)
    candidates = candidate_pairs(band_keys(signature, spec.num_bands))
    compared = np.union1d(candidates.left, candidates.right)
    jaccard = ShingleSets(shingles, dense, compared).jaccard(candidates.left, candidates.right)
    linked = jaccard >= spec.threshold
    left, right = rows[candidates.left[linked]], rows[candidates.right[linked]]
    kept, link = stars(len(texts), left, right)
    similarity = np.ones(len(texts), dtype=np.float64)
    similarity[link >= 0] = jaccard[linked][link[link >= 0]]
    return NearDuplicates(
        kept=kept,
        similarity=similarity,
        left=left,
        right=right,
        num_candidates=len(candidates.left),
        num_too_short=len(texts) - len(rows),
        num_large_buckets=candidates.num_large_buckets,
        largest_bucket=candidates.largest_bucket,
        num_pairs_skipped=candidates.num_pairs_skipped,
    )
