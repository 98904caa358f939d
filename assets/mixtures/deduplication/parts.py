"""The documents of a recipe as numbered parts: who is taken, which row number means whom.

Row numbers follow (source, doc_id) over all taken documents, so they do not depend on how a
source is cut into parts. Documents and signatures that do not belong together are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.corpora.document_tables import read_rows
from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import read_frame, write_frame
from assets.ports import Compute

Item = TypeVar("Item")
Result = TypeVar("Result")

GROUP_BYTES = 32 << 20
"""Stored bytes of documents that one worker handles in one go, so that a hundred tiny sources do
not cost a hundred starts; our choice."""
GROUPS_PER_WORKER = 4
"""A group is smaller when there is less to do than this many for each worker."""


PARTS = pl.Schema(
    {
        "documents_sha256": pl.String,
        "num_documents": pl.UInt64,
        "num_exact_only": pl.UInt64,
        "text_bytes": pl.UInt64,
        "first_id": pl.String,
        "last_id": pl.String,
        "is_sorted": pl.Boolean,
    }
)
"""A row per part of a source, in their order."""
SIZES = pl.Schema({"prefix": pl.String, "text_bytes": pl.UInt64})
"""Bytes of text per prefix of doc_id."""
PREFIX_CHARS = 4
"""Documents are written in ranges of this prefix of their doc_id (65,536 of them for hex)."""
_MAX_PREFIXES = 1 << 22
"""Rows that are added up at a time."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How much a part holds."""

    num_documents: int
    num_exact_only: int
    """Documents with too few shingles to be compared by them."""
    text_bytes: int
    first_id: str
    last_id: str
    is_sorted: bool
    """Its documents stand in the order of their doc_ids, as its signatures always do."""
    sizes: StoredFile


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of one source, with its sketches."""

    index: int
    source: str
    documents: StoredFile
    signatures: StoredFile
    templates: StoredFile
    measure: Measure
    licences: StoredFile | None = None
    """What held_licences says of its documents; None while they are signed."""
    relations: StoredFile | None = None
    """What signing found of its documents; None while they are signed."""
    shingles: StoredFile | None = None
    """Shingles of its documents, as long as it is being signed."""
    source_row: int = 0
    """Number of its first document within the source."""
    gone: StoredFile | None = None
    """Rows of the source that were left out of it."""
    first_row: int = 0
    num_taken: int = 0
    """Rows first_row to first_row + num_taken are its first documents by doc_id."""


@dataclass(frozen=True, kw_only=True)
class CapItem:
    """A part in which a source's cap falls."""

    part: Part
    room_bytes: int
    min_shingles: int
    out: Folder


@dataclass(frozen=True, kw_only=True)
class _Group:
    function: Callable[..., object]
    items: tuple[object, ...]


def mapped(
    compute: Compute,
    function: Callable[[Item], Result],
    items: Sequence[Item],
    sizes: Sequence[int],
    label: str,
) -> list[Result]:
    """Return function(item) for every item, small neighbours in one call of a worker."""
    groups: list[list[Item]] = []
    share = sum(sizes) // (GROUPS_PER_WORKER * compute.workers)
    most = min(GROUP_BYTES, max(1, share))
    held = most
    for item, size in zip(items, sizes, strict=True):
        if held >= most:
            groups.append([])
            held = 0
        groups[-1].append(item)
        held += size
    tasks = [_Group(function=function, items=tuple(group)) for group in groups]
    return [result for done in compute.map(_run_group, tasks, label=label) for result in done]  # type: ignore[misc]


def over_parts(
    compute: Compute,
    function: Callable[[Item], Result],
    items: Sequence[Item],
    parts: Sequence[Part],
    label: str,
) -> list[Result]:
    """Map over one item per part."""
    sizes = [part.documents.entry.size_bytes for part in parts]
    return mapped(compute, function, items, sizes, label)


def measured(
    signed: pl.DataFrame, min_shingles: int, out: Folder, name: str, *, is_sorted: bool
) -> Measure:
    """Measure the documents of a part by their signatures, which are sorted by doc_id."""
    ids = signed["doc_id"]
    left = signed["num_shingles"] - signed["num_template_shingles"]
    prefix = pl.col("doc_id").str.slice(0, PREFIX_CHARS).alias("prefix")
    sizes = signed.group_by(prefix).agg(pl.col("text_bytes").cast(pl.UInt64).sum()).sort("prefix")
    return Measure(
        num_documents=len(ids),
        num_exact_only=int((left < min_shingles).sum()),
        text_bytes=int(signed["text_bytes"].cast(pl.Int64).sum()),
        first_id=ids[0] if len(ids) else "",
        last_id=ids[-1] if len(ids) else "",
        is_sorted=is_sorted,
        sizes=write_frame(out, f"sizes/{name}.arrow", sizes),
    )


def summed_sizes(files: Sequence[StoredFile]) -> pl.DataFrame:
    """Return SIZES of several parts together, by prefix."""
    total = SIZES.to_frame()
    held = [total]
    for number, file in enumerate(files, 1):
        held.append(read_frame(file))
        if number == len(files) or sum(frame.height for frame in held) > _MAX_PREFIXES:
            total = _summed(pl.concat(held).sort("prefix"))
            held = [total]
    return total


def _summed(sizes: pl.DataFrame) -> pl.DataFrame:
    """Add up neighbours of equal prefix: a fifth of the time of a table of all prefixes."""
    prefix = sizes["prefix"]
    first = np.flatnonzero((prefix != prefix.shift()).fill_null(True).to_numpy())
    if not len(first):
        return sizes
    totals = np.add.reduceat(sizes["text_bytes"].to_numpy(), first)
    return pl.DataFrame({"prefix": prefix[first], "text_bytes": totals}, schema=SIZES)


def cut_part(item: CapItem) -> Part:
    """Take the first documents of a part that fit into the room together."""
    columns = ["doc_id", "text_bytes", "num_shingles", "num_template_shingles"]
    signed = pl.read_parquet(item.part.signatures.local(), columns=columns)
    count = int((signed["text_bytes"].cast(pl.Int64).cum_sum() <= item.room_bytes).sum())
    measure = measured(
        signed.head(count),
        item.min_shingles,
        item.out,
        f"{item.part.index:05d}",
        is_sorted=item.part.measure.is_sorted,
    )
    return replace(item.part, measure=measure, num_taken=count)


def read_signatures(part: Part, columns: Sequence[str]) -> pl.DataFrame:
    """Return the taken rows of a part's signatures, numbered in the column `row`."""
    frame = pl.read_parquet(part.signatures.local(), columns=list(columns)).head(part.num_taken)
    return frame.select(_numbers(part, frame.height), pl.all())


def read_texts(part: Part, at: npt.NDArray[np.int64]) -> pl.Series:
    """Return the texts of some taken documents of a part, by their numbers in it, rising."""
    path = part.documents.local()
    if part.measure.is_sorted:
        return read_rows(path, at, ["text"])["text"]
    return pl.read_parquet(path, columns=["doc_id", "text"]).sort("doc_id")["text"].gather(at)


def part_of_rows(rows: npt.NDArray[np.uint64], first_rows: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return the part of each row; parts without rows are never meant."""
    bounds = np.array(first_rows, dtype=np.uint64)
    return np.searchsorted(bounds, rows, side="right").astype(np.int64) - 1


def _run_group(group: _Group) -> list[object]:
    return [group.function(item) for item in group.items]


def _numbers(part: Part, count: int) -> pl.Series:
    return pl.Series("row", np.arange(part.first_row, part.first_row + count, dtype=np.uint64))
