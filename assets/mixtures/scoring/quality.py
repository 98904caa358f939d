"""quality: a stated mean of the other scores, in 0..1. It orders documents; it removes none."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

BEST_BITS, WORST_BITS = 1.0, 6.0
"""bits_per_byte that count as fully and as not at all predictable. English prose has 1.5 to 2.5
under a model of this size, random letters more than 6. Our choice."""


def quality(scores: pl.DataFrame, weights: Sequence[tuple[str, float]]) -> pl.Series:
    """Return the weighted mean; bits_per_byte enters as predictability, 1 at best, 0 at worst."""
    span = WORST_BITS - BEST_BITS
    parts = [
        weight
        * (
            ((WORST_BITS - pl.col(name)) / span).clip(0.0, 1.0)
            if name == "bits_per_byte"
            else pl.col(name)
        ).cast(pl.Float64)
        for name, weight in weights
    ]
    return scores.select(pl.sum_horizontal(parts).cast(pl.Float32).alias("quality"))["quality"]
