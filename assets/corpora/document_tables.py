"""A part of documents as a Parquet file: sorted by doc_id, in row groups of a few MB of text.

Who wants some documents reads the row groups that hold them, not the part. What is in the columns
is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

GROUP_BYTES = 2 << 20
"""Text per row group: some milliseconds to read, and a footer that stays small. Our choice."""


def write_documents(frame: pl.DataFrame, path: Path, level: int | None = None) -> None:
    """Write documents with a text; `level` is zstd's, by default that of Polars."""
    held = int(frame["text"].str.len_bytes().sum() or 0)
    num_groups = max(1, -(-held // GROUP_BYTES))
    frame.write_parquet(
        path,
        compression="zstd",
        compression_level=level,
        row_group_size=max(1, -(-frame.height // num_groups)),
    )


def read_rows(path: Path, rows: npt.NDArray[np.int64], columns: Sequence[str]) -> pl.DataFrame:
    """Return some rows of a part (rising numbers, as they stand in the file)."""
    with pq.ParquetFile(path) as part:
        sizes = [part.metadata.row_group(i).num_rows for i in range(part.num_row_groups)]
        first = np.cumsum([0, *sizes])
        group_of = np.searchsorted(first, rows, side="right") - 1
        groups = np.unique(group_of)
        table = part.read_row_groups(groups.tolist(), columns=list(columns), use_threads=False)
    found = pl.from_arrow(table)
    assert isinstance(found, pl.DataFrame)
    skipped = first[groups] - np.cumsum([0, *np.diff(first)[groups]])[:-1]
    at = rows - skipped[np.searchsorted(groups, group_of)]
    return found.select(columns)[at]


def read_between(path: Path, first: str, last: str) -> pl.DataFrame:
    """Return the documents with first <= doc_id < last, sorted; an empty `last` has no end."""
    ids = pl.col("doc_id")
    wanted = (ids >= first) if not last else (ids >= first) & (ids < last)
    found = pl.scan_parquet(path).filter(wanted).collect()
    return found if found["doc_id"].is_sorted() else found.sort("doc_id")
