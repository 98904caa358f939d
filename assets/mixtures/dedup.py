"""mixtures/deduped: one document per cluster of copies, over all sources at once.

Exact duplicates by text hash, then near-duplicates proved by true Jaccard. Every merged document
is on record with the one kept for it. Nothing here depends on the order of files or rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.near import NearDuplicates, near_duplicates
from assets.recipes.data import DedupSpec

REMOVED_SHARE_ALARM = 0.3
"""A source that loses more than this is named in the summary; our choice. Templates, not copies,
are the usual reason (registry entries that differ in one word)."""
LARGEST_CLUSTER_ALARM = 0.01
"""The same for one cluster's share of all documents; our choice."""


def make_deduped(ws: Workspace) -> Outcome:
    """Merge duplicates among the documents of all sources, each up to its cap of text."""
    caps: Mapping[str, int] = ws.config["sources"]
    documents, num_available = _read(ws, caps)
    ws.progress(f"{documents.height:,} documents, {_megabytes(documents):.1f} MB: comparing")
    clustered, near = cluster(documents, DedupSpec(**ws.config["dedup"]))
    kept = clustered.filter(pl.col("doc_id") == pl.col("kept_doc_id"))
    merged = clustered.filter(pl.col("doc_id") != pl.col("kept_doc_id"))
    sizes = clustered.group_by("kept_doc_id").agg(pl.len().cast(pl.UInt32).alias("duplicate_count"))
    kept = kept.join(sizes, on="kept_doc_id", how="left").select(
        *documents.columns, pl.col("kept_doc_id").alias("cluster_id"), "duplicate_count"
    )
    merged = merged.select(
        "doc_id", "source", "native_id", "text_hash", "kept_doc_id", "similarity", "rule"
    )
    assert kept.height + merged.height == documents.height
    assert kept["duplicate_count"].sum() == documents.height
    kept.write_parquet(ws.out("documents.parquet"), compression="zstd")
    merged.write_parquet(ws.out("merged.parquet"), compression="zstd")
    return _outcome(documents, num_available, kept, merged, near)


def cluster(documents: pl.DataFrame, spec: DedupSpec) -> tuple[pl.DataFrame, NearDuplicates]:
    """Return the documents sorted by doc_id, each with kept_doc_id, similarity and rule."""
    distinct = (
        documents.sort("doc_id")
        .unique("text_hash", keep="first", maintain_order=True)
        .with_columns(pl.col("text").str.len_bytes().alias("_bytes"))
        .sort(["_bytes", "doc_id"], descending=[True, False])
    )
    near = near_duplicates(distinct["text"], spec)
    decision = pl.DataFrame(
        {
            "text_hash": distinct["text_hash"],
            "kept_doc_id": distinct["doc_id"].gather(near.kept),
            "_kept_hash": distinct["text_hash"].gather(near.kept),
            "similarity": near.similarity,
        }
    )
    exact = pl.col("text_hash") == pl.col("_kept_hash")
    clustered = (
        documents.join(decision, on="text_hash", how="left")
        .with_columns(pl.when(exact).then(pl.lit("exact")).otherwise(pl.lit("near")).alias("rule"))
        .drop("_kept_hash")
        .sort("doc_id")
    )
    return clustered, near


def capped(documents: pl.DataFrame, source: str, max_text_bytes: int) -> pl.DataFrame:
    """Return the first documents by doc_id whose text fits into the cap together."""
    documents = documents.sort("doc_id")
    fits = documents["text"].str.len_bytes().cast(pl.Int64).cum_sum() <= max_text_bytes
    if documents.height and not fits[0]:
        first_bytes = len(documents["text"][0].encode())
        raise ValueError(
            f"source {source}: max_text_bytes {max_text_bytes} is below its first document "
            f"({first_bytes} bytes): raise the cap in the recipe"
        )
    return documents.filter(fits)


def _read(ws: Workspace, caps: Mapping[str, int]) -> tuple[pl.DataFrame, dict[str, int]]:
    inputs = {item.partition: item for item in ws.inputs("corpora/documents")}
    if set(inputs) != set(caps):
        raise ValueError(
            f"the recipe names the sources {sorted(caps)}, but the inputs are {sorted(inputs)}: "
            "make them the same"
        )
    parts, num_available = [], {}
    for source in sorted(inputs):
        ws.progress(f"reading {source}")
        everything = pl.read_parquet(inputs[source].path("documents.parquet"))
        num_available[source] = everything.height
        parts.append(capped(everything, source, caps[source]))
    documents = pl.concat(parts).sort("doc_id")
    twice = documents.filter(documents["doc_id"].is_duplicated())
    if twice.height:
        raise ValueError(
            f"doc_id {twice['doc_id'][0]} occurs more than once, in {twice['source'][0]}: "
            "native ids must be unique within a source"
        )
    return documents, num_available


def _outcome(
    documents: pl.DataFrame,
    num_available: Mapping[str, int],
    kept: pl.DataFrame,
    merged: pl.DataFrame,
    near: NearDuplicates,
) -> Outcome:
    removed = _removed_shares(documents, merged)
    largest = int(kept["duplicate_count"].max() or 0)
    share = largest / documents.height if documents.height else 0.0
    exact = merged.filter(pl.col("rule") == "exact").height
    available = sum(num_available.values())
    return Outcome(
        counts={
            "documents_available": available,
            "documents_over_cap": available - documents.height,
            "documents_in": documents.height,
            "documents_kept": kept.height,
            "merged_exact": exact,
            "merged_near": merged.height - exact,
            "documents_too_short_for_near": near.num_too_short,
            "candidate_pairs": near.num_candidates,
            "linked_pairs": len(near.left),
            "large_buckets": near.num_large_buckets,
            "largest_bucket": near.largest_bucket,
            "pairs_skipped_in_large_buckets": near.num_pairs_skipped,
            "largest_cluster": largest,
        },
        metrics={
            **{f"removed_share/{source}": value for source, value in removed.items()},
            "largest_cluster_share": share,
        },
        summary=_summary(documents, num_available, kept, merged, removed, share),
    )


def _removed_shares(documents: pl.DataFrame, merged: pl.DataFrame) -> dict[str, float]:
    total = dict(documents.group_by("source").len().sort("source").iter_rows())
    gone = dict(merged.group_by("source").len().iter_rows())
    return {source: gone.get(source, 0) / total[source] for source in total}


def _summary(
    documents: pl.DataFrame,
    num_available: Mapping[str, int],
    kept: pl.DataFrame,
    merged: pl.DataFrame,
    removed: Mapping[str, float],
    largest_share: float,
) -> str:
    taken, left, exact = (
        dict(frame.group_by("source").len().iter_rows())
        for frame in (documents, kept, merged.filter(pl.col("rule") == "exact"))
    )
    lines = [
        f"Kept {kept.height:,} of {documents.height:,} documents.",
        "",
        "| source | available | taken | kept | exact | near | removed |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for source in sorted(num_available):
        came, stays, copies = (part.get(source, 0) for part in (taken, left, exact))
        lines.append(
            f"| {source} | {num_available[source]:,} | {came:,} | {stays:,} | {copies:,} "
            f"| {came - stays - copies:,} | {removed.get(source, 0.0):.1%} |"
        )
    alarms = [
        f"ALARM: {source} lost {share:.0%} of its documents: look at merged.parquet for templates."
        for source, share in removed.items()
        if share > REMOVED_SHARE_ALARM
    ]
    # A handful of documents always has a "large" cluster: the share says something from 1,000 on.
    if largest_share > LARGEST_CLUSTER_ALARM and documents.height >= 1000:
        alarms.append(f"ALARM: one cluster holds {largest_share:.1%} of all documents.")
    return "\n".join([*lines, *(["", *alarms] if alarms else [])])


def _megabytes(documents: pl.DataFrame) -> float:
    return float(documents["text"].str.len_bytes().sum() or 0) / 1e6
