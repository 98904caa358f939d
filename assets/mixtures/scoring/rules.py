"""Educational value, knowledge density and reasoning density, as rates of things one can point at.

Each score is rate / (rate + half), so it lies in 0..1, grows with every marker and never cuts off.
Weights and halves are our choice; docs/scoring.md says what each measures and what not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.scoring.lexicon import CATEGORIES, UNIT, lexicon
from assets.mixtures.scoring.rule_kernels import COUNTS, count_rows
from assets.mixtures.scoring.terms import TermFrequency
from assets.mixtures.scoring.text import Batch

F64 = npt.NDArray[np.float64]

UNSPACED_PER_WORD = 1.7
"""Ideographs and kana that stand for one word of a spaced script. Our choice."""
PRIOR_WORDS = 50.0
"""Words without any marker that are added to each text, so that a short one proves little."""
BEST_SENTENCE_WORDS = 20.0
"""Sentences of explaining prose have about so many words; half or twice as many count 80%."""

KNOWLEDGE_HALF, REASONING_HALF, EDUCATIONAL_HALF = 15.0, 4.0, 4.0
"""Weighted markers per 100 words at which a score is 0.5."""


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
    """Return the three scores in 0..1 from counts.

    Only sums, products and quotients in float64: the same on every machine, in any batch.
    """
    number = {name: counts[name].cast(pl.Float64).to_numpy() for name in counts.columns}
    words = number["words"] + number["unspaced"] / UNSPACED_PER_WORD
    per_100 = 100.0 / (words + PRIOR_WORDS)
    knowledge = number["terms"] + 3.0 * number["definition"] + 2.0 * number["measures"]
    reasoning = (
        2.0 * (number["inference"] + number["cause"])
        + number["condition"]
        + number["contrast"]
        + 0.5 * (number["comparison"] + number["sequence"] + number["relations"])
    )
    # Headings and list items carry structure only as far as there is prose between them.
    structure = np.minimum(number["headings"] + number["items"], number["sentences"] / 3.0)
    teaching = (
        2.0 * number["explanation"]
        + 1.5 * number["definition"]
        + number["cause"]
        + number["inference"]
        + 0.5 * number["sequence"]
        + 0.5 * structure
        - 3.0 * number["promotion"]
    )
    readable = _readable(words / np.maximum(number["sentences"], 1.0))
    columns = {
        "educational": _saturated(teaching * per_100, EDUCATIONAL_HALF) * readable,
        "knowledge_density": _saturated(knowledge * per_100, KNOWLEDGE_HALF),
        "reasoning_density": _saturated(reasoning * per_100, REASONING_HALF),
    }
    return pl.DataFrame({name: values.astype(np.float32) for name, values in columns.items()})


def _saturated(rate: F64, half: float) -> F64:
    """Return 0 without markers, 0.5 at `half` and less and less more above it."""
    rate = np.maximum(rate, 0.0)
    return rate / (rate + half)


def _readable(sentence_words: F64) -> F64:
    """Return 1 at the best sentence length, less where sentences are clipped or endless."""
    off = np.maximum(sentence_words, 1.0) / BEST_SENTENCE_WORDS
    return 2.0 * off / (1.0 + off * off)
