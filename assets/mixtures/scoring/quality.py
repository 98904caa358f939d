"""quality: a stated mean of the other scores, in 0..1. It orders documents; it removes none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

BEST_BITS, WORST_BITS = 1.0, 6.0
"""bits_per_byte that count as fully and as not at all predictable. English prose has 1.5 to 2.5
under a model of this size, random letters more than 6. Our choice."""


def quality(scores: pl.DataFrame, weights: Sequence[tuple[str, float]]) -> pl.Series:
    """Return the weighted mean; bits_per_byte enters as predictability, 1 at best, 0 at worst."""
    # numpy and not expressions: a sum must not depend on how many rows stand beside it.
    total = np.zeros(scores.height, dtype=np.float64)
    for name, weight in weights:
        values = scores[name].cast(pl.Float64).to_numpy()
        if name == "bits_per_byte":
            values = np.clip((WORST_BITS - values) / (WORST_BITS - BEST_BITS), 0.0, 1.0)
        total += weight * values
    return pl.Series("quality", total.astype(np.float32))
