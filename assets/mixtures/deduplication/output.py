"""What deduplication writes: documents that stay, in parts by doc_id, and the evidence.

A range of doc_ids is one part, and its size in text depends on the documents alone: how sources
were cut, and who worked on them, changes no byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.corpora.document_schema import DOCUMENT_SCHEMA
from assets.corpora.document_tables import read_between, write_documents
from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import part_name
from assets.mixtures.deduplication.clusters import CLUSTER_SIZES, MERGED
from assets.mixtures.deduplication.frames import read_frames, write_parquet
from assets.mixtures.deduplication.parts import Part, summed_sizes
from assets.mixtures.deduplication.settled import Standing, merged_between, sizes_between

PART_BYTES = 64 << 20
"""Text per part before merging, as in corpora/documents; our choice."""
MERGED_RANGES = 8
"""Ranges of documents per part of the evidence, which has a row for each that goes; our choice."""
COMPRESSION_LEVEL = 1
"""Of zstd: costs a third of the usual level's time and some percent of its size."""
DOCUMENTS = pl.Schema(DOCUMENT_SCHEMA)
STATS = pl.Schema({"source": pl.String, "taken": pl.UInt32, "exact": pl.UInt32, "near": pl.UInt32})


@dataclass(frozen=True, kw_only=True)
class MergedItem:
    """The evidence of some doc_ids in a row."""

    index: int
    first: str
    last: str
    """doc_ids from the first to before the last one; an empty last one has no end."""
    merged: tuple[StoredFile, ...]
    standing: tuple[Standing, ...]
    """Of all doc_ids."""
    out: Folder


@dataclass(frozen=True, kw_only=True)
class RangeItem(MergedItem):
    """A range, whose documents are one part."""

    parts: tuple[Part, ...]
    """Those that may hold a doc_id of the range."""
    sizes: tuple[StoredFile, ...]


@dataclass(frozen=True, kw_only=True)
class Written:
    documents: StoredFile
    stats: tuple[tuple[str, int, int, int], ...]
    """(source, taken, exact, near)."""
    num_kept: int


def range_bounds(sizes: Sequence[StoredFile], part_bytes: int) -> tuple[str, ...]:
    """Return the doc_id prefixes at which a new range begins, from bytes of text per prefix."""
    total = summed_sizes(sizes)
    ends = total["text_bytes"].cast(pl.Int64).cum_sum().to_numpy()
    bounds: list[str] = []
    first = 0
    while first < len(ends):
        taken = int(ends[first - 1]) if first else 0
        first = max(first + 1, int(np.searchsorted(ends, taken + part_bytes, side="right")))
        bounds.append(total["prefix"][first] if first < len(ends) else "")
    return tuple(bounds[:-1])


def merged_items(ranges: Sequence[RangeItem]) -> list[MergedItem]:
    """Return who writes the evidence of which ranges."""
    taken = [ranges[at : at + MERGED_RANGES] for at in range(0, len(ranges), MERGED_RANGES)]
    return [
        MergedItem(
            index=index,
            first=own[0].first,
            last=own[-1].last,
            merged=tuple(file for each in own for file in each.merged),
            standing=own[0].standing,
            out=own[0].out,
        )
        for index, own in enumerate(taken)
    ]


def write_merged(item: MergedItem) -> StoredFile:
    """Write the evidence of some ranges by doc_id."""
    return write_parquet(item.out, part_name("merged", item.index), _merged(item))


def write_range(item: RangeItem) -> Written:
    """Write the documents of one range that stay."""
    merged = _merged(item)
    sizes = [sizes_between(each, item.first, item.last) for each in item.standing]
    counts = pl.concat([read_frames(item.sizes, CLUSTER_SIZES), *sizes])
    frames = [DOCUMENTS.to_frame(), *(_documents(part, item) for part in item.parts)]
    documents = pl.concat(frames).sort("doc_id")
    stays = documents.join(merged.select("doc_id"), on="doc_id", how="anti", maintain_order="left")
    stays = stays.join(counts, on="doc_id", how="left", maintain_order="left").with_columns(
        pl.col("doc_id").alias("cluster_id"), pl.col("duplicate_count").fill_null(1)
    )
    stays = stays.select(*documents.columns, "cluster_id", "duplicate_count")
    assert stays.height + merged.height == documents.height
    assert int(stays["duplicate_count"].sum()) >= stays.height
    stats = (
        documents.group_by("source")
        .agg(pl.len().alias("taken"))
        .join(
            merged.group_by("source").agg(
                (pl.col("rule") == "exact").sum().alias("exact"),
                (pl.col("rule") == "near").sum().alias("near"),
            ),
            on="source",
            how="left",
        )
        .fill_null(0)
        .sort("source")
    )
    name = part_name("documents", item.index)
    return Written(
        documents=item.out.write(
            name, lambda path: write_documents(stays, path, COMPRESSION_LEVEL)
        ),
        stats=tuple(stats.iter_rows()),
        num_kept=stays.height,
    )


def may_hold(part: Part, first: str, last: str) -> bool:
    """Return whether taken documents of a part can lie in a range; an empty `last` has no end."""
    held = part.measure
    return part.num_taken > 0 and held.last_id >= first and (not last or held.first_id < last)


def _merged(item: MergedItem) -> pl.DataFrame:
    """Return MERGED by doc_id."""
    standing = [merged_between(each, item.first, item.last) for each in item.standing]
    return pl.concat([read_frames(item.merged, MERGED), *standing]).sort("doc_id")


def _documents(part: Part, item: RangeItem) -> pl.DataFrame:
    """Return the taken documents of a part that fall into the range."""
    found = read_between(part.documents.local(), item.first, item.last)
    return found.filter(pl.col("doc_id") <= part.measure.last_id)
