"""What a withdrawn document has reached: mixtures, shards, checkpoints, models, releases.

Works on sets of documents, one pass over each table; trace.py tells the story of a single one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from assets.corpora.exclusion import find_withdrawn
from assets.corpora.tombstones import requests_in, tombstones_of
from assets.corpora.withdrawal_lists import ROW_SCHEMA
from assets.lineage.audit import ArtifactGraph
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.readings import models_of, packed_pieces, questions_about, readings
from assets.lineage.tables import has_table, scan, table
from assets.ports import Lake

MAX_DOC_IDS = 20
"""Ids that an entry lists by name; the number of documents is always whole."""

HOLDING: Mapping[str, tuple[str, ...]] = {
    "mixtures/deduped": ("documents",),
    "mixtures/decontaminated": ("documents", "heldout"),
    "mixtures/stage1": ("selection",),
    "mixtures/stage2": ("selection",),
    "mixtures/stage3": ("selection",),
}
"""Node -> tables in which a withdrawn document must not stand."""

_IDENTITIES = (
    ("corpora/documents", "documents"),
    ("mixtures/deduped", "documents"),
    ("mixtures/deduped", "merged"),
    ("mixtures/decontaminated", "documents"),
    ("mixtures/decontaminated", "heldout"),
)
"""Tables that say which id, native id and text belong together."""
_IDENTITY = ("doc_id", "source", "native_id", "text_hash")
_DESCENDANTS = ("checkpoints", "models", "reports", "releases")

How = Literal["holds", "asks", "trained_on", "descends"]


@dataclass(frozen=True, kw_only=True)
class Tainted:
    """One artifact that a withdrawn document has reached."""

    artifact: str
    fingerprint: str
    family: str
    how: How
    """It holds the document, asks about it, was trained on it, or descends from one that was."""
    num_documents: int
    doc_ids: tuple[str, ...]
    """The first of them, sorted; for questions, the documents that they ask about."""
    tokens: int = 0
    """Tokens of them in it, every reading counted; 0 where none are counted yet."""
    times_seen: int = 0
    """Samples with such tokens that training read."""
    first_step: int | None = None
    last_step: int | None = None


def newest_withdrawn(lake: Lake) -> Manifest | None:
    """Return the newest list of withdrawn documents, or None when there is none."""
    newest = None
    for manifest in lake.manifests("corpora", "withdrawn"):
        newest = manifest
    return newest


def withdrawn_documents(
    lake: Lake, manifests: Iterable[Manifest], withdrawn: pl.DataFrame
) -> pl.DataFrame:
    """Return doc_id, withdrawn_doc_id, rule and reason of every document of some artifacts that a
    list meets, exact copies of its text included."""
    frames = [
        scan(lake, manifest, name).select(_IDENTITY)
        for manifest in manifests
        for node, name in _IDENTITIES
        if _node(manifest) == node and has_table(manifest, name)
    ]
    schema = dict.fromkeys(("doc_id", "withdrawn_doc_id", "rule", "reason"), pl.String)
    if not frames or not withdrawn.height:
        return pl.DataFrame(schema=schema)
    everything = pl.concat(frames)
    found = find_withdrawn(everything, withdrawn)
    copies = (
        everything.join(found.by_text.lazy(), on="text_hash", how="inner")
        .select("doc_id", "withdrawn_doc_id", pl.lit("copy").alias("rule"), "reason")
        .unique("doc_id")
        .collect(engine="streaming")
        .filter(~pl.col("doc_id").is_in(found.by_id["doc_id"].implode()))
    )
    named = found.by_id.select(
        "doc_id", pl.col("doc_id").alias("withdrawn_doc_id"), "rule", "reason"
    )
    return pl.concat([named, copies]).sort("doc_id")


def near_copies(lake: Lake, manifests: Iterable[Manifest], doc_ids: pl.Series) -> pl.DataFrame:
    """Return doc_id, withdrawn_doc_id and similarity of documents that deduplication found to be
    near copies of withdrawn ones; they are reported and not excluded."""
    gone = doc_ids.implode()
    schema = {"doc_id": pl.String, "withdrawn_doc_id": pl.String, "similarity": pl.Float64}
    found = [pl.DataFrame(schema=schema)]
    for manifest in manifests:
        if _node(manifest) != "mixtures/deduped" or not has_table(manifest, "merged"):
            continue
        merged = scan(lake, manifest, "merged").with_columns(pl.col("similarity").cast(pl.Float64))
        for one, other in (("doc_id", "kept_doc_id"), ("kept_doc_id", "doc_id")):
            pairs = merged.filter(pl.col(one).is_in(gone) & ~pl.col(other).is_in(gone)).select(
                pl.col(other).alias("doc_id"), pl.col(one).alias("withdrawn_doc_id"), "similarity"
            )
            found.append(pairs.collect(engine="streaming"))
    return pl.concat(found).unique().sort("doc_id", "withdrawn_doc_id", "similarity")


def tainted(lake: Lake, withdrawn: pl.DataFrame) -> list[Tainted]:
    """Return every artifact that a withdrawn document, or an exact copy of one, has reached."""
    graph = ArtifactGraph.of(lake)
    nodes = list(graph.nodes.values())
    gone = withdrawn_documents(lake, nodes, withdrawn)["doc_id"]
    if not gone.len():
        return []
    found = [entry for manifest in nodes for entry in _holding(lake, manifest, gone)]
    packable = pl.DataFrame({"packed_id": gone, "document": gone})
    for manifest in nodes:
        asked = questions_about(lake, manifest, gone)
        if asked.height:
            told = asked.select(packed_id="item_id", document="seed_doc_id")
            packable = pl.concat([packable, told]).unique()
            found.append(_entry(manifest, "asks", asked["seed_doc_id"]))
    trained: list[tuple[Manifest, pl.Series]] = []
    for manifest in nodes:
        packed = packed_pieces(lake, manifest, packable)
        if packed.height:
            tokens = int((packed["end"].cast(pl.Int64) - packed["start"].cast(pl.Int64)).sum())
            found.append(_entry(manifest, "holds", packed["doc_id"], tokens=tokens))
            for model, entry, doc_ids in _training(lake, graph, manifest, packed):
                found.append(entry)
                trained.append((model, doc_ids))
    return [*found, *_descending(graph, trained)]


def tombstones_as_rows(lake: Lake, requests: Iterable[Manifest]) -> pl.DataFrame:
    """Return the documents of requests to forget as rows of a list of withdrawn ones."""
    found = tombstones_of(lake, requests)
    return found.select(
        *[
            (pl.col(name) if name in found.columns else pl.lit("").alias(name)).cast(kind)
            for name, kind in ROW_SCHEMA.items()
            if name not in ("file", "line", "source", "native_id")
        ],
        # Known by id and text: a record of another text under the same native id is another one.
        pl.lit("").alias("source"),
        pl.lit("").alias("native_id"),
        pl.format("tombstones@{}", pl.col("request").str.slice(0, 12)).alias("file"),
        pl.lit(0, dtype=pl.Int64).alias("line"),
    ).select(*ROW_SCHEMA)


def not_to_be_used(lake: Lake, manifest: Manifest) -> tuple[pl.DataFrame, str]:
    """Return what may not stand in an artifact, and which lists say so ("" for none).

    A mixture keeps what a request of mode `restart` names: its shards are without it.
    """
    requests = requests_in(lake)
    if _node(manifest) in HOLDING:
        requests = tuple(r for r in requests if r.config["mode"] == "strict")
    newest = newest_withdrawn(lake)
    listed = [] if newest is None else [table(lake, newest, "withdrawn.parquet")]
    rows = pl.concat([*listed, tombstones_as_rows(lake, requests)])
    lists = [*([] if newest is None else [newest]), *requests]
    return rows, ", ".join(each.short for each in lists)


def no_withdrawn_document(manifest: Manifest, lake: Lake) -> Verdict:
    """Hold a mixture, a model or a release against the newest list of withdrawn documents, and
    against every request to forget."""
    withdrawn, lists = not_to_be_used(lake, manifest)
    if not lists:
        return Verdict(passed=True, reason="no list of withdrawn documents is in the lake")
    if _node(manifest) in HOLDING:
        ancestors = ArtifactGraph([*lake.manifests(), manifest]).ancestors(manifest)
        gone = withdrawn_documents(lake, ancestors, withdrawn)["doc_id"]
        found = list(_holding(lake, manifest, gone))
    else:
        found = [e for e in tainted(lake, withdrawn) if e.fingerprint == manifest.fingerprint]
    documents = max((entry.num_documents for entry in found), default=0)
    example = next((entry.doc_ids[0] for entry in found if entry.doc_ids), "")
    return Verdict(
        passed=not found,
        reason=f"{documents} withdrawn documents of the list {lists}"
        + (f", for example {example}: make it again without them" if example else ""),
        facts={
            "withdrawn_documents": documents,
            "rows_in_list": withdrawn.height,
            "list": lists,
        },
    )


NO_WITHDRAWN_DOCUMENT = Check(
    name="no_withdrawn_document",
    description="No document of the newest list of withdrawn ones, nor an exact copy, is in it.",
    run=no_withdrawn_document,
)
"""For mixtures, models and releases."""


def taint_tags(entry: Tainted, withdrawn_fingerprint: str) -> dict[str, str]:
    """Return what an MLflow run or model version is tagged with, so that nobody promotes it."""
    return {
        "materia.tainted": entry.how,
        "materia.tainted.documents": str(entry.num_documents),
        "materia.tainted.tokens": str(entry.tokens),
        "materia.tainted.list": withdrawn_fingerprint[:12],
    }


def _holding(lake: Lake, manifest: Manifest, gone: pl.Series) -> Iterator[Tainted]:
    for name in HOLDING.get(_node(manifest), ()):
        if not has_table(manifest, name):
            continue
        rows = scan(lake, manifest, name).filter(pl.col("doc_id").is_in(gone.implode()))
        counted = name == "selection"
        tokens = pl.col("num_tokens").cast(pl.Int64) * pl.col("repeats").cast(pl.Int64)
        held = rows.select("doc_id", (tokens if counted else pl.lit(0)).alias("tokens")).collect()
        if held.height:
            yield _entry(manifest, "holds", held["doc_id"], tokens=int(held["tokens"].sum()))


def _training(
    lake: Lake, graph: ArtifactGraph, shards: Manifest, packed: pl.DataFrame
) -> Iterator[tuple[Manifest, Tainted, pl.Series]]:
    """Compute, for every model trained on some shards, the steps that read given samples."""
    for model in models_of(graph, shards):
        read = readings(lake, shards, model, packed["sample"])
        steps = sorted(step for found in read.values() for step in found)
        if not steps:
            continue  # packed, but training ended before its turn
        seen = packed.with_columns(
            pl.col("sample").replace_strict({s: len(f) for s, f in read.items()}).alias("times")
        ).filter(pl.col("times") > 0)
        length = seen["end"].cast(pl.Int64) - seen["start"].cast(pl.Int64)
        entry = _entry(
            model,
            "trained_on",
            seen["doc_id"],
            tokens=int((length * seen["times"]).sum()),
            times_seen=len(steps),
            first_step=steps[0],
            last_step=steps[-1],
        )
        yield model, entry, seen["doc_id"]


def _descending(
    graph: ArtifactGraph, trained: Iterable[tuple[Manifest, pl.Series]]
) -> Iterator[Tainted]:
    """Tell what stands below trained models, each once, with the documents of all above it."""
    reached: dict[str, list[pl.Series]] = {}
    for model, doc_ids in trained:
        for manifest in graph.descendants(model)[1:]:
            if manifest.family in _DESCENDANTS:
                reached.setdefault(manifest.fingerprint, []).append(doc_ids)
    for fingerprint, parts in reached.items():
        yield _entry(graph.nodes[fingerprint], "descends", pl.concat(parts))


def _entry(
    manifest: Manifest,
    how: How,
    doc_ids: pl.Series,
    *,
    tokens: int = 0,
    times_seen: int = 0,
    first_step: int | None = None,
    last_step: int | None = None,
) -> Tainted:
    distinct = doc_ids.unique().sort()
    return Tainted(
        artifact=manifest.key,
        fingerprint=manifest.fingerprint,
        family=manifest.family,
        how=how,
        num_documents=distinct.len(),
        doc_ids=tuple(distinct.head(MAX_DOC_IDS).to_list()),
        tokens=tokens,
        times_seen=times_seen,
        first_step=first_step,
        last_step=last_step,
    )


def _node(manifest: Manifest) -> str:
    return f"{manifest.family}/{manifest.name}"
