"""Follow one document forward: what was decided about it, where its tokens lie, when they were
trained on, and which checkpoints, models, reports and releases hold it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.lineage.audit import ArtifactGraph
from assets.lineage.document_index import DocumentIndex
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, has_file
from assets.ports import Lake
from training.shards import SampleOrder, steps_without_update

logger = logging.getLogger(__name__)

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
    matches: list[dict[str, Any]] = field(default_factory=list)
    """Of a text: the documents that have it (exact, normalised, deidentified) or one like it (near,
    with the similarity); those that are only near are not in `doc_ids`."""
    searched: dict[str, int] = field(default_factory=dict)
    """Of a text: sources whose signatures were asked, and candidates that were not looked at."""


def trace(
    lake: Lake,
    *,
    doc_id: str = "",
    text_hashes: tuple[str, ...] = (),
    progress: Callable[[str], None] = logger.info,
) -> Trace:
    """Trace a document by its id, or by the hashes its normalised text may have."""
    if bool(doc_id) == bool(text_hashes):
        raise ValueError("trace needs either a document id or a text")
    with DocumentIndex.open(lake, progress) as index:
        doc_ids = [doc_id] if doc_id else _of_texts(index, text_hashes)
        result = Trace(query=doc_id or f"text {text_hashes[0]}")
        follow(lake, index, result, doc_ids)
    return result


def follow(lake: Lake, index: DocumentIndex, result: Trace, doc_ids: Sequence[str]) -> None:
    """Add to a trace what happened to some documents."""
    views = [(node, table, "doc_id") for node, table, _ in DECISIONS]
    statuses = {(node, table): status for node, table, status in DECISIONS}
    for row in index.rows(doc_ids, views, _EVIDENCE):
        if row.asked not in result.doc_ids:
            result.doc_ids.append(row.asked)
        result.status = statuses[row.manifest.node, row.table]
        evidence = {key: row.values[key] for key in _EVIDENCE if row.values.get(key) is not None}
        result.decisions.append(
            {
                "artifact": row.manifest.key,
                "fingerprint": row.manifest.fingerprint,
                "doc_id": row.asked,
                "status": result.status,
                **evidence,
            }
        )
    _follow_tokens(lake, index, result)


def _of_texts(index: DocumentIndex, text_hashes: Sequence[str]) -> list[str]:
    """Return the documents of some texts."""
    views = [("corpora/documents", table, "text_hash") for table in ("documents", "dropped")]
    rows = index.rows(text_hashes, views, ["doc_id"])
    return list(dict.fromkeys(row.values["doc_id"] for row in rows))


def _follow_tokens(lake: Lake, index: DocumentIndex, result: Trace) -> None:
    """Find the tokens of the documents, of those they were merged into, and of what they seeded."""
    standing = [
        *result.doc_ids,
        *[d["kept_doc_id"] for d in result.decisions if "kept_doc_id" in d],
    ]
    asked = ("item_id", "question", "seed_doc_id")
    for row in index.rows(standing, [("synthesis/*", "questions", "seed_doc_id")], asked):
        result.synthetic_items.append(
            {"artifact": row.manifest.key, **{name: row.values[name] for name in asked}}
        )
    tokens = [*standing, *[item["item_id"] for item in result.synthetic_items]]
    graph = ArtifactGraph.of(lake)
    files = Documents(lake)
    readers: dict[str, list[Manifest]] = {}
    holders: dict[str, Manifest] = {}
    for row in index.rows(tokens, [("tokenizers/*", "index", "doc_id")]):
        shards = row.manifest
        if shards.fingerprint not in readers:
            readers[shards.fingerprint] = trained(graph, shards)
        models = readers[shards.fingerprint]
        steps = [(model, _steps(files, shards, model, row.values["sample"])) for model in models]
        result.occurrences.append(_occurrence(files, shards, row.values, steps))
        for model in models:
            if model.fingerprint not in holders:
                holders |= {each.fingerprint: each for each in graph.descendants(model)}
    for holder in sorted(holders.values(), key=lambda m: m.finished_at):
        kind = holder.family
        if kind in ("checkpoints", "models", "reports", "releases"):
            getattr(result, kind).append(f"{holder.key}@{holder.short}")


class Documents:
    """JSON files of artifacts, each read once."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._read: dict[tuple[str, str], Any] = {}

    def __call__(self, manifest: Manifest, name: str) -> Any:
        key = (manifest.fingerprint, name)
        if key not in self._read:
            self._read[key] = document(self._lake, manifest, name)
        return self._read[key]


def _occurrence(
    files: Documents,
    shards: Manifest,
    row: dict[str, Any],
    training: list[tuple[Manifest, list[int]]],
) -> dict[str, Any]:
    per_shard = int(files(shards, "shards.json")["samples_per_shard"])
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
                "steps_without_update": _without_update(files, checkpoint, steps),
            }
            for checkpoint, steps in training
        ],
    }


def _without_update(files: Documents, model: Manifest, steps: list[int]) -> list[int]:
    """Return those of the steps whose update was dropped or undone: seen, but not learned from."""
    if not steps or not has_file(model, "result.json"):
        return []
    dropped = steps_without_update(files(model, "result.json"))
    return [step for step in steps if step in dropped]


def trained(graph: ArtifactGraph, shards: Manifest) -> list[Manifest]:
    """Return the checkpoints and models whose training read some shards, oldest first."""
    return [m for m in graph.consumers(shards) if m.family in ("checkpoints", "models")]


def trained_on(
    lake: Lake, graph: ArtifactGraph, shards: Manifest, sample: int
) -> Iterator[tuple[Manifest, list[int]]]:
    """Compute, for every model trained on these shards, the steps that read a sample."""
    files = Documents(lake)
    for model in trained(graph, shards):
        yield model, _steps(files, shards, model, sample)


def _steps(files: Documents, shards: Manifest, model: Manifest, sample: int) -> list[int]:
    num_samples = int(files(shards, "shards.json")["num_samples"])
    order = SampleOrder(num_samples, int(model.config["data_seed"]))
    return order.steps_of(
        sample,
        batch_samples=int(model.config["batch_samples"]),
        steps=int(model.counts["steps"]),
    )
