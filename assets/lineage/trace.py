"""Follow one document forward: what was decided about it, where its tokens lie, when they were
trained on, and which checkpoints, models, reports and releases hold it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, has_file, has_table, scan
from assets.ports import Lake
from training.shards import SampleOrder, steps_without_update

DECISIONS = (
    ("corpora/documents", "documents", "kept"),
    ("corpora/documents", "dropped", "dropped"),
    ("mixtures/deduped", "merged", "merged"),
    ("mixtures/decontaminated", "removed", "removed"),
    ("mixtures/decontaminated", "heldout", "held_out"),
)
"""Node, table and what standing in that table means; later rows overrule earlier ones."""

_EVIDENCE = (
    "reason", "kept_doc_id", "similarity", "rule", "benchmark", "item_id", "ngram", "num_shared",
    "overlap", "source", "native_id", "title", "licence", "domain",
)  # fmt: skip


@dataclass(kw_only=True)
class Trace:
    """Everything known about one query, ready for JSON."""

    query: str
    doc_ids: list[str] = field(default_factory=list)
    status: str = "unknown"
    decisions: list[dict[str, Any]] = field(default_factory=list)
    occurrences: list[dict[str, Any]] = field(default_factory=list)
    synthetic_items: list[dict[str, Any]] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)


def trace(lake: Lake, *, doc_id: str = "", text_hashes: tuple[str, ...] = ()) -> Trace:
    """Trace a document by its id, or by the hashes its normalised text may have."""
    if bool(doc_id) == bool(text_hashes):
        raise ValueError("trace needs either a document id or a text")
    graph = ArtifactGraph.of(lake)
    result = Trace(query=doc_id or f"text {text_hashes[0]}")
    wanted = pl.col("doc_id") == doc_id if doc_id else pl.col("text_hash").is_in(text_hashes)
    for node, name, status in DECISIONS:
        for manifest, row in _rows(lake, graph, node, name, wanted):
            if row["doc_id"] not in result.doc_ids:
                result.doc_ids.append(row["doc_id"])
            result.status = status
            evidence = {key: row[key] for key in _EVIDENCE if row.get(key) is not None}
            result.decisions.append(
                {
                    "artifact": manifest.key,
                    "fingerprint": manifest.fingerprint,
                    "doc_id": row["doc_id"],
                    "status": status,
                    **evidence,
                }
            )
    _follow(lake, graph, result)
    return result


def _follow(lake: Lake, graph: ArtifactGraph, result: Trace) -> None:
    """Find the tokens of the documents, of those they were merged into, and of what they seeded."""
    standing = [
        *result.doc_ids,
        *[d["kept_doc_id"] for d in result.decisions if "kept_doc_id" in d],
    ]
    for manifest, row in _seeded(lake, graph, standing):
        result.synthetic_items.append(
            {
                "artifact": manifest.key,
                "item_id": row["item_id"],
                "question": row["question"],
                "seed_doc_id": row["seed_doc_id"],
            }
        )
    tokens = list(dict.fromkeys([*standing, *[i["item_id"] for i in result.synthetic_items]]))
    holders: dict[str, Manifest] = {}
    for manifest in _of_family(graph, "tokenizers"):
        if not has_table(manifest, "index"):
            continue
        rows = _filtered(lake, manifest, "index", pl.col("doc_id").is_in(tokens))
        for row in rows:
            trained = list(trained_on(lake, graph, manifest, row["sample"]))
            result.occurrences.append(_occurrence(lake, manifest, row, trained))
            for checkpoint, _ in trained:
                for holder in graph.descendants(checkpoint):
                    holders[holder.fingerprint] = holder
    for holder in sorted(holders.values(), key=lambda m: m.finished_at):
        kind = holder.family
        if kind in ("checkpoints", "models", "reports", "releases"):
            getattr(result, kind).append(f"{holder.key}@{holder.short}")


def _occurrence(
    lake: Lake, shards: Manifest, row: dict[str, Any], trained: list[tuple[Manifest, list[int]]]
) -> dict[str, Any]:
    per_shard = int(document(lake, shards, "shards.json")["samples_per_shard"])
    return {
        "artifact": shards.key,
        "fingerprint": shards.fingerprint,
        "doc_id": row["doc_id"],
        "shard": row["sample"] // per_shard,
        "sample": row["sample"],
        "tokens": [row["start"], row["end"]],
        "piece": row["piece"],
        "copy": row["copy"],
        "training": [
            {
                "artifact": checkpoint.key,
                "fingerprint": checkpoint.fingerprint,
                "steps": steps,
                "times_seen": len(steps),
                "steps_without_update": _without_update(lake, checkpoint, steps),
            }
            for checkpoint, steps in trained
        ],
    }


def _without_update(lake: Lake, model: Manifest, steps: list[int]) -> list[int]:
    """Return those of the steps whose update was dropped or undone: seen, but not learned from."""
    if not steps or not has_file(model, "result.json"):
        return []
    dropped = steps_without_update(document(lake, model, "result.json"))
    return [step for step in steps if step in dropped]


def trained_on(
    lake: Lake, graph: ArtifactGraph, shards: Manifest, sample: int
) -> Iterator[tuple[Manifest, list[int]]]:
    """Compute, for every model trained on these shards, the steps that read a sample."""
    info = document(lake, shards, "shards.json")
    for model in graph.nodes.values():
        if model.family not in ("checkpoints", "models"):
            continue
        if all(record.fingerprint != shards.fingerprint for record in model.inputs):
            continue
        order = SampleOrder(int(info["num_samples"]), int(model.config["data_seed"]))
        yield (
            model,
            order.steps_of(
                sample,
                batch_samples=int(model.config["batch_samples"]),
                steps=int(model.counts["steps"]),
            ),
        )


def _seeded(
    lake: Lake, graph: ArtifactGraph, doc_ids: list[str]
) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    for manifest in _of_family(graph, "synthesis"):
        wanted = pl.col("seed_doc_id").is_in(doc_ids)
        for row in _filtered(lake, manifest, "questions", wanted):
            yield manifest, row


def _rows(
    lake: Lake, graph: ArtifactGraph, node: str, name: str, wanted: pl.Expr
) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    family = node.split("/")[0]
    for manifest in _of_family(graph, family):
        if f"{manifest.family}/{manifest.name}" == node:
            for row in _filtered(lake, manifest, name, wanted):
                yield manifest, row


def _filtered(lake: Lake, manifest: Manifest, name: str, wanted: pl.Expr) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = scan(lake, manifest, name).filter(wanted).collect().to_dicts()
    return rows


def _of_family(graph: ArtifactGraph, family: str) -> list[Manifest]:
    return [manifest for manifest in graph.nodes.values() if manifest.family == family]
