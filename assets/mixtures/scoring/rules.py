"""Educational value, knowledge density and reasoning density, as rates of things one can point at.

Each score is 1 - exp(-rate / scale), so it lies in 0..1, grows with every marker and never cuts
off. Weights and scales are our choice; docs/scoring.md says what each measures and what not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.mixtures.scoring.lexicon import CATEGORIES, UNIT, lexicon
from assets.mixtures.scoring.rule_kernels import COUNTS, count_rows
from assets.mixtures.scoring.terms import TermFrequency
from assets.mixtures.scoring.text import Batch

UNSPACED_PER_WORD = 1.7
"""Ideographs and kana that stand for one word of a spaced script. Our choice."""
PRIOR_WORDS = 50.0
"""Words without any marker that are added to each text, so that a short one proves little."""
BEST_SENTENCE_WORDS, SENTENCE_SPREAD = 20.0, 2.5
"""Sentences of explaining prose have about 20 words; off by this factor they count 60% of it."""

KNOWLEDGE_SCALE, REASONING_SCALE, EDUCATIONAL_SCALE = 20.0, 6.0, 5.0
"""Weighted markers per 100 words at which a score reaches 1 - 1/e = 0.63."""


@dataclass(frozen=True)
class RuleScorer:
    """The three densities, from one pass over the tokens."""

    terms: TermFrequency
    name: str = "rules"
    columns: tuple[str, ...] = ("educational", "knowledge_density", "reasoning_density")

    def score(self, batch: Batch) -> pl.DataFrame:
        return rule_scores(rule_counts(batch, self.terms))


def rule_counts(batch: Batch, terms: TermFrequency) -> pl.DataFrame:
    """Return one row of counts per document: COUNTS, then the categories of the lexicon."""
    table, tokens = lexicon(), batch.tokens
    out = np.zeros((batch.height, len(COUNTS) + len(CATEGORIES)), dtype=np.int32)
    low, high = terms.bounds
    count_rows(
        tokens.data,
        tokens.ends,
        tokens.folded,
        tokens.marks,
        tokens.bounds,
        table.keys,
        table.category,
        table.longest,
        terms.windows,
        low,
        high,
        UNIT,
        out,
    )
    return pl.DataFrame(out, schema=[*COUNTS, *CATEGORIES], orient="row")


def rule_scores(counts: pl.DataFrame) -> pl.DataFrame:
    """Return the three scores in 0..1 from counts."""
    words = pl.col("words") + pl.col("unspaced") / UNSPACED_PER_WORD
    per_100 = 100.0 / (words + PRIOR_WORDS)
    knowledge = pl.col("terms") + 3.0 * pl.col("definition") + 2.0 * pl.col("measures")
    reasoning = (
        2.0 * pl.col("inference")
        + 2.0 * pl.col("cause")
        + pl.col("condition")
        + pl.col("contrast")
        + 0.5 * pl.col("comparison")
        + 0.5 * pl.col("sequence")
        + 0.5 * pl.col("relations")
    )
    # Headings and list items carry structure only as far as there is prose between them.
    structure = pl.min_horizontal(pl.col("headings") + pl.col("items"), pl.col("sentences") / 3)
    teaching = (
        2.0 * pl.col("explanation")
        + 1.5 * pl.col("definition")
        + pl.col("cause")
        + pl.col("inference")
        + 0.5 * pl.col("sequence")
        + 0.5 * structure
        - 3.0 * pl.col("promotion")
    )
    return counts.select(
        (_saturated(teaching * per_100, EDUCATIONAL_SCALE) * _readable(words)).alias("educational"),
        _saturated(knowledge * per_100, KNOWLEDGE_SCALE).alias("knowledge_density"),
        _saturated(reasoning * per_100, REASONING_SCALE).alias("reasoning_density"),
    ).cast(pl.Float32)


def _saturated(rate: pl.Expr, scale: float) -> pl.Expr:
    return 1.0 - (-rate.clip(lower_bound=0.0) / scale).exp()


def _readable(words: pl.Expr) -> pl.Expr:
    """1 at the best sentence length, less where sentences are missing, clipped or endless."""
    length = words / pl.col("sentences").clip(lower_bound=1)
    off = (length.clip(lower_bound=1.0) / BEST_SENTENCE_WORDS).log() / float(
        np.log(SENTENCE_SPREAD)
    )
    return (-(off**2) / 2.0).exp()
