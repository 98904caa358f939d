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
from assets.lineage.fates import fates_of, furthest, not_taken
from assets.lineage.manifest import Manifest
from assets.lineage.records import of_record, quarantined
from assets.lineage.tables import document, has_file
from assets.ports import Lake
from training.shards import SampleOrder, steps_without_update

logger = logging.getLogger(__name__)

DECISIONS = (
    ("corpora/documents", "dropped", "dropped"),
    ("corpora/documents", "documents", "kept"),
    ("mixtures/deduped", "excluded", "excluded"),
    ("mixtures/deduped", "merged", "merged"),
    ("mixtures/decontaminated", "removed", "removed"),
    ("mixtures/decontaminated", "heldout", "held_out"),
    ("mixtures/decontaminated", "documents", "kept"),
)
"""Node, table and what standing in that table means; later rows overrule earlier ones. Each is a
view of index_tables.py."""
_STAGES = tuple((f"mixtures/stage{number}", "selection", "doc_id") for number in (1, 2, 3))

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
    matches: list[dict[str, Any]] = field(default_factory=list)
    """Of a text: the documents that have it (exact, normalised, deidentified) or one like it (near,
    with the similarity); those that are only near are not in `doc_ids`."""
    searched: dict[str, int] = field(default_factory=dict)
    """Of a text: sources whose signatures were asked, and candidates that were not looked at."""

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
    progress: Callable[[str], None] = logger.info,
) -> Trace:
    """Trace a document by its id, by the hashes its normalised text may have, or by its source
    and the id, or the place, that it has there."""
    if sum((bool(doc_id), bool(text_hashes), record is not None)) != 1:
        raise ValueError("trace needs either a document id or a text or a record")
    with DocumentIndex.open(lake, progress) as index:
        if record is not None:
            result, doc_ids = Trace(query=":".join(record)), of_record(lake, *record)
        elif doc_id:
            result, doc_ids = Trace(query=doc_id), [doc_id]
        else:
            result, doc_ids = Trace(query=f"text {text_hashes[0]}"), _of_texts(index, text_hashes)
        follow(lake, index, result, doc_ids)
    if record is not None:
        result.add_quarantined(list(quarantined(lake, *record)))
    return result


def follow(lake: Lake, index: DocumentIndex, result: Trace, doc_ids: Sequence[str]) -> None:
    """Fill a trace with what happened to some documents."""
    graph = ArtifactGraph.of(lake)
    result.decisions = list(_decisions(index, graph, doc_ids))
    result.fates = fates_of(result.decisions)
    result.doc_ids = list(result.fates)
    result.status = furthest(result.fates.values())
    kept = [d["kept_doc_id"] for d in result.decisions if "kept_doc_id" in d]
    if kept:
        result.merged_into = fates_of(_decisions(index, graph, kept))
    _follow_tokens(lake, index, graph, result)


def _of_texts(index: DocumentIndex, text_hashes: Sequence[str]) -> list[str]:
    """Return the documents of some texts."""
    views = [("corpora/documents", table, "text_hash") for table in ("documents", "dropped")]
    rows = index.rows(text_hashes, views, ["doc_id"])
    return list(dict.fromkeys(row.values["doc_id"] for row in rows))


def _decisions(
    index: DocumentIndex, graph: ArtifactGraph, doc_ids: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield all that was decided about some documents, in the order of the graph."""
    views = [(node, table, "doc_id") for node, table, _ in DECISIONS]
    statuses = {(node, table): status for node, table, status in DECISIONS}
    found = []
    for row in index.rows(doc_ids, views, _EVIDENCE):
        evidence = {key: row.values[key] for key in _EVIDENCE if row.values.get(key) is not None}
        found.append(
            {
                "artifact": row.manifest.key,
                "fingerprint": row.manifest.fingerprint,
                "doc_id": row.asked,
                "status": statuses[row.manifest.node, row.table],
                **evidence,
            }
        )
    yield from found
    yield from not_taken(index, graph, found)


def _follow_tokens(lake: Lake, index: DocumentIndex, graph: ArtifactGraph, result: Trace) -> None:
    """Find the tokens of the documents, of those they were merged into, and of what they seeded."""
    standing = list(dict.fromkeys([*result.doc_ids, *result.merged_into]))
    result.selections = list(_selected(index, standing))
    asked = ("item_id", "question", "seed_doc_id")
    for row in index.rows(standing, [("synthesis/*", "questions", "seed_doc_id")], asked):
        result.synthetic_items.append(
            {"artifact": row.manifest.key, **{name: row.values[name] for name in asked}}
        )
    tokens = [*standing, *[item["item_id"] for item in result.synthetic_items]]
    files = Documents(lake)
    readers: dict[str, list[Manifest]] = {}
    holders: dict[str, Manifest] = {}
    for row in index.rows(tokens, [("tokenizers/*", "index", "doc_id")]):
        shards = row.manifest
        if shards.fingerprint not in readers:
            readers[shards.fingerprint] = trained(graph, shards)
        models = readers[shards.fingerprint]
        read = list(steps_by_model(files, models, shards, row.values["sample"]))
        result.occurrences.append(_occurrence(files, shards, row.values, read))
        for model, steps in read:
            # Packed and never read: training ended before its turn.
            if steps and model.fingerprint not in holders:
                holders |= {each.fingerprint: each for each in graph.descendants(model)}
    for holder in sorted(holders.values(), key=lambda m: m.finished_at):
        kind = holder.family
        if kind in ("checkpoints", "models", "reports", "releases"):
            getattr(result, kind).append(f"{holder.key}@{holder.short}")


def _selected(index: DocumentIndex, doc_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row in index.rows(doc_ids, _STAGES, ("doc_id", "num_tokens", "repeats")):
        yield {
            "artifact": row.manifest.key,
            "fingerprint": row.manifest.fingerprint,
            **{name: row.values[name] for name in ("doc_id", "num_tokens", "repeats")},
        }


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
                # Every epoch reads every sample once, so the n-th step is of the n-th epoch.
                "epochs": list(range(len(steps))),
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


def steps_by_model(
    files: Documents, models: Sequence[Manifest], shards: Manifest, sample: int
) -> Iterator[tuple[Manifest, list[int]]]:
    """Compute, for models trained on some shards, the steps that read a sample."""
    for model in models:
        yield model, _steps(files, shards, model, sample)


def _steps(files: Documents, shards: Manifest, model: Manifest, sample: int) -> list[int]:
    num_samples = int(files(shards, "shards.json")["num_samples"])
    order = SampleOrder(num_samples, int(model.config["data_seed"]))
    return order.steps_of(
        sample,
        batch_samples=int(model.config["batch_samples"]),
        steps=int(model.counts["steps"]),
    )
