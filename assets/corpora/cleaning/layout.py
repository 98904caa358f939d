"""Rules for pages, which have lines: those of FineWeb and C4. A text of one line is no page.

They judge general prose of at least MIN_LAYOUT_LINES lines. Medical prose is left out: abstracts
are one line or a few headed ones, guidelines are lists, formulas and names hold braces.
"""

from __future__ import annotations

import polars as pl

from assets.corpora.cleaning.rule import C4, FINEWEB, Rule, share

MIN_LAYOUT_LINES = 5
"""Fewer lines give no shares worth a threshold. Our choice."""

MIN_ENDED_LINES = 0.12
MAX_REPEATED_LINE_CHARS = 0.01
MAX_SHORT_LINES = 0.67
MIN_SENTENCES = 5


def is_page(domain: pl.Expr, newlines: pl.Expr) -> pl.Expr:
    """Return whether a prose document is judged as a page."""
    return (domain == "general") & (newlines + 1 >= MIN_LAYOUT_LINES)


def _page(name: str, measures: str, threshold: str, fails: pl.Expr, source: str) -> Rule:
    return Rule(
        name=name,
        kind="prose",
        layout_only=True,
        measures=measures,
        threshold=threshold,
        source=source,
        fails=fails,
    )


LAYOUT_RULES = (
    _page(
        "few_lines_end_a_sentence",
        "lines that end in terminal punctuation",
        f"< {MIN_ENDED_LINES}",
        share("ended_lines", "lines") < MIN_ENDED_LINES,
        FINEWEB,
    ),
    _page(
        "repeated_line_chars",
        "characters of lines met before",
        f"> {MAX_REPEATED_LINE_CHARS}",
        pl.col("repeated_line_chars")
        > MAX_REPEATED_LINE_CHARS * (pl.col("chars") - pl.col("newlines")),
        FINEWEB,
    ),
    _page(
        "short_lines",
        "lines of at most 30 characters (15 of a script without spaces)",
        f"> {MAX_SHORT_LINES}",
        share("short_lines", "lines") > MAX_SHORT_LINES,
        FINEWEB,
    ),
    _page("curly_bracket", "{ anywhere", "any", pl.col("braces") > 0, C4),
    _page(
        "too_few_sentences",
        "ends of sentences in the lines that are left",
        f"< {MIN_SENTENCES}",
        pl.col("sentences") < MIN_SENTENCES,
        C4,
    ),
)
