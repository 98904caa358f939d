"""Take lines out of documents, and say how many for which reason: the shared machinery.

Which lines go is for boilerplate.py and page_lines.py; nothing is lost without a count.
"""

from __future__ import annotations

import polars as pl

ROW, LINE, WHY = "row", "line", "why"
SAMPLE_CHARS = 200


def lines_of(texts: pl.Series, rows: pl.Series) -> pl.DataFrame:
    """Return one row per line of the texts chosen by `rows` (Boolean): row, place, line."""
    frame = pl.DataFrame({ROW: pl.int_range(len(texts), dtype=pl.UInt32, eager=True), LINE: texts})
    lines = frame.filter(rows).with_columns(pl.col(LINE).str.split("\n")).explode(LINE)
    return lines.with_row_index("place")


def without_lines(
    texts: pl.Series, lines: pl.DataFrame, going: pl.DataFrame, reasons: tuple[str, ...]
) -> pl.DataFrame:
    """Return text, removed_<reason> (UInt32 each) and removed_sample, one row per text.

    `lines` is that of lines_of; `going` are those of its rows that go, with a column why.
    """
    counted = going.group_by(ROW).agg(
        *((pl.col(WHY) == name).sum().alias(f"removed_{name}") for name in reasons),
        pl.col(LINE).first().str.head(SAMPLE_CHARS).alias("removed_sample"),
    )
    left = (
        lines.join(counted.select(ROW), on=ROW, how="semi", maintain_order="left")
        .join(going.select("place"), on="place", how="anti", maintain_order="left")
        .group_by(ROW, maintain_order=True)
        .agg(pl.col(LINE).str.join("\n").alias("left"))
        .with_columns(pl.col("left").str.replace_all("\n{3,}", "\n\n").str.strip_chars(" \n"))
    )
    frame = pl.DataFrame({ROW: pl.int_range(len(texts), dtype=pl.UInt32, eager=True)})
    frame = frame.with_columns(texts.alias("text"))
    frame = frame.join(counted, on=ROW, how="left", maintain_order="left")
    frame = frame.join(left, on=ROW, how="left", maintain_order="left")
    gone = pl.col("removed_sample").is_not_null()
    return frame.select(
        pl.when(gone).then(pl.col("left").fill_null("")).otherwise("text").alias("text"),
        *(pl.col(f"removed_{name}").fill_null(0).cast(pl.UInt32) for name in reasons),
        pl.col("removed_sample").fill_null(""),
    )
