"""C4's rules for lines (arXiv 1910.10683, section 2.2), on pages only (layout.py).

A line stays if it ends in terminal punctuation and has three words. Our additions: a bracket may
close behind the punctuation; and a short line directly above one that stays is its heading and
stays too, because headings carry the structure of encyclopaedic text.
"""

from __future__ import annotations

import polars as pl

from assets.corpora.cleaning.lines import LINE, ROW, WHY, lines_of, without_lines

MIN_LINE_WORDS = 3
MAX_HEADING_WORDS = 12
ENDS = ".!?\"'\u201d\u2019\u3002\uff01\uff1f\uff0e\u300d\u300f\u0964\u06d4\u061f"
"""C4's four marks and their counterparts in other scripts; an ellipsis does not count, as in C4."""

POLICIES = (
    "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
    "use cookies",
)  # fmt: skip
"""From C4's published code."""

PAGE_LINES = ("javascript", "policy", "few_words", "no_sentence_end")


def remove_page_lines(texts: pl.Series, pages: pl.Series) -> pl.DataFrame:
    """Return text, removed_<reason> and removed_sample per text; only pages are touched."""
    lines = lines_of(texts, pages)
    line = pl.col(LINE)
    # Two characters of a script without spaces are a word, as in gopher.py.
    words = (
        line.str.count_matches(r"\S+")
        + line.str.count_matches(
            r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
        )
        // 2
    )
    ended = line.str.contains(f"[{ENDS}][)\\]\uff09]*$") & ~line.str.ends_with("...")
    lines = lines.with_columns(words=words, ended=ended, blank=line == "")
    named = (
        pl.when(line.str.contains_any(["javascript"], ascii_case_insensitive=True))
        .then(pl.lit("javascript"))
        .when(line.str.contains_any(list(POLICIES), ascii_case_insensitive=True))
        .then(pl.lit("policy"))
    )
    lines = lines.with_columns(named=named)
    stays = pl.col("named").is_null() & pl.col("ended") & (pl.col("words") >= MIN_LINE_WORDS)
    # The next line of the same text that is not blank.
    below = pl.when(~pl.col("blank")).then(stays).backward_fill().shift(-1).over(ROW)
    heading = below.fill_null(value=False) & (pl.col("words") <= MAX_HEADING_WORDS)
    why = (
        pl.when("blank").then(None)
        .when(pl.col("named").is_not_null()).then("named")
        .when(stays | heading).then(None)
        .when(pl.col("words") < MIN_LINE_WORDS).then(pl.lit("few_words"))
        .otherwise(pl.lit("no_sentence_end"))
    )  # fmt: skip
    going = lines.with_columns(why.alias(WHY)).filter(pl.col(WHY).is_not_null())
    return without_lines(texts, lines, going, PAGE_LINES)
