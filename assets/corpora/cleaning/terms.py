"""Rules for terms of an ontology: a name with something said about it."""

from __future__ import annotations

import polars as pl

from assets.corpora.cleaning.rule import OURS, Rule

MIN_WORDS = 8
"""A term with nothing said about it teaches spelling only."""
MAX_CHARS = 100_000

TERM_RULES = (
    Rule(
        name="too_few_words",
        kind="term",
        measures="words between blanks",
        threshold=f"< {MIN_WORDS}",
        source=OURS,
        fails=pl.col("runs") < MIN_WORDS,
    ),
    Rule(
        name="too_long",
        kind="term",
        measures="characters",
        threshold=f"> {MAX_CHARS:,}",
        source=OURS,
        fails=pl.col("chars") > MAX_CHARS,
    ),
)
