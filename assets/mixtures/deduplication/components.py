"""Connected components of the links, in bounded memory.

Few edges are joined by one worker. More go by rounds of large star and small star over shards of
the nodes (Kiveris et al., Connected Components in MapReduce and Beyond, SoCC 2014), after each
file of edges was reduced to a forest. The label of a component is its smallest row, either way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import (
    Fragments,
    by_receiver,
    partition_of,
    read_frame,
    read_frames,
    scatter,
)
from assets.mixtures.deduplication.parts import part_of_rows
from assets.mixtures.deduplication.relations import Kind
from assets.mixtures.word_hash import mix
from assets.mixtures.words import U64
from assets.ports import Compute

EDGES = pl.Schema({"node": pl.UInt64, "other": pl.UInt64})
LABELS = pl.Schema({"row": pl.UInt64, "label": pl.UInt64})
MAX_ROUNDS = 100
"""Rounds grow with the logarithm of the longest path (same paper, section 3): more is a bug."""


@dataclass(frozen=True, kw_only=True)
class JoinItem:
    """Files with edges in their first two columns."""

    name: str
    files: tuple[StoredFile, ...]
    first_rows: tuple[int, ...]
    """Where labels go; empty: a forest of the edges goes to the shards instead."""
    num_shards: int
    out: Folder


@dataclass(frozen=True, kw_only=True)
class StarItem:
    shard: int
    files: tuple[StoredFile, ...]
    num_shards: int
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Stars:
    fragments: Fragments
    state: int
    """Sum of hashes of the shard's edges: rounds end when the total no longer changes."""


@dataclass(frozen=True, kw_only=True)
class LabelItem(StarItem):
    first_rows: tuple[int, ...]


def label_components(
    compute: Compute,
    files: Sequence[StoredFile],
    first_rows: tuple[int, ...],
    num_shards: int,
    scratch: Folder,
) -> list[Fragments]:
    """Send the label of every linked row to its part."""
    if num_shards < 2:
        item = JoinItem(
            name="all", files=tuple(files), first_rows=first_rows, num_shards=1, out=scratch
        )
        return compute.map(join_edges, [item], label="components")
    forests = [
        JoinItem(
            name=f"{index:05d}",
            files=(file,),
            first_rows=(),
            num_shards=num_shards,
            out=scratch.child("forest"),
        )
        for index, file in enumerate(files)
    ]
    sent = compute.map(join_edges, forests, label="components: forests")
    before = -1
    for number in range(MAX_ROUNDS):
        large = _round(compute, large_star, sent, num_shards, scratch.child(f"large{number}"))
        sent = [each.fragments for each in large]
        state = sum(each.state for each in large)
        if state == before:
            break
        before = state
        small = _round(compute, small_star, sent, num_shards, scratch.child(f"small{number}"))
        sent = [each.fragments for each in small]
    else:
        raise AssertionError(f"components did not settle in {MAX_ROUNDS} rounds")
    labels = [
        LabelItem(
            shard=shard,
            files=edges,
            num_shards=num_shards,
            first_rows=first_rows,
            out=scratch.child("labels"),
        )
        for shard, edges in enumerate(by_receiver(sent, num_shards))
    ]
    return compute.map(send_labels, labels, label="components: labels")


def join_edges(item: JoinItem) -> Fragments:
    """Join the edges of some files, and send labels to parts or a forest to shards."""
    from assets.mixtures.shingle_kernels import smallest_members

    edges = [_edges(read_frame(file)) for file in item.files]
    both = [np.zeros(0, dtype=np.uint64)]
    left = np.concatenate([*both, *(frame.to_series(0).to_numpy() for frame in edges)])
    right = np.concatenate([*both, *(frame.to_series(1).to_numpy() for frame in edges)])
    nodes, numbers = np.unique(np.concatenate([left, right]), return_inverse=True)
    numbers = numbers.astype(np.int64)
    roots = smallest_members(len(nodes), numbers[: len(left)], numbers[len(left) :])
    labels = nodes[roots] if len(nodes) else nodes
    if item.first_rows:
        frame = pl.DataFrame({"row": nodes, "label": labels}, schema=LABELS)
        return scatter(frame, part_of_rows(nodes, item.first_rows), item.out, item.name)
    joined = nodes != labels
    return _both_ways(nodes[joined], labels[joined], item.num_shards, item.out, item.name)


def large_star(item: StarItem) -> Stars:
    """Link the larger neighbours of each node to the smallest of it and its neighbours."""
    edges = read_frames(item.files, EDGES).unique()
    least = pl.min_horizontal("node", pl.col("other").min().over("node")).alias("least")
    stars = edges.select("node", "other", least).filter(pl.col("other") > pl.col("node"))
    node, other = stars["other"].to_numpy(), stars["least"].to_numpy()
    frame = (
        pl.DataFrame({"node": node, "other": other}, schema=EDGES).unique().sort("node", "other")
    )
    # The state is taken of what comes in: whole stars, each edge at both its ends.
    state = mix(edges["node"].to_numpy() + mix(edges["other"].to_numpy()))
    return Stars(
        fragments=_one_way(frame, item.num_shards, item.out, f"{item.shard:05d}"),
        state=int(state.sum(dtype=np.uint64)),
    )


def small_star(item: StarItem) -> Stars:
    """Link each node and its smaller neighbours to the smallest of them."""
    edges = read_frames(item.files, EDGES).unique()
    least = pl.col("other").min().over("node").alias("least")
    stars = edges.select("node", "other", least)
    node = np.concatenate([stars["other"].to_numpy(), stars["node"].to_numpy()])
    other = np.concatenate([stars["least"].to_numpy()] * 2)
    loops = node == other
    fragments = _both_ways(
        node[~loops], other[~loops], item.num_shards, item.out, f"{item.shard:05d}"
    )
    return Stars(fragments=fragments, state=0)


def send_labels(item: LabelItem) -> Fragments:
    """Send settled stars, nodes under their smallest, to the parts of the nodes."""
    edges = read_frames(item.files, EDGES).unique()
    roots = edges["other"].unique()
    labels = pl.concat(
        [
            edges.select(pl.col("node").alias("row"), pl.col("other").alias("label")),
            pl.DataFrame({"row": roots, "label": roots}, schema=LABELS),
        ]
    ).sort("row")
    receivers = part_of_rows(labels["row"].to_numpy(), item.first_rows)
    return scatter(labels, receivers, item.out, f"{item.shard:05d}")


def _edges(relations: pl.DataFrame) -> pl.DataFrame:
    """Leave out what was compared for the record only."""
    if "kind" not in relations.columns:
        return relations
    return relations.filter(pl.col("kind") != Kind.SIMILARITY)


def _round(
    compute: Compute,
    step: Callable[[StarItem], Stars],
    sent: Sequence[Fragments],
    num_shards: int,
    out: Folder,
) -> list[Stars]:
    items = [
        StarItem(shard=shard, files=files, num_shards=num_shards, out=out)
        for shard, files in enumerate(by_receiver(sent, num_shards))
    ]
    return compute.map(step, items, label="components")


def _both_ways(node: U64, other: U64, num_shards: int, out: Folder, name: str) -> Fragments:
    frame = pl.DataFrame(
        {"node": np.concatenate([node, other]), "other": np.concatenate([other, node])},
        schema=EDGES,
    )
    return _one_way(frame.unique().sort("node", "other"), num_shards, out, name)


def _one_way(frame: pl.DataFrame, num_shards: int, out: Folder, name: str) -> Fragments:
    receivers = partition_of(mix(frame["node"].to_numpy()), num_shards)
    return scatter(frame, receivers, out, name)
