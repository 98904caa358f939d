"""Clusters within one source: settled when it is signed, opened where another source touches them.

Who is kept, and the evidence for it, depends on a cluster's documents alone. So a mixture takes the
evidence of every cluster that has no relation to another source as it stands in the artifact, and
joins only the others anew: what is added costs what it touches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.clusters import (
    Explained,
    evidence_of,
    send_evidence,
)
from assets.mixtures.deduplication.components import LABELS
from assets.mixtures.deduplication.frames import (
    Fragments,
    read_frame,
    read_frames,
    scatter,
    write_frame,
)
from assets.mixtures.deduplication.parts import part_of_rows
from assets.mixtures.deduplication.relations import RELATIONS, SourceRows
from assets.mixtures.words import U64

OPEN = pl.Schema({"row": pl.UInt64})
OPEN_LABELS = pl.Schema({"label": pl.UInt64})


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Clusters of a source, by the shards of their labels; all rows are those of the source."""

    merged: tuple[StoredFile, ...]
    """MERGED and the label."""
    sizes: tuple[StoredFile, ...]
    """CLUSTER_SIZES and the label."""
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
    bounds: tuple[str, ...]
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Opened:
    rows: Fragments
    """Documents of opened clusters, to their parts."""
    explained: Explained
    """Of all other clusters."""


def settle(item: SettleItem) -> SettledShard:
    """Write the clusters of one shard with the evidence of every removed document."""
    decisions = read_frame(item.decisions)
    compared = read_frames(item.compared, RELATIONS)
    merged, sizes = evidence_of(decisions, read_frame(item.known), compared)
    receivers = part_of_rows(compared["right"].to_numpy(), item.first_rows)
    name = f"{item.shard:05d}"
    rows = decisions.select(LABELS.names()).sort("row")
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
    """Send the documents of touched clusters to their parts, and the evidence of the others on."""
    held = read_frame(item.rows)
    rows = held["row"].to_numpy() + np.uint64(item.source.first_row)
    labels = held["label"].to_numpy()
    touched = read_frames(item.touched, OPEN)["row"].to_numpy()
    opened = np.unique(labels[np.isin(rows, touched)])
    is_open = np.isin(labels, opened)
    merged, sizes = read_frame(item.merged), read_frame(item.sizes)
    if len(opened):
        merged, sizes = (_without(frame, opened) for frame in (merged, sizes))
    leaving = pl.DataFrame({"row": rows[is_open]}, schema=OPEN)
    receivers = part_of_rows(rows[is_open], item.first_rows)
    return Opened(
        rows=scatter(leaving, receivers, item.out.child("opened"), item.name),
        explained=send_evidence(merged, sizes, item.bounds, item.out.child("settled"), item.name),
    )


def _without(frame: pl.DataFrame, labels: U64) -> pl.DataFrame:
    return frame.filter(pl.Series(~np.isin(frame["label"].to_numpy(), labels)))
