"""What became of documents in the end, from all that was decided about them. Pure but for a look
at whom deduplication took.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assets.lineage.audit import ArtifactGraph
from assets.lineage.document_index import DocumentIndex
from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_table

FATES = (
    "unknown", "quarantined", "dropped", "excluded", "not_taken", "merged", "removed", "held_out",
    "kept",
)  # fmt: skip
"""By how far they let a document come; of a text in several documents the furthest is told."""

BEYOND_CAP = "beyond the text that the recipe takes from its source"


def fates_of(decisions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return doc_id -> fate; decisions come in the order of the graph, later ones overrule.

    A record in quarantine never was a document, so it has none.
    """
    return {d["doc_id"]: d["status"] for d in decisions if d["doc_id"]}


def furthest(fates: Iterable[str]) -> str:
    """Return the fate that came furthest, "unknown" for none."""
    return max(fates, key=FATES.index, default="unknown")


def not_taken(
    index: DocumentIndex, graph: ArtifactGraph, decisions: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield a decision for every document that a recipe reads the source of and never took.

    Its source is cut at the recipe's cap in the order of doc_id, so nothing else tells of it.
    """
    told = list(decisions)
    for doc_id in [doc_id for doc_id, fate in fates_of(told).items() if fate == "kept"]:
        own = [decision for decision in told if decision["doc_id"] == doc_id]
        if any(not decision["artifact"].startswith("corpora/documents") for decision in own):
            continue
        rows = index.rows([doc_id], [("mixtures/deduped", "documents", "doc_id")], ["doc_id"])
        taken = {row.manifest.fingerprint for row in rows}
        for deduped in _readers(graph, own):
            if has_table(deduped, "documents") and deduped.fingerprint not in taken:
                yield {
                    "artifact": deduped.key,
                    "fingerprint": deduped.fingerprint,
                    "doc_id": doc_id,
                    "status": "not_taken",
                    "reason": BEYOND_CAP,
                }


def _readers(graph: ArtifactGraph, decisions: Iterable[Mapping[str, Any]]) -> list[Manifest]:
    """Return the mixtures that read the corpora which decided, each once, oldest first."""
    found: dict[str, Manifest] = {}
    for decision in decisions:
        documents = graph.find("corpora", "documents", decision["fingerprint"])
        for reader in graph.consumers(documents) if documents else ():
            if reader.node == "mixtures/deduped":
                found[reader.fingerprint] = reader
    return sorted(found.values(), key=lambda manifest: manifest.finished_at)
