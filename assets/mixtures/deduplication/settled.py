"""Clusters within one source: settled when it is signed, opened where another source touches them.

Who is kept, and the evidence for it, depends on a cluster's documents alone. So a mixture reads the
evidence of every cluster that has no relation to another source where it stands in the artifact,
and joins only the others anew: what is added costs what it touches.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.clusters import (
    CLUSTER_SIZES,
    MERGED,
    Explained,
    evidence_of,
    send_evidence,
)
from assets.mixtures.deduplication.components import LABELS
from assets.mixtures.deduplication.frames import (
    Fragments,
    read_frame,
    read_frames,
    read_table,
    scatter,
    write_frame,
)
from assets.mixtures.deduplication.parts import part_of_rows
from assets.mixtures.deduplication.relations import RELATIONS, SourceRows
from assets.mixtures.words import U64

STANDING_BYTES = 1 << 30
"""Evidence that every worker may open where it stands, of some 20 GB of text; more of it is sent to
who writes it. Our choice."""
OPEN = pl.Schema({"row": pl.UInt64})
OPEN_LABELS = pl.Schema({"label": pl.UInt64})


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Clusters of a source, by the shards of their labels; all rows are those of the source."""

    merged: tuple[StoredFile, ...]
    """MERGED and the label, by doc_id."""
    sizes: tuple[StoredFile, ...]
    """CLUSTER_SIZES and the label, by doc_id."""
    rows: tuple[StoredFile, ...]
    """LABELS of all their documents."""


@dataclass(frozen=True, kw_only=True)
class SettleItem:
    shard: int
    decisions: StoredFile
    known: StoredFile
    compared: tuple[StoredFile, ...]
    first_rows: tuple[int, ...]
    out: Folder
    scratch: Folder


@dataclass(frozen=True, kw_only=True)
class SettledShard:
    merged: StoredFile
    sizes: StoredFile
    rows: StoredFile
    compared: Fragments
    """To the parts of the right documents."""


@dataclass(frozen=True, kw_only=True)
class TouchItem:
    """What was found across sources, of right documents in one part."""

    index: int
    relations: tuple[StoredFile, ...]
    first_rows: tuple[int, ...]
    out: Folder


@dataclass(frozen=True, kw_only=True)
class OpenItem:
    """One shard of a source's clusters, and which of the source's documents are touched."""

    name: str
    merged: StoredFile
    sizes: StoredFile
    rows: StoredFile
    touched: tuple[StoredFile, ...]
    """OPEN, under the rows of the mixture."""
    source: SourceRows
    first_rows: tuple[int, ...]
    bounds: tuple[str, ...] | None
    """Ranges to which the evidence of all other clusters is sent; None: it stands."""
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The evidence of one shard of a source's clusters, those apart that are opened."""

    merged: StoredFile
    sizes: StoredFile
    opened: StoredFile | None
    """OPEN_LABELS; None: all stand."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    rows: Fragments
    """Documents of opened clusters, to their parts."""
    standing: Standing | None
    explained: Explained
    """Of all other clusters; where their evidence stands, none of it is sent."""


def settle(item: SettleItem) -> SettledShard:
    """Write the clusters of one shard with the evidence of every removed document."""
    decisions = read_frame(item.decisions)
    compared = read_frames(item.compared, RELATIONS)
    merged, sizes = evidence_of(decisions, read_frame(item.known), compared)
    receivers = part_of_rows(compared["right"].to_numpy(), item.first_rows)
    name = f"{item.shard:05d}"
    rows = decisions.select(LABELS.names()).sort("row")
    merged, sizes = merged.sort("doc_id"), sizes.sort("doc_id")
    return SettledShard(
        merged=write_frame(item.out, f"settled/merged/{name}.arrow", merged),
        sizes=write_frame(item.out, f"settled/sizes/{name}.arrow", sizes),
        rows=write_frame(item.out, f"settled/rows/{name}.arrow", rows),
        compared=scatter(compared, receivers, item.scratch.child("settled"), name),
    )


def touch(item: TouchItem) -> Fragments:
    """Send the documents of relations across sources to their parts."""
    found = read_frames(item.relations, RELATIONS)
    rows = np.unique(np.concatenate([found["left"].to_numpy(), found["right"].to_numpy()]))
    receivers = part_of_rows(rows, item.first_rows)
    return scatter(
        pl.DataFrame({"row": rows}, schema=OPEN), receivers, item.out, f"{item.index:05d}"
    )


def open_touched(item: OpenItem) -> Opened:
    """Send the documents of touched clusters to their parts, and say where the others stand."""
    held = read_frame(item.rows)
    rows = held["row"].to_numpy() + np.uint64(item.source.first_row)
    labels = held["label"].to_numpy()
    touched = read_frames(item.touched, OPEN)["row"].to_numpy()
    opened = np.unique(labels[np.isin(rows, touched)])
    is_open = np.isin(labels, opened)
    sizes = _without(read_frame(item.sizes), opened)
    leaving = pl.DataFrame({"row": rows[is_open]}, schema=OPEN)
    receivers = part_of_rows(rows[is_open], item.first_rows)
    sent = scatter(leaving, receivers, item.out.child("opened"), item.name)
    if item.bounds is not None:
        merged, out = _without(read_frame(item.merged), opened), item.out.child("settled")
        explained = send_evidence(merged, sizes, item.bounds, out, item.name)
        return Opened(rows=sent, standing=None, explained=explained)
    file = None
    if len(opened):
        labels = pl.DataFrame({"label": opened}, schema=OPEN_LABELS)
        file = write_frame(item.out, f"opened-labels/{item.name}.arrow", labels)
    return Opened(
        rows=sent,
        standing=Standing(merged=item.merged, sizes=item.sizes, opened=file),
        explained=Explained(
            merged=(),
            sizes=(),
            num_clusters=sizes.height,
            largest=int(sizes["duplicate_count"].max() or 0),  # type: ignore[call-overload]
        ),
    )


def merged_between(item: Standing, first: str, last: str) -> pl.DataFrame:
    """Return MERGED of first <= doc_id < last; an empty `last` has no end."""
    return _between(item, item.merged, MERGED, first, last)


def sizes_between(item: Standing, first: str, last: str) -> pl.DataFrame:
    """Return CLUSTER_SIZES of first <= doc_id < last; an empty `last` has no end."""
    return _between(item, item.sizes, CLUSTER_SIZES, first, last)


def _between(
    item: Standing, file: StoredFile, schema: pl.Schema, first: str, last: str
) -> pl.DataFrame:
    table = read_table(file)
    ids = table["doc_id"].chunk(0) if table.num_rows else ()

    def at(bound: str) -> int:
        return bisect_left(range(len(ids)), bound, key=lambda place: ids[place].as_py())

    begin = at(first)
    table = table.slice(begin, at(last) - begin if last else None)
    if item.opened is None:
        found = pl.from_arrow(table.select(schema.names()))
        assert isinstance(found, pl.DataFrame)
        return found
    found = pl.from_arrow(table)
    assert isinstance(found, pl.DataFrame)
    return _without(found, read_frame(item.opened)["label"].to_numpy()).select(schema.names())


def _without(frame: pl.DataFrame, labels: U64) -> pl.DataFrame:
    if not len(labels):
        return frame
    return frame.filter(pl.Series(~np.isin(frame["label"].to_numpy(), labels)))
