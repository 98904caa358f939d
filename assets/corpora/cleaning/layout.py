"""Rules for pages, which have lines: those of FineWeb and C4. A text of one line is no page.

They judge prose of web sources of at least MIN_LAYOUT_LINES lines, because their thresholds were
found on web pages. Elsewhere they do harm: abstracts are one line or a few headed ones, guidelines
are lists, formulas hold braces, and of 450 Japanese manual pages FineWeb's rules drop half.
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


def is_page() -> pl.Expr:
    """Return whether a document is judged as a page, from its kind, web and text."""
    newlines = pl.col("text").str.count_matches("\n", literal=True)
    return (pl.col("kind") == "prose") & pl.col("web") & (newlines + 1 >= MIN_LAYOUT_LINES)


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
