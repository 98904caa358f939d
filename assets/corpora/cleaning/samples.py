"""What a report shows of the documents that were dropped: counts, and a few excerpts per reason."""

from __future__ import annotations

import polars as pl

NUM_SAMPLES = 5
SAMPLE_CHARS = 200


def reasons_table(dropped: pl.DataFrame) -> pl.DataFrame:
    """Return reason, documents and samples (a list of excerpts), commonest reason first.

    The frame has reason, text and a hash of the document in text_hash; samples are those of the
    smallest hashes, so they are the same whatever the order of the rows.
    """
    missing = {"reason", "text", "text_hash"} - set(dropped.columns)
    if missing:
        raise ValueError(f"reasons_table needs the column {min(missing)!r}: {dropped.columns}")
    excerpt = pl.col("text").str.head(SAMPLE_CHARS).str.replace_all(r"\s+", " ").alias("samples")
    return (
        dropped.sort("text_hash", "text")
        .group_by("reason", maintain_order=True)
        .agg(pl.len().alias("documents"), excerpt.head(NUM_SAMPLES))
        .sort("documents", "reason", descending=[True, False])
    )


def samples_text(table: pl.DataFrame) -> str:
    """Return the table as Markdown: one heading per reason, its samples quoted below."""
    blocks = [
        "\n".join([f"**{reason}**: {count:,}", "", *(f"> {sample}\n>" for sample in samples)])
        for reason, count, samples in table.iter_rows()
    ]
    return "\n\n".join(blocks) + "\n" if blocks else ""
