"""From components to evidence: who is kept in each cluster, and why each other document went.

The longest text is kept, of equally long ones that with the smallest doc_id. A removed document
has on record its true similarity to the kept one, and the strongest link that brought it in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.components import LABELS
from assets.mixtures.deduplication.frames import (
    Fragments,
    partition_of,
    read_frame,
    read_frames,
    scatter,
    write_frame,
)
from assets.mixtures.deduplication.parts import Part, read_signatures
from assets.mixtures.deduplication.proof import TAGGED, Proposed, propose
from assets.mixtures.deduplication.relations import RELATIONS, Kind
from assets.mixtures.word_hash import mix
from assets.mixtures.words import U64

MEMBERS = pl.Schema(
    {
        "row": pl.UInt64,
        "label": pl.UInt64,
        "first": pl.UInt64,
        "doc_id": pl.String,
        "source": pl.String,
        "native_id": pl.String,
        "text_hash": pl.String,
        "text_bytes": pl.UInt32,
    }
)
"""A document of a cluster; `first` is the document of the same text with the smallest doc_id."""
DECISIONS = pl.Schema({**MEMBERS, "kept": pl.UInt64, "kept_doc_id": pl.String})
MERGED = pl.Schema(
    {
        "doc_id": pl.String,
        "source": pl.String,
        "native_id": pl.String,
        "text_hash": pl.String,
        "kept_doc_id": pl.String,
        "similarity": pl.Float64,
        "rule": pl.String,
        "linked_doc_id": pl.String,
        "link_similarity": pl.Float64,
        "cluster_id": pl.String,
    }
)
CLUSTER_SIZES = pl.Schema({"doc_id": pl.String, "duplicate_count": pl.UInt32})


@dataclass(frozen=True, kw_only=True)
class MembersItem:
    part: Part
    labels: tuple[StoredFile, ...]
    relations: tuple[StoredFile, ...]
    """Those whose right document is in this part."""
    num_shards: int
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Members:
    members: Fragments
    relations: Fragments


@dataclass(frozen=True, kw_only=True)
class ChooseItem:
    shard: int
    members: tuple[StoredFile, ...]
    relations: tuple[StoredFile, ...]
    first_rows: tuple[int, ...]
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Chosen:
    decisions: StoredFile
    known: StoredFile
    """What is known of distinct texts of the shard."""
    missing: Proposed
    """Pairs of removed and kept that nobody has compared."""


@dataclass(frozen=True, kw_only=True)
class ExplainItem:
    shard: int
    decisions: StoredFile
    known: StoredFile
    compared: tuple[StoredFile, ...]
    bounds: tuple[str, ...]
    """The first doc_id prefix of every range but the first one."""
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Explained:
    merged: Fragments
    sizes: Fragments
    num_clusters: int
    largest: int


def gather_members(item: MembersItem) -> Members:
    """Send the clustered documents of a part, and what is known of them, to their label's shard."""
    found = read_frames(item.labels, LABELS)
    rows, at = np.unique(found["row"].to_numpy(), return_index=True)
    labels = found["label"].to_numpy()[at]
    relations = read_frames(item.relations, RELATIONS)
    right = relations["right"].to_numpy()
    place = np.minimum(np.searchsorted(rows, right), max(0, len(rows) - 1))
    clustered = rows[place] == right if len(rows) else np.zeros(len(right), dtype=np.bool_)
    is_copy = clustered & (relations["kind"].to_numpy() == Kind.COPY)
    firsts = rows.copy()
    firsts[place[is_copy]] = relations["left"].to_numpy()[is_copy]
    members = _signed(item.part, rows).with_columns(
        pl.Series("label", labels), pl.Series("first", firsts)
    )
    is_known = clustered & ~is_copy
    name = f"{item.part.index:05d}"
    return Members(
        members=scatter(
            members.select(MEMBERS.names()),
            partition_of(mix(labels), item.num_shards),
            item.out.child("members"),
            name,
        ),
        relations=scatter(
            relations.filter(pl.Series(is_known)),
            partition_of(mix(labels[place[is_known]]), item.num_shards),
            item.out.child("relations"),
            name,
        ),
    )


def choose_kept(item: ChooseItem) -> Chosen:
    """Decide who is kept in each cluster, and ask for the similarities that nobody has found."""
    members = _with_first(read_frames(item.members, MEMBERS))
    best = members.sort(["text_bytes", "doc_id"], descending=[True, False])
    best = best.unique("label", keep="first", maintain_order=True).select(
        "label", pl.col("row").alias("kept"), pl.col("doc_id").alias("kept_doc_id")
    )
    decisions = members.join(best, on="label", how="left").sort("row")
    known = _of_texts(read_frames(item.relations, RELATIONS), members)
    pairs = decisions.filter(pl.col("first") != pl.col("kept")).select(
        pl.min_horizontal("first", "kept").alias("left"),
        pl.max_horizontal("first", "kept").alias("right"),
        pl.lit(item.shard, dtype=pl.UInt32).alias("tag"),
    )
    missing = pairs.unique().join(known, on=["left", "right"], how="anti").sort("left", "right")
    name = f"{item.shard:05d}"
    return Chosen(
        decisions=write_frame(item.out, f"decisions/{name}.arrow", decisions),
        known=write_frame(item.out, f"known/{name}.arrow", known),
        missing=propose(missing.select(TAGGED.names()), item.first_rows, item.out, name),
    )


def explain(item: ExplainItem) -> Explained:
    """Send the evidence of every removed document, and the size of every cluster, to its range."""
    compared = read_frames(item.compared, RELATIONS)
    merged, sizes = evidence_of(read_frame(item.decisions), read_frame(item.known), compared)
    return send_evidence(merged, sizes, item.bounds, item.out, f"{item.shard:05d}")


def evidence_of(
    decisions: pl.DataFrame, known: pl.DataFrame, compared: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return MERGED of every removed document and CLUSTER_SIZES, both with the cluster's label."""
    links = known.filter(pl.col("kind") == Kind.LINK)
    removed = decisions.filter(pl.col("row") != pl.col("kept"))
    ids = decisions.select("row", "doc_id", "text_hash")
    removed = _with_similarity(removed, pl.concat([known, compared.select(known.columns)]), ids)
    removed = _with_link(removed, links, ids)
    removed = removed.with_columns(pl.col("kept_doc_id").alias("cluster_id"))
    merged = removed.select(*MERGED.names(), "label")
    assert merged["similarity"].null_count() == merged["link_similarity"].null_count() == 0
    sizes = decisions.group_by(pl.col("kept_doc_id").alias("doc_id"), "label").agg(
        pl.len().cast(pl.UInt32).alias("duplicate_count")
    )
    return merged, sizes.select(*CLUSTER_SIZES.names(), "label").sort("doc_id")


def send_evidence(
    merged: pl.DataFrame, sizes: pl.DataFrame, bounds: tuple[str, ...], out: Folder, name: str
) -> Explained:
    """Send what evidence_of returns to the ranges of the doc_ids."""
    return Explained(
        merged=scatter(
            merged.select(MERGED.names()),
            ranges_of(merged["doc_id"], bounds),
            out.child("merged"),
            name,
        ),
        sizes=scatter(
            sizes.select(CLUSTER_SIZES.names()),
            ranges_of(sizes["doc_id"], bounds),
            out.child("sizes"),
            name,
        ),
        num_clusters=sizes.height,
        largest=int(sizes["duplicate_count"].max() or 0),  # type: ignore[call-overload]
    )


def ranges_of(
    ids: pl.Series, bounds: tuple[str, ...]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the range of each doc_id: how many bounds are at most its beginning."""
    starts = pl.Series(list(bounds), dtype=pl.String)
    found: np.ndarray[tuple[int], np.dtype[np.int64]]
    found = starts.search_sorted(ids, side="right").to_numpy().astype(np.int64)
    return found


def _signed(part: Part, rows: U64) -> pl.DataFrame:
    """Return the documents of a part with these numbers."""
    columns = ["doc_id", "source", "native_id", "text_hash", "text_bytes"]
    return read_signatures(part, columns)[(rows - np.uint64(part.first_row)).astype(np.int64)]


def _with_first(members: pl.DataFrame) -> pl.DataFrame:
    """Let `first` be of all sources: that of a source may be a copy of another one's."""
    firsts = members.select(pl.col("row").alias("first"), pl.col("first").alias("of_all"))
    return (
        members.join(firsts, on="first", how="left", maintain_order="left")
        .with_columns(pl.col("of_all").alias("first"))
        .drop("of_all")
    )


def _of_texts(relations: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return what is known of pairs of first documents: of their texts, whoever was compared."""
    firsts = members.select("row", "first")
    named = relations.join(firsts.rename({"row": "left", "first": "one"}), on="left", how="left")
    named = named.join(firsts.rename({"row": "right", "first": "two"}), on="right", how="left")
    return (
        named.select(
            pl.min_horizontal("one", "two").alias("left"),
            pl.max_horizontal("one", "two").alias("right"),
            "similarity",
            "kind",
        )
        .filter(pl.col("left") != pl.col("right"))
        .group_by("left", "right")
        .agg(pl.col("similarity").max(), pl.col("kind").min())
        .sort("left", "right")
    )


def _with_similarity(removed: pl.DataFrame, known: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    kept_hash = ids.select(pl.col("row").alias("kept"), pl.col("text_hash").alias("kept_hash"))
    removed = removed.join(kept_hash, on="kept", how="left")
    exact = pl.col("text_hash") == pl.col("kept_hash")
    pairs = known.group_by("left", "right").agg(pl.col("similarity").max())
    return (
        removed.with_columns(
            pl.min_horizontal("first", "kept").alias("left"),
            pl.max_horizontal("first", "kept").alias("right"),
            pl.when(exact).then(pl.lit("exact")).otherwise(pl.lit("near")).alias("rule"),
        )
        .join(pairs, on=["left", "right"], how="left")
        .with_columns(pl.when(exact).then(1.0).otherwise(pl.col("similarity")).alias("similarity"))
    )


def _with_link(removed: pl.DataFrame, links: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """A copy is linked to the first document of its text, any other by its strongest link."""
    ways = pl.concat(
        [
            links.select(pl.col("left").alias("row"), pl.col("right").alias("other"), "similarity"),
            links.select(pl.col("right").alias("row"), pl.col("left").alias("other"), "similarity"),
        ]
    )
    names = ids.select(pl.col("row").alias("other"), pl.col("doc_id").alias("linked_doc_id"))
    strongest = (
        ways.join(names, on="other", how="left")
        .sort(["row", "similarity", "linked_doc_id"], descending=[False, True, False])
        .unique("row", keep="first", maintain_order=True)
        .select("row", "linked_doc_id", pl.col("similarity").alias("link_similarity"))
    )
    first = names.rename({"other": "first", "linked_doc_id": "first_doc_id"})
    is_copy = pl.col("first") != pl.col("row")
    return (
        removed.join(strongest, on="row", how="left")
        .join(first, on="first", how="left")
        .with_columns(
            pl.when(is_copy)
            .then(pl.col("first_doc_id"))
            .otherwise(pl.col("linked_doc_id"))
            .alias("linked_doc_id"),
            pl.when(is_copy)
            .then(1.0)
            .otherwise(pl.col("link_similarity"))
            .alias("link_similarity"),
        )
    )
