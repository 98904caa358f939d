"""Lines that belong to a site or a publisher and not to the text: found by pattern, taken out.

Only whole, short lines go, from prose of every domain, and a copyright notice behind the last
sentence: a long line that mentions a policy is a paragraph about it. All patterns are ours and run
in linear time.
"""

from __future__ import annotations

import polars as pl

from assets.corpora.cleaning.lines import (
    LINE,
    ROW,
    SAMPLE_CHARS,
    WHY,
    lines_of,
    without_lines,
)

MAX_LINE_BYTES = 300
"""Our choice, as are all limits here."""

_SUBSCRIBE = (
    r"subscribe(?: now| today| to .{1,60})?|sign (?:up|in|out)(?: .{1,60})?|log ?(?:in|out)"
    r"|follow us(?: on .{1,60})?|share (?:this|on) .{1,60}|register(?: now)?"
    r"|(?:like|tweet|share|print|email)(?: this)?"
)
_NAVIGATION = (
    r"home|menu|search|skip to (?:main )?content|back to (?:top|home|the top)"
    r"|(?:read|show|load|see) more|(?:next|previous)(?: page| article)?|contact us|about us"
    r"|site ?map|table of contents"
    r"|advertisement|related articles?|share|help|faqs?"
)
_ITEM = r"[^.|>\u00bb]{1,30}"

PATTERNS = {
    "cookie_notice": (
        r"(?i)\b(?:accept|uses?|use of|using) (?:all )?cookies\b"
        r"|\bcookie (?:policy|settings|preferences|notice)\b"
    ),
    "privacy_notice": (
        r"(?i)\bprivacy (?:policy|notice)\b|\bterms (?:of (?:use|service)|and conditions)\b"
    ),
    "javascript_notice": r"(?i)\benable javascript\b|\bjavascript (?:is|must be|needs to be) ",
    "copyright": (
        r"(?i)^(?:copyright|\(c\)|\u00a9)[ \u00a9]*(?:\(c\))? *(?:by |the authors?,? )?[12]\d{3}\b"
        r"|^(?:[^.]{0,80}\. ?)?all rights reserved\b"
    ),
    "publisher_notice": (
        r"(?i)^published by (?:elsevier|john wiley|wiley|springer|sage|oxford university press"
        r"|cambridge university press|lippincott|karger|thieme|bmj|frontiers|mdpi|plos)\b"
        r"|\bthis is an open access article\b|\breprints? and permissions?\b"
    ),
    "subscribe": rf"(?i)^(?:{_SUBSCRIBE})[.!:]?$",
    "navigation": rf"(?i)^(?:{_NAVIGATION})[.!:]?$|^(?:{_ITEM} [|>\u00bb] ){{2,20}}{_ITEM}$",
    "page_number": r"(?i)^(?:page )?\d{1,4} (?:of|/) \d{1,4}$|^page \d{1,4}$|^- ?\d{1,4} ?-$",
}
"""Patterns of lines, asked in this order."""

REPEATED = "repeated_header"
MIN_REPEATS, MIN_REPEATED_WORDS = 3, 4
"""A line of at least four words that stands there three times is a running header or footer; the
first one stays. Shorter ones are headings ("Symptoms")."""

TAIL = "copyright_tail"
_NOTICE = (
    r"\(?(?:psycinfo database record )?(?:copyright )?(?:\u00a9|\(c\)|copyright)[ \u00a9]{0,3}"
    r"(?:the authors?.{0,20} )?[12]\d{3}[^.\n]{0,150}\.?"
)
TAIL_PATTERN = (
    r"(?i)([.!?)])((?: (?:this article is protected by copyright\.|all rights reserved\.|"
    rf"{_NOTICE})){{1,4}})$"
)
"""A notice behind the last sentence, as publishers put it into abstracts."""

BOILERPLATE = (*PATTERNS, REPEATED, TAIL)

LITERALS = (
    "cookie", "privacy", "terms of", "terms and conditions", "javascript", "copyright", "(c)",
    "\u00a9", "rights reserved", "published by", "open access article", "reprint",
)  # fmt: skip
"""A text of one line without any of these holds none of the patterns."""


def remove_boilerplate(texts: pl.Series, prose: pl.Series) -> pl.DataFrame:
    """Return text, removed_<pattern> and removed_sample per text; only prose is touched."""
    named = texts.str.contains_any(list(LITERALS), ascii_case_insensitive=True)
    many = texts.str.contains("\n", literal=True)
    lines = lines_of(texts, prose & (named | many))
    short = lines.filter(pl.col(LINE).str.len_bytes() <= MAX_LINE_BYTES)
    going = pl.concat([_by_pattern(short), _by_repetition(short)]).unique("place", keep="first")
    frame = without_lines(texts, lines, going.sort("place"), (*PATTERNS, REPEATED))
    return _without_tails(frame, prose & named)


def _by_pattern(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines that match a pattern, with the name of the first that does."""
    line = pl.col(LINE)
    # One automaton for all patterns first: few lines match any.
    likely = lines.filter(line.str.contains("|".join(f"(?:{p})" for p in PATTERNS.values())))
    named = [
        pl.when(line.str.contains(pattern)).then(pl.lit(name)) for name, pattern in PATTERNS.items()
    ]
    return likely.with_columns(pl.coalesce(*named, pl.lit(None, pl.String)).alias(WHY))


def _by_repetition(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the copies of running headers and footers, without the first of each."""
    long = lines.filter(pl.col(LINE).str.count_matches(" ", literal=True) >= MIN_REPEATED_WORDS - 1)
    copies = long.filter(pl.struct(ROW, LINE).is_duplicated())
    often = copies.filter(pl.len().over(ROW, LINE) >= MIN_REPEATS)
    later = often.filter(pl.int_range(pl.len()).over(ROW, LINE) > 0)
    return later.with_columns(pl.lit(REPEATED).alias(WHY))


def _without_tails(frame: pl.DataFrame, likely: pl.Series) -> pl.DataFrame:
    """Cut off the notice behind the last line, add removed_copyright_tail (0 or 1) and a sample."""
    # Only texts that name such a thing meet the pattern: it reads the whole text.
    tails = frame["text"].filter(likely).str.extract(TAIL_PATTERN, 2)
    found = tails.is_not_null()
    rows = likely.arg_true().filter(found)
    removed = pl.zeros(frame.height, pl.UInt32, eager=True).alias(f"removed_{TAIL}")
    text, sample = frame["text"], frame["removed_sample"]
    if len(rows):
        text = text.scatter(rows, text.gather(rows).str.replace(TAIL_PATTERN, "${1}"))
        removed = removed.scatter(rows, 1)
        cut = tails.filter(found).str.strip_chars().str.head(SAMPLE_CHARS)
        old = sample.gather(rows)
        sample = sample.scatter(
            rows, pl.select(pl.when(old == "").then(cut).otherwise(old)).to_series()
        )
    counts = [frame[f"removed_{name}"] for name in (*PATTERNS, REPEATED)]
    return pl.DataFrame([text, *counts, removed, sample])
