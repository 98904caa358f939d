"""Pieces of a table's file: one column in batches, or some rows; the rest of the file is not read.

On a disk and on S3 alike: there only the pieces asked for are fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl

Source = Path | BinaryIO
"""A file of this machine, or one that is open on a remote store."""

BATCH_ROWS = 1 << 18
"""Rows of a column held at a time; our choice."""


def column_batches(source: Source, name: str) -> Iterator[pl.Series]:
    """Yield a column of strings, null as "", batch by batch; nothing when there is none."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        if name in file.schema_arrow.names:
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=[name]):
                yield pl.Series(name, batch.column(0), dtype=pl.String).fill_null("")


def rows(source: Source, first: int, count: int, columns: Sequence[str] | None) -> pl.DataFrame:
    """Return some consecutive rows, with those of the columns that the table has."""
    if isinstance(source, Path):
        frame = pl.scan_parquet(source)
        if columns is not None:
            there = frame.collect_schema().names()
            frame = frame.select([name for name in dict.fromkeys(columns) if name in there])
        return frame.slice(first, count).collect()
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        there = file.schema_arrow.names
        wanted = there if columns is None else [n for n in dict.fromkeys(columns) if n in there]
        parts, begins = [], 0
        for group in range(file.num_row_groups):
            ends = begins + file.metadata.row_group(group).num_rows
            if begins < first + count and first < ends:
                part = pl.DataFrame(pl.from_arrow(file.read_row_group(group, columns=wanted)))
                low = max(0, first - begins)
                parts.append(part.slice(low, first + count - begins - low))
            begins = ends
        none = pl.DataFrame(pl.from_arrow(file.schema_arrow.empty_table().select(wanted)))
    return pl.concat([none, *parts])
