"""Judge documents by column: language, boilerplate taken out, and why a document is dropped.

A frame goes in, the same rows come out in order; nothing here reads or writes files.
"""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from assets.corpora.cleaning.boilerplate import BOILERPLATE, remove_boilerplate
from assets.corpora.cleaning.language import detect_languages
from assets.corpora.cleaning.layout import is_page
from assets.corpora.cleaning.measures import measure
from assets.corpora.cleaning.page_lines import PAGE_LINES, remove_page_lines
from assets.corpora.cleaning.rule import KINDS
from assets.corpora.cleaning.rules import (
    NO_TEXT,
    NOT_ALLOWED,
    ONLY_BOILERPLATE,
    RULES,
    reason_of,
)
from assets.corpora.sources import ANY_LANGUAGE

BATCH_BYTES = 32_000_000
"""Text judged at a time: what is held beside the frame is bounded by it and the longest text."""

REMOVED = tuple(f"removed_{name}" for name in (*BOILERPLATE, *PAGE_LINES))
"""Columns that count the lines taken out, by pattern."""


def judge_frame(frame: pl.DataFrame, *, allowed_language: str) -> pl.DataFrame:
    """Return text, language, reason ("" = kept), REMOVED and removed_sample, one row per row.

    The frame has text (in its normal form), kind (prose, term, code), language (declared) and, if
    it likes, web: whether the source is pages of the web (layout.py), false without the column.
    Raises ValueError on other kinds.
    """
    _check(frame)
    if "web" not in frame.columns:
        frame = frame.with_columns(web=pl.lit(value=False))
    frame = frame.select(
        pl.col("text").fill_null(""), "kind", pl.col("language").fill_null(""), "web"
    )
    batch = frame["text"].str.len_bytes().cast(pl.Int64).cum_sum() // BATCH_BYTES
    bounds = [0, *(batch.diff().fill_null(0) > 0).arg_true(), frame.height]
    parts = [
        _judge_batch(frame.slice(first, last - first), allowed_language)
        for first, last in pairwise(bounds)
    ]
    return pl.concat(parts)


def _check(frame: pl.DataFrame) -> None:
    missing = [name for name in ("text", "kind", "language") if name not in frame.columns]
    if missing:
        raise ValueError(f"judge_frame needs the column {missing[0]!r}: got {frame.columns}")
    unknown = frame.filter(~pl.col("kind").is_in(KINDS))["kind"]
    if len(unknown) or frame["kind"].null_count():
        found = unknown[0] if len(unknown) else None
        raise ValueError(f"no rules for documents of kind {found!r}: choose from {KINDS}")


def _judge_batch(frame: pl.DataFrame, allowed_language: str) -> pl.DataFrame:
    prose = frame["kind"] == "prose"
    cleaned = remove_boilerplate(frame["text"], prose)
    left = frame.with_columns(cleaned["text"], came=frame["text"] != "")
    left = left.with_columns(_languages(left), page=is_page())
    reasons = _reasons(left, allowed_language)
    # Pages are judged as they came, because the shares of lines are FineWeb's, which does not take
    # lines out; then their lines go as C4 has it, and what is left is judged again.
    pages = remove_page_lines(left["text"], left["page"] & (reasons == ""))
    changed = pages["removed_sample"] != ""
    if changed.any():
        left = left.with_columns(pages["text"])
        reasons = _merged(reasons, changed, _reasons(left.filter(changed), allowed_language))
    dropped = reasons != ""
    sample = pl.coalesce(*(_not_empty(part["removed_sample"]) for part in (cleaned, pages)))
    return pl.select(
        # A dropped document is shown as it came.
        pl.when(dropped).then(frame["text"]).otherwise(left["text"]).alias("text"),
        left["language"],
        reasons,
        *(cleaned[f"removed_{name}"] for name in BOILERPLATE),
        *(pages[f"removed_{name}"] for name in PAGE_LINES),
        sample.fill_null("").alias("removed_sample"),
    )


def _not_empty(values: pl.Series) -> pl.Expr:
    return pl.when(values != "").then(values)


def _languages(frame: pl.DataFrame) -> pl.Series:
    """Detect the language of prose; terms and program text keep the declared one.

    Anatomy in Latin is taken for Latin.
    """
    prose = frame["kind"] == "prose"
    chosen = frame.filter(prose)
    return _merged(frame["language"], prose, detect_languages(chosen["text"], chosen["language"]))


def _merged(all_rows: pl.Series, chosen: pl.Series, values: pl.Series) -> pl.Series:
    """Return the series with `values` at the rows where `chosen` is true."""
    return all_rows.scatter(chosen.arg_true(), values) if len(values) else all_rows


def _reasons(frame: pl.DataFrame, allowed_language: str) -> pl.Series:
    frame = frame.hstack(measure(frame["text"], frame["kind"]))
    foreign = (pl.col("kind") != "code") & (pl.col("language") != allowed_language)
    return frame.select(
        pl.when(pl.col("text") == "")
        .then(pl.when("came").then(pl.lit(ONLY_BOILERPLATE)).otherwise(pl.lit(NO_TEXT)))
        # The allow-list is the source's own language: what another source is for comes from there.
        .when(foreign & pl.lit(allowed_language != ANY_LANGUAGE))
        .then(pl.lit(NOT_ALLOWED))
        .otherwise(reason_of(RULES))
        .alias("reason")
    ).to_series()
