"""The documents of a recipe as numbered parts: who is taken, which row number means whom.

Row numbers follow (source, doc_id) over all taken documents, so they do not depend on how a
source is cut into parts. Documents and signatures that do not belong together are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.storage import StoredFile
from assets.ports import Compute

Item = TypeVar("Item")
Result = TypeVar("Result")

GROUP_BYTES = 32 << 20
"""Stored bytes of documents that one worker handles in one go, so that a hundred tiny sources do
not cost a hundred starts; our choice."""
GROUPS_PER_WORKER = 4
"""A group is smaller when there is less to do than this many for each worker."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of one source, with its sketches."""

    index: int
    source: str
    documents: StoredFile
    signatures: StoredFile
    templates: StoredFile
    first_row: int = 0
    num_taken: int = 0
    """Rows first_row to first_row + num_taken are its first documents by doc_id."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    num_documents: int
    text_bytes: int
    first_id: str
    last_id: str


@dataclass(frozen=True, kw_only=True)
class CapItem:
    """A part in which a source's cap falls."""

    part: Part
    room_bytes: int


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


def measure_part(part: Part) -> Measure:
    """Return the size of a part; raises ValueError when its signatures are of other documents."""
    ids = pl.read_parquet(part.documents.local(), columns=["doc_id"])["doc_id"].sort()
    signed = pl.read_parquet(part.signatures.local(), columns=["doc_id", "text_bytes"])
    if not ids.equals(signed["doc_id"]):
        raise ValueError(
            f"{part.signatures.uri} has {signed.height} signatures, and they are not those of the "
            f"{len(ids)} documents of {part.documents.uri}: make "
            f"mixtures/signatures[{part.source}] again"
        )
    twice = ids.filter(ids.is_duplicated())
    if len(twice):
        raise ValueError(
            f"doc_id {twice[0]} occurs more than once, in {part.source}: native ids must be "
            "unique within a source"
        )
    return Measure(
        num_documents=len(ids),
        text_bytes=int(signed["text_bytes"].cast(pl.Int64).sum()),
        first_id=ids[0] if len(ids) else "",
        last_id=ids[-1] if len(ids) else "",
    )


def rows_within(item: CapItem) -> int:
    """Return how many of the first documents of a part fit into the room together."""
    sizes = pl.read_parquet(item.part.signatures.local(), columns=["text_bytes"])["text_bytes"]
    return int((sizes.cast(pl.Int64).cum_sum() <= item.room_bytes).sum())


def read_signatures(part: Part, columns: Sequence[str]) -> pl.DataFrame:
    """Return the taken rows of a part's signatures, numbered in the column `row`."""
    frame = pl.read_parquet(part.signatures.local(), columns=list(columns)).head(part.num_taken)
    return frame.select(_numbers(part, frame.height), pl.all())


def read_documents(part: Part, columns: Sequence[str]) -> pl.DataFrame:
    """Return the taken rows of a part's documents, numbered in the column `row`."""
    wanted = list(dict.fromkeys(["doc_id", *columns]))
    frame = pl.read_parquet(part.documents.local(), columns=wanted)
    if not frame["doc_id"].is_sorted():
        frame = frame.sort("doc_id")
    frame = frame.head(part.num_taken)
    return frame.select(_numbers(part, frame.height), *columns)


def part_of_rows(rows: npt.NDArray[np.uint64], first_rows: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return the part of each row; parts without rows are never meant."""
    bounds = np.array(first_rows, dtype=np.uint64)
    return np.searchsorted(bounds, rows, side="right").astype(np.int64) - 1


def _run_group(group: _Group) -> list[object]:
    return [group.function(item) for item in group.items]


def _numbers(part: Part, count: int) -> pl.Series:
    return pl.Series("row", np.arange(part.first_row, part.first_row + count, dtype=np.uint64))
