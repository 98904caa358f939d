"""Texts as numbers: what stands in a text column is measured here and never leaves Polars.

So no result, log line, exception or page of a validation can hold a piece of somebody's text.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

REDACTED = "(text)"
"""Stands for every text that is not missing."""
CONTROL_CHARACTERS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
"""C0 controls except tab, newline and carriage return, and DEL: never part of running text."""


def chars_of(column: str) -> str:
    """Return the name of the column that holds a text's length without outer spaces."""
    return f"{column}_chars"


def controls_of(column: str) -> str:
    """Return the name of the column that counts a text's control characters."""
    return f"{column}_control_chars"


def measured_columns(columns: Sequence[str], text_columns: Sequence[str]) -> list[str]:
    """Return the columns of a measured table: the stored ones, then two per text column."""
    present = [column for column in text_columns if column in columns]
    return [*columns, *[name for c in present for name in (chars_of(c), controls_of(c))]]


def measure(frame: pl.LazyFrame, text_columns: Sequence[str]) -> pl.LazyFrame:
    """Replace texts by a placeholder and add their measures; columns that are absent are skipped.

    Lengths are in characters (Unicode scalar values). A missing text has missing measures.
    """
    schema = frame.collect_schema()
    present = [column for column in text_columns if column in schema]
    measures = [
        expression
        for column in present
        for expression in (
            pl.col(column).cast(pl.String).str.strip_chars().str.len_chars().cast(pl.Int64)
            .alias(chars_of(column)),
            pl.col(column).cast(pl.String).str.count_matches(CONTROL_CHARACTERS).cast(pl.Int64)
            .alias(controls_of(column)),
        )
    ]  # fmt: skip
    redacted = [
        pl.when(pl.col(column).is_not_null()).then(pl.lit(REDACTED)).alias(column)
        for column in present
    ]
    return frame.with_columns(measures).with_columns(redacted)
