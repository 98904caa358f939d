"""Quality and repetition rules of MassiveText ("Gopher") for prose of every domain."""

from __future__ import annotations

import polars as pl

from assets.corpora.cleaning.rule import GOPHER, GOPHER_TABLE, OURS, Rule, share

MIN_WORDS, MAX_WORDS = 50, 100_000
MIN_MEAN_WORD_CHARS, MAX_MEAN_WORD_CHARS = 3, 10
MAX_SYMBOLS_PER_WORD = 0.1
MAX_BULLET_LINES = 0.9
MAX_ELLIPSIS_LINES = 0.3
MIN_ALPHABETIC_WORDS = 0.8
MIN_STOP_WORDS = 2

MAX_REPEATED_PARTS = 0.30
MAX_REPEATED_CHARS = 0.20
MAX_TOP_NGRAM_CHARS = {2: 0.20, 3: 0.18, 4: 0.16}
MAX_REPEATED_NGRAM_CHARS = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}

MIN_TOP_NGRAM_COUNT = 3
"""Our choice: the table has no such bound, and drops 1% of PubMed's abstracts only because a short
text takes up the long words of its title once."""

_WORDS = pl.col("words") - pl.col("unspaced") / 2
"""Two characters of a script without spaces are a word: the mean length of a Chinese word lies
between one and two, of a Japanese one about two. Our choice."""


def _prose(name: str, measures: str, threshold: str, fails: pl.Expr, source: str = GOPHER) -> Rule:
    return Rule(
        name=name,
        kind="prose",
        measures=measures,
        threshold=threshold,
        source=source,
        fails=fails,
    )


def _mean_word() -> pl.Expr:
    # A mean length says nothing where words are not parted by spaces.
    spaced = 2 * pl.col("unspaced") <= pl.col("words")
    mean = share("word_chars", "words")
    return spaced & ((mean < MIN_MEAN_WORD_CHARS) | (mean > MAX_MEAN_WORD_CHARS))


QUALITY_RULES = (
    _prose("too_few_words", "words that are not only marks", f"< {MIN_WORDS}", _WORDS < MIN_WORDS),
    _prose("too_many_words", "the same", f"> {MAX_WORDS:,}", _WORDS > MAX_WORDS),
    _prose(
        "odd_word_length",
        "mean characters of a word; not in scripts without spaces",
        f"< {MIN_MEAN_WORD_CHARS} or > {MAX_MEAN_WORD_CHARS}",
        _mean_word(),
    ),
    _prose(
        "too_many_symbols",
        "hash signs or ellipses to a word (marks are words here)",
        f"> {MAX_SYMBOLS_PER_WORD}",
        pl.max_horizontal(share("hashes", "tokens"), share("ellipses", "tokens"))
        > MAX_SYMBOLS_PER_WORD,
    ),
    _prose(
        "bullet_list",
        "lines that begin with a bullet",
        f"> {MAX_BULLET_LINES}",
        share("bullet_lines", "lines") > MAX_BULLET_LINES,
    ),
    _prose(
        "cut_off_lines",
        "lines that end in an ellipsis",
        f"> {MAX_ELLIPSIS_LINES}",
        share("ellipsis_lines", "lines") > MAX_ELLIPSIS_LINES,
    ),
    _prose(
        "too_few_alphabetic_words",
        "words with a letter, among words that are not only marks",
        f"< {MIN_ALPHABETIC_WORDS}",
        share("alphabetic", "words") < MIN_ALPHABETIC_WORDS,
    ),
    _prose(
        "too_few_stop_words",
        "different ones of the, be, to, of, and, that, have, with; English only",
        f"< {MIN_STOP_WORDS}",
        (pl.col("stop_words") < MIN_STOP_WORDS) & (pl.col("language") == "en"),
    ),
)


def top_ngram_rule(n: int, min_count: int) -> Rule:
    """Return the rule on the commonest n-gram of words."""
    limit = MAX_TOP_NGRAM_CHARS[n]
    often = pl.col(f"top_{n}_count") >= min_count
    taken = pl.col(f"top_{n}_count") * pl.col(f"top_{n}_chars")
    return _prose(
        "frequent_phrase",
        f"characters in the commonest {n}-gram of words, if it occurs {min_count} times",
        f"> {limit}",
        often & (taken > limit * pl.col("chars")),
        GOPHER_TABLE if min_count == 1 else f"{GOPHER_TABLE}; times: {OURS}",
    )


def _parts_rule(part: str) -> Rule:
    return _prose(
        f"repeated_{part}s",
        f"{part}s met before in the document, by number or characters",
        f"> {MAX_REPEATED_PARTS} or > {MAX_REPEATED_CHARS}",
        (share(f"repeated_{part}s", f"{part}s") > MAX_REPEATED_PARTS)
        | (share(f"repeated_{part}_chars", "chars") > MAX_REPEATED_CHARS),
        GOPHER_TABLE,
    )


def _repeated_ngram_rule(n: int, limit: float) -> Rule:
    return _prose(
        "repeated_phrases",
        f"characters in {n}-grams of words met before",
        f"> {limit}",
        pl.col(f"repeated_{n}_chars") > limit * pl.col("chars"),
        GOPHER_TABLE,
    )


REPETITION_RULES = (
    _parts_rule("paragraph"),
    _parts_rule("line"),
    *(top_ngram_rule(n, MIN_TOP_NGRAM_COUNT) for n in MAX_TOP_NGRAM_CHARS),
    *(_repeated_ngram_rule(n, limit) for n, limit in MAX_REPEATED_NGRAM_CHARS.items()),
)
