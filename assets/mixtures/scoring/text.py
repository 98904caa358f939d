"""Documents as scorers see them: a batch of a table's rows with its tokens, cut once for all.

Batches hold a bounded number of bytes; draws by document id depend on nothing but the id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from assets.mixtures.scoring.text_kernels import I64, U8, U64, hash_rows, tokenise

BATCH_BYTES = 4 << 20
"""Text handled at a time; a longer document is a batch of its own. Our choice."""
_ROWS_AT_ONCE = 4096
"""Rows read from a file at a time, before they are cut into batches by bytes."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Tokens of consecutive documents; the legend of the arrays is in text_kernels.py."""

    data: U8
    ends: I64
    exact: U64
    folded: U64
    marks: U8
    bounds: I64
    """Document i has the tokens bounds[i] to bounds[i + 1]."""


@dataclass(frozen=True)
class Batch:
    """Rows of mixtures/decontaminated, and what several scorers need of their text."""

    frame: pl.DataFrame
    """Has at least doc_id, source and text."""

    @property
    def height(self) -> int:
        return int(self.frame.height)

    @cached_property
    def tokens(self) -> Tokens:
        return tokens_of(self.frame["text"])

    @cached_property
    def num_bytes(self) -> I64:
        """Bytes of each text."""
        sizes: I64 = self.frame["text"].str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy()
        return sizes


def tokens_of(texts: pl.Series) -> Tokens:
    """Cut and hash texts (a null counts as empty)."""
    data, offsets = arrow_bytes(texts)
    room = int(offsets[-1])
    ends, marks = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.uint8)
    exact, folded = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint64)
    bounds = np.zeros(len(offsets), dtype=np.int64)
    count = tokenise(data, offsets, ends, exact, folded, marks, bounds)
    return Tokens(
        data=data,
        ends=ends[:count],
        exact=exact[:count],
        folded=folded[:count],
        marks=marks[:count],
        bounds=bounds,
    )


def arrow_bytes(texts: pl.Series) -> tuple[U8, I64]:
    """Return the UTF-8 of a string column and where its rows begin."""
    column = texts.fill_null("").rechunk().to_arrow()
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int64)
    offsets = offsets[column.offset : column.offset + len(texts) + 1]
    if not len(offsets) or column.buffers()[2] is None:
        return np.zeros(0, dtype=np.uint8), np.zeros(len(texts) + 1, dtype=np.int64)
    data = np.frombuffer(column.buffers()[2], dtype=np.uint8)
    return data[offsets[0] : offsets[-1]], offsets - offsets[0]


def draws(doc_ids: pl.Series, seed: int) -> U64:
    """Return a number per document, uniform over 64 bits, from its id and the seed alone."""
    data, offsets = arrow_bytes(doc_ids)
    numbers: U64 = hash_rows(data, offsets, np.uint64(seed))
    return numbers


def read_batches(
    path: Path, columns: Sequence[str], batch_bytes: int = BATCH_BYTES
) -> Iterator[Batch]:
    """Yield the rows of a parquet file in their order, with bounded memory."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as table:
        wanted = [name for name in columns if name in table.schema_arrow.names]
        for rows in table.iter_batches(batch_size=_ROWS_AT_ONCE, columns=wanted):
            frame = pl.DataFrame(rows)
            yield from batches(frame, batch_bytes)


def batches(frame: pl.DataFrame, batch_bytes: int = BATCH_BYTES) -> Iterator[Batch]:
    """Cut a frame into batches of about `batch_bytes` of text, never an empty one."""
    ends = frame["text"].str.len_bytes().fill_null(0).cast(pl.Int64).cum_sum().to_numpy()
    first = 0
    while first < frame.height:
        taken = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, taken + batch_bytes, side="right")))
        yield Batch(frame.slice(first, last - first))
        first = last
