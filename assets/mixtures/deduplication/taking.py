"""Which documents of a recipe's sources are compared: admitted, within the cap, rows numbered.

Documents and signatures that do not belong together are refused before anything is read twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from assets.corpora.admission import Admission
from assets.lineage.workspace import InputFiles, Workspace
from assets.mixtures.deduplication.entry import enter
from assets.mixtures.deduplication.parts import (
    CapItem,
    Measure,
    Part,
    mapped,
    measure_part,
    over_parts,
    rows_within,
)
from assets.recipes.data import DedupSpec, SignatureSpec


def signing_of(ws: Workspace, spec: DedupSpec) -> SignatureSpec:
    """Return the one spec of all signatures; raises ValueError when the recipe's differs."""
    found = {item.partition: SignatureSpec(**item.manifest.config) for item in _signatures(ws)}
    if not found:
        raise ValueError("no signatures to compare: the recipe names no source")
    first_source, first = next(iter(sorted(found.items())))
    for source, signing in sorted(found.items()):
        if signing != first:
            raise ValueError(
                f"signatures of {source} were made with {asdict(signing)}, those of "
                f"{first_source} with {asdict(first)}: make mixtures/signatures again"
            )
    for name in ("shingle_words", "num_hashes", "seed"):
        if getattr(first, name) != getattr(spec, name):
            raise ValueError(
                f"dedup wants {name} {getattr(spec, name)}, but signatures have "
                f"{getattr(first, name)}: make the recipe's dedup and signatures agree"
            )
    return first


def _signatures(ws: Workspace) -> tuple[InputFiles, ...]:
    return ws.inputs("mixtures/signatures")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Who takes part in a comparison, and who does not."""

    parts: tuple[Part, ...]
    """With their rows numbered."""
    available: Mapping[str, int]
    """Documents of each source that may enter; its cap takes the first of them."""
    admission: Admission


def take(ws: Workspace) -> Taken:
    """Return the documents of the recipe's sources that may enter, each source up to its cap.

    Raises ValueError when recipe, documents and signatures disagree, LicenceViolation by policy.
    """
    sources = ws.config["sources"]
    caps = {name: int(use["max_text_bytes"]) for name, use in sources.items()}
    ws.progress("admitting documents: withdrawals, licences")
    parts, admission = enter(ws, _joined(ws, caps), sources)
    ws.progress(f"measuring {len(parts)} parts")
    measures = over_parts(ws.compute, measure_part, parts, parts, "measure")
    available = dict.fromkeys(sorted(caps), 0)
    for part, measure in zip(parts, measures, strict=True):
        available[part.source] += measure.num_documents
    return Taken(parts=_taken(ws, caps, parts, measures), available=available, admission=admission)


def _joined(ws: Workspace, caps: Mapping[str, int]) -> list[Part]:
    """Return every part of the documents with its signatures."""
    documents = {item.partition: item for item in ws.inputs("corpora/documents")}
    signatures = {item.partition: item for item in _signatures(ws)}
    for inputs, what in ((documents, "documents"), (signatures, "signatures")):
        if set(inputs) != set(caps):
            raise ValueError(
                f"the recipe names the sources {sorted(caps)}, but the {what} are of "
                f"{sorted(inputs)}: make them the same"
            )
    parts: list[Part] = []
    for source in sorted(caps):
        files = documents[source].table_files("documents")
        signed = signatures[source].table_files("signatures")
        if len(files) != len(signed):
            raise ValueError(
                f"{source} has {len(files)} parts of documents, but {len(signed)} of signatures: "
                f"make mixtures/signatures[{source}] again"
            )
        templates = signatures[source].stored("templates.parquet")
        parts += [
            Part(
                index=len(parts) + number,
                source=source,
                documents=file,
                signatures=sketch,
                templates=templates,
            )
            for number, (file, sketch) in enumerate(zip(files, signed, strict=True))
        ]
    return parts


def _taken(
    ws: Workspace, caps: Mapping[str, int], parts: Sequence[Part], measures: Sequence[Measure]
) -> tuple[Part, ...]:
    """Number the first documents by doc_id of each source whose text fits into its cap."""
    room = dict(caps)
    within: dict[int, int] = {}
    cut: list[CapItem] = []
    last_id: dict[str, str] = {}
    for part, measure in zip(parts, measures, strict=True):
        if measure.num_documents and last_id.get(part.source, "") >= measure.first_id:
            raise ValueError(
                f"documents of {part.source} are not sorted by doc_id over their parts: make "
                "corpora/documents again"
            )
        last_id[part.source] = measure.last_id or last_id.get(part.source, "")
        if measure.text_bytes <= room[part.source]:
            within[part.index] = measure.num_documents
            room[part.source] -= measure.text_bytes
        else:
            cut.append(CapItem(part=part, room_bytes=room[part.source]))
            room[part.source] = -1
    counted = mapped(ws.compute, rows_within, cut, [1] * len(cut), "cap")
    within |= {item.part.index: count for item, count in zip(cut, counted, strict=True)}
    numbered: list[Part] = []
    first_row = 0
    for part in parts:
        numbered.append(replace(part, first_row=first_row, num_taken=within[part.index]))
        first_row += within[part.index]
    _refuse_tiny_caps(caps, numbered, measures)
    return tuple(numbered)


def _refuse_tiny_caps(
    caps: Mapping[str, int], parts: Sequence[Part], measures: Sequence[Measure]
) -> None:
    for source, cap in caps.items():
        own = [(p, m) for p, m in zip(parts, measures, strict=True) if p.source == source]
        if any(m.num_documents for _, m in own) and not any(p.num_taken for p, _ in own):
            raise ValueError(
                f"source {source}: max_text_bytes {cap} is below its first document: raise the "
                "cap in the recipe"
            )
