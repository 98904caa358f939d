"""Follow one document forward: what was decided about it, where its tokens lie, when they were
trained on, and which checkpoints, models, reports and releases hold it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from assets.lineage.audit import ArtifactGraph
from assets.lineage.fates import fates_of, furthest, not_taken
from assets.lineage.manifest import Manifest
from assets.lineage.records import of_record, quarantined
from assets.lineage.tables import document, has_file, has_table, scan
from assets.ports import Lake
from training.shards import SampleOrder, steps_without_update

DECISIONS = (
    ("corpora/documents", "dropped", "dropped"),
    ("corpora/documents", "documents", "kept"),
    ("mixtures/deduped", "excluded", "excluded"),
    ("mixtures/deduped", "merged", "merged"),
    ("mixtures/decontaminated", "removed", "removed"),
    ("mixtures/decontaminated", "heldout", "held_out"),
    ("mixtures/decontaminated", "documents", "kept"),
)
"""Node, table and what standing in that table means; later rows overrule earlier ones."""

_EVIDENCE = (
    "reason", "kept_doc_id", "similarity", "rule", "benchmark", "item_id", "ngram", "num_shared",
    "overlap", "source", "native_id", "title", "licence", "domain", "withdrawn_doc_id", "date",
    "reference",
)  # fmt: skip


@dataclass(kw_only=True)
class Trace:
    """Everything known about one query, ready for JSON."""

    query: str
    doc_ids: list[str] = field(default_factory=list)
    status: str = "unknown"
    """Of several documents the fate that came furthest; `fates` has each."""
    fates: dict[str, str] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    merged_into: dict[str, str] = field(default_factory=dict)
    """The documents that stand for merged ones, and the fate of each."""
    selections: list[dict[str, Any]] = field(default_factory=list)
    """How often the mixture of a stage wants it read."""
    occurrences: list[dict[str, Any]] = field(default_factory=list)
    synthetic_items: list[dict[str, Any]] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)

    def add_quarantined(self, decisions: list[dict[str, Any]]) -> None:
        """Tell of records that could not be read, where no document is known."""
        self.decisions += decisions
        if not self.doc_ids and decisions:
            self.status = "quarantined"


def trace(
    lake: Lake,
    *,
    doc_id: str = "",
    text_hashes: tuple[str, ...] = (),
    record: tuple[str, str] | None = None,
) -> Trace:
    """Trace a document by its id, by the hashes its normalised text may have, or by its source
    and the id, or the place, that it has there."""
    if sum((bool(doc_id), bool(text_hashes), record is not None)) != 1:
        raise ValueError("trace needs either a document id or a text or a record")
    graph = ArtifactGraph.of(lake)
    if record is not None:
        result = Trace(query=":".join(record))
        wanted = of_record(lake, graph, *record)
    else:
        result = Trace(query=doc_id or f"text {text_hashes[0]}")
        wanted = pl.col("doc_id") == doc_id if doc_id else pl.col("text_hash").is_in(text_hashes)
    result.decisions = list(_decisions(lake, graph, wanted))
    result.fates = fates_of(result.decisions)
    result.doc_ids = list(result.fates)
    result.status = furthest(result.fates.values())
    if record is not None:
        result.add_quarantined(list(quarantined(lake, graph, *record)))
    kept = [d["kept_doc_id"] for d in result.decisions if "kept_doc_id" in d]
    if kept:
        result.merged_into = fates_of(_decisions(lake, graph, pl.col("doc_id").is_in(kept)))
    _follow(lake, graph, result)
    return result


def _decisions(lake: Lake, graph: ArtifactGraph, wanted: pl.Expr) -> Iterator[dict[str, Any]]:
    """Yield all that was decided about some documents, in the order of the graph."""
    found = []
    for node, name, status in DECISIONS:
        for manifest, row in _rows(lake, graph, node, name, wanted):
            evidence = {key: row[key] for key in _EVIDENCE if row.get(key) is not None}
            found.append(
                {
                    "artifact": manifest.key,
                    "fingerprint": manifest.fingerprint,
                    "doc_id": row["doc_id"],
                    "status": status,
                    **evidence,
                }
            )
    yield from found
    yield from not_taken(lake, graph, found)


def _follow(lake: Lake, graph: ArtifactGraph, result: Trace) -> None:
    """Find the tokens of the documents, of those they were merged into, and of what they seeded."""
    standing = list(dict.fromkeys([*result.doc_ids, *result.merged_into]))
    result.selections = list(_selected(lake, graph, standing))
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
            for checkpoint, steps in trained:
                # Packed and never read: training ended before its turn.
                for holder in graph.descendants(checkpoint) if steps else ():
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
                # Every epoch reads every sample once, so the n-th step is of the n-th epoch.
                "epochs": list(range(len(steps))),
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


def _selected(lake: Lake, graph: ArtifactGraph, doc_ids: list[str]) -> Iterator[dict[str, Any]]:
    for manifest in _of_family(graph, "mixtures"):
        if has_table(manifest, "selection"):
            for row in _filtered(lake, manifest, "selection", pl.col("doc_id").is_in(doc_ids)):
                yield {
                    "artifact": manifest.key,
                    "fingerprint": manifest.fingerprint,
                    "doc_id": row["doc_id"],
                    "num_tokens": row["num_tokens"],
                    "repeats": row["repeats"],
                }


def _seeded(
    lake: Lake, graph: ArtifactGraph, doc_ids: list[str]
) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    for manifest in _of_family(graph, "synthesis"):
        if not has_table(manifest, "questions"):
            continue
        wanted = pl.col("seed_doc_id").is_in(doc_ids)
        for row in _filtered(lake, manifest, "questions", wanted):
            yield manifest, row


def _rows(
    lake: Lake, graph: ArtifactGraph, node: str, name: str, wanted: pl.Expr
) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    family = node.split("/")[0]
    for manifest in _of_family(graph, family):
        if f"{manifest.family}/{manifest.name}" == node and has_table(manifest, name):
            for row in _filtered(lake, manifest, name, wanted):
                yield manifest, row


def _filtered(lake: Lake, manifest: Manifest, name: str, wanted: pl.Expr) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = scan(lake, manifest, name).filter(wanted).collect().to_dicts()
    return rows


def _of_family(graph: ArtifactGraph, family: str) -> list[Manifest]:
    return [manifest for manifest in graph.nodes.values() if manifest.family == family]
