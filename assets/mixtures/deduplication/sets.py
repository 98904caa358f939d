"""Shingle sets of the documents that pairs name: cut from their texts, or kept since signing.

A set holds the high halves of the shingles outside templates; see shingles.halves_of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import column, read_table, write_table
from assets.mixtures.deduplication.parts import Part, read_signatures, read_texts
from assets.mixtures.deduplication.shingles import (
    U32,
    Sketches,
    TemplateTable,
    halves_of,
    sets_of,
)
from assets.mixtures.words import I64, U64

SETS = pl.Schema({"row": pl.UInt64, "entry": pl.UInt64, "members": pl.Binary})
"""Distinct shingles of a document outside templates, and which entry of a form it is, if any."""
SHINGLES = pa.schema([("members", pa.large_binary())])
"""All shingles outside templates of every document of a part, by its own rows."""


@dataclass(frozen=True, kw_only=True)
class Sets:
    """Shingle sets of some documents, by rising row."""

    rows: U64
    entries: U64
    members: U32
    bounds: I64


def write_shingles(found: Sketches, out: Folder, name: str) -> StoredFile:
    """Keep the shingles of a part for the proof of its pairs."""
    bounds = np.append(np.zeros(1, dtype=np.int64), np.cumsum(found.num_kept))
    table = pa.table({"members": _binary(found.halves, bounds)}, schema=SHINGLES)
    return write_table(out, f"shingles/{name}.arrow", table)


def own_sets(part: Part, rows: pl.Series, shingle_words: int) -> Sets:
    """Return the shingle sets of some documents of a part."""
    if not len(rows):
        none = np.zeros(0, dtype=np.uint64)
        return Sets(
            rows=none,
            entries=none,
            members=np.zeros(0, dtype=np.uint32),
            bounds=np.zeros(1, dtype=np.int64),
        )
    at = (rows - part.first_row).cast(pl.Int64)
    entries = read_signatures(part, ["entry"])["entry"].gather(at)
    if part.shingles is not None:
        halves, bounds = _members(read_table(part.shingles))
        members, bounds = halves_of(halves, bounds, at.to_numpy())
    else:
        texts = read_texts(part, at.to_numpy())
        hashes = pl.read_parquet(part.templates.local(), columns=["shingle"])["shingle"].to_numpy()
        whole, bounds = sets_of(texts, shingle_words, TemplateTable(hashes))
        halves = (whole >> np.uint64(32)).astype(np.uint32)
        members, bounds = halves_of(halves, bounds, np.arange(len(at)))
    return Sets(rows=rows.to_numpy(), entries=entries.to_numpy(), members=members, bounds=bounds)


def packed(sets: Sets) -> pl.DataFrame:
    """Return sets as a table of SETS."""
    members = pl.Series("members", _binary(sets.members, sets.bounds), dtype=pl.Binary)
    return pl.DataFrame({"row": sets.rows, "entry": sets.entries, "members": members}, schema=SETS)


def read_sets(file: StoredFile) -> Sets:
    """Return the sets of a file of SETS."""
    table = read_table(file)
    members, bounds = _members(table)
    return Sets(
        rows=column(table, "row"), entries=column(table, "entry"), members=members, bounds=bounds
    )


def _binary(members: U32, bounds: I64) -> pa.LargeBinaryArray:
    buffers = [None, pa.py_buffer(bounds * 4), pa.py_buffer(members.astype("<u4", copy=False))]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(bounds) - 1, buffers)


def _members(table: pa.Table) -> tuple[U32, I64]:
    """Return the members of all rows of a table, and their bounds."""
    if not table.num_rows:
        return np.zeros(0, dtype=np.uint32), np.zeros(1, dtype=np.int64)
    (array,) = table["members"].chunks
    _, offsets, content = array.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[: table.num_rows + 1] // 4
    members: U32 = np.zeros(0, dtype=np.uint32)
    if bounds[-1]:
        members = np.frombuffer(content, dtype="<u4", count=int(bounds[-1]))
    return members, bounds
