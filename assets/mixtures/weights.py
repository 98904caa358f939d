"""From duplicate counts and scores to the weight of a document in one stage. Pure.

weight = dup_weight x quality_weight x hardness_weight x topic_weight. Every factor is above 0 and
smooth in a percentile, so a score moves a document's share of the stage but never cuts it off.
Percentiles are taken within a document's language and domain: medical text is not all "hard", nor
is Chinese text.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import mul
from typing import Any

import numpy as np
import polars as pl

from assets.mixtures.selection import weights_of
from assets.recipes.data import UpsamplingSpec

FACTORS = ("dup_weight", "quality_weight", "hardness_weight", "topic_weight")
RANKS = ("quality_rank", "perplexity_rank", "difficulty")
FORMULAS = {
    "weight": " x ".join(FACTORS),
    "dup_weight": "step of upsampling.weights that duplicate_count reaches, at most max_repeats",
    "quality_weight": "low + (top - low) / (1 + exp(-(quality_rank - from) / softness))",
    "hardness_weight": "floor + (1 - floor) x exp(-((difficulty - centre) / width)^2 / 2)",
    "topic_weight": "mixture.topic_weights, 1 for a topic that is not named",
    "quality_rank": "(average rank of quality within language and domain - 0.5) / documents there",
    "perplexity_rank": "the same of bits_per_byte",
    "difficulty": "the same of perplexity_share x perplexity_rank + (1 - perplexity_share) x "
    "quality_rank, to 9 decimals",
}
"""As they stand in plan.json, so that an auditor can recompute each."""

_PEERS = ("language", "domain")


def with_weights(
    documents: pl.DataFrame, mixture: Mapping[str, Any], upsampling: UpsamplingSpec
) -> pl.DataFrame:
    """Add ranks, factors and their product; `mixture` is MixtureSpec.literals of the stage.

    Needs duplicate_count, quality, bits_per_byte, topic, language and domain, without nulls.
    """
    stage, share = mixture["stage"], mixture["perplexity_share"]
    # A percentile of the sum of two percentiles: they may run against each other, and the sums
    # then crowd in the middle, where no preference could tell them apart.
    hard = share * pl.col("perplexity_rank") + (1 - share) * pl.col("quality_rank")
    ranked = documents.with_columns(
        percentile(pl.col("quality")).alias("quality_rank"),
        percentile(pl.col("bits_per_byte")).alias("perplexity_rank"),
    ).with_columns(percentile(hard.round(9)).alias("difficulty"))
    counts = documents["duplicate_count"].to_numpy().astype(np.int64)
    topics = {str(topic): float(weight) for topic, weight in mixture["topic_weights"]}
    return ranked.with_columns(
        pl.Series("dup_weight", weights_of(counts, upsampling), dtype=pl.Float64),
        quality_weight(pl.col("quality_rank"), stage).alias("quality_weight"),
        hardness_weight(pl.col("difficulty"), stage).alias("hardness_weight"),
        pl.col("topic")
        .replace_strict(topics, default=1.0, return_dtype=pl.Float64)
        .alias("topic_weight"),
    ).with_columns(pl.reduce(mul, [pl.col(name) for name in FACTORS]).alias("weight"))


def percentile(value: pl.Expr) -> pl.Expr:
    """Return where a document stands among those of its language and domain, in (0, 1).

    Documents of equal value stand at the same percentile, a single one in the middle.
    """
    rank = value.cast(pl.Float64).rank("average")
    return ((rank - 0.5) / pl.len()).over(_PEERS)


def quality_weight(rank: pl.Expr, stage: Mapping[str, Any]) -> pl.Expr:
    """Return a logistic rise from quality_low to quality_top around quality_from."""
    low, top = stage["quality_low"], stage["quality_top"]
    steep = -(rank - stage["quality_from"]) / stage["quality_softness"]
    return low + (top - low) / (1 + steep.exp())


def hardness_weight(difficulty: pl.Expr, stage: Mapping[str, Any]) -> pl.Expr:
    """Return a bell around the difficulty that the stage prefers, never below its floor."""
    away = (difficulty - stage["hardness_centre"]) / stage["hardness_width"]
    floor = stage["hardness_floor"]
    return floor + (1 - floor) * (-(away**2) / 2).exp()
