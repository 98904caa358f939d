"""Documents whose text is like a given one: through the signatures that deduplication keeps.

Every signatures artifact of the lake is asked. What is told was proved on the texts; a pair of
similarity 0.7 is missed with a probability of 0.0002, one of 0.5 with 0.13.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.ports import Lake

if TYPE_CHECKING:
    from assets.mixtures.deduplication.asked_text import Asked
    from assets.mixtures.deduplication.signed_source import Proved, SignedSource

LEAST_SIMILARITY = 0.5
"""Below, texts share less than a third of their shingles; our choice."""
_LEAST_ESTIMATE = LEAST_SIMILARITY - 0.18
"""Four deviations of an estimate from 128 minima."""
MAX_PROVED = 24
"""Documents whose texts are read, the most alike first; what is left out is counted."""
_TOLD = ("source", "native_id", "title", "licence", "text_hash")


@dataclass(kw_only=True)
class Near:
    """Documents like one text, the most alike first."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    sources_searched: int = 0
    left_out: int = 0
    """Candidates that were not looked at, because others were more alike."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A source's signatures and documents, and how its identifiers were masked, if they were."""

    signatures: Manifest
    documents: Manifest
    deidentify: str


def signed_sources(lake: Lake) -> list[Signed]:
    """Return every signatures artifact whose documents are still there, oldest first."""
    graph = ArtifactGraph.of(lake)
    found: list[Signed] = []
    for address in lake.addresses("mixtures", "signatures"):
        signatures = graph.at(address)
        for documents in graph.inputs(signatures) if signatures else ():
            if signatures is not None and documents.node == "corpora/documents":
                masked = _deidentified(graph, documents)
                found.append(Signed(signatures=signatures, documents=documents, deidentify=masked))
    return found


def near_documents(
    lake: Lake, sources: Sequence[Signed], texts: Mapping[str, str], known: Collection[str] = ()
) -> Near:
    """Return the documents like a text, those of some ids apart.

    `texts` has the text as it is ("") and, for each way in which a source is de-identified, as that
    source holds it.
    """
    from assets.mixtures.deduplication.signed_source import SignedSource

    result = Near(sources_searched=len(sources))
    proposed: list[tuple[float, int, SignedSource, Asked]] = []
    for each in sources:
        source = SignedSource(lake, each.signatures, each.documents)
        asked = source.asked(texts[each.deidentify])
        candidates, left_out = source.candidates(asked)
        result.left_out += left_out
        proposed += [
            (candidate.estimate, candidate.row, source, asked)
            for candidate in candidates
            if candidate.estimate >= _LEAST_ESTIMATE
        ]
    proposed.sort(key=lambda each: (-each[0], each[2].documents.fingerprint, each[1]))
    result.left_out += max(0, len(proposed) - MAX_PROVED)
    documents: dict[str, dict[str, Any]] = {}
    for _, row, source, asked in proposed[:MAX_PROVED]:
        found = source.proved(asked, row, _TOLD)
        if found.similarity >= LEAST_SIMILARITY and found.doc_id not in known:
            documents[found.doc_id] = _told(source.documents, found)
    result.documents = sorted(
        documents.values(), key=lambda each: (-each["similarity"], each["doc_id"])
    )
    return result


def _told(documents: Manifest, found: Proved) -> dict[str, Any]:
    return {
        "doc_id": found.doc_id,
        "how": "near",
        "similarity": round(found.similarity, 4),
        "artifact": documents.key,
        "fingerprint": documents.fingerprint,
        **found.told,
    }


def _deidentified(graph: ArtifactGraph, documents: Manifest) -> str:
    for raw in graph.inputs(documents):
        if raw.node == "corpora/raw":
            masked = str(raw.config["source"].get("deidentify") or "none")
            return "" if masked == "none" else masked
    return ""
