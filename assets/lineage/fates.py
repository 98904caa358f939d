"""What became of documents in the end, from all that was decided about them. Pure but for a look
at whom deduplication took.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_table, scan
from assets.ports import Lake

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
    lake: Lake, graph: ArtifactGraph, decisions: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield a decision for every document that a recipe reads the source of and never took.

    Its source is cut at the recipe's cap in the order of doc_id, so nothing else tells of it.
    """
    told = list(decisions)
    for doc_id in [doc_id for doc_id, fate in fates_of(told).items() if fate == "kept"]:
        own = [decision for decision in told if decision["doc_id"] == doc_id]
        if any(not decision["artifact"].startswith("corpora/documents") for decision in own):
            continue
        kept = {decision["fingerprint"] for decision in own}
        for deduped in _readers(graph, kept):
            if _is_taken(lake, deduped, doc_id) is False:
                yield {
                    "artifact": deduped.key,
                    "fingerprint": deduped.fingerprint,
                    "doc_id": doc_id,
                    "status": "not_taken",
                    "reason": BEYOND_CAP,
                }


def _readers(graph: ArtifactGraph, documents: set[str]) -> Iterator[Manifest]:
    for manifest in graph.nodes.values():
        is_deduped = (manifest.family, manifest.name) == ("mixtures", "deduped")
        if is_deduped and any(record.fingerprint in documents for record in manifest.inputs):
            yield manifest


def _is_taken(lake: Lake, deduped: Manifest, doc_id: str) -> bool | None:
    """Return whether a document is in the comparison; None where the artifact does not say."""
    if not has_table(deduped, "documents"):
        return None
    found = scan(lake, deduped, "documents").filter(pl.col("doc_id") == doc_id)
    return bool(found.select("doc_id").collect().height)
