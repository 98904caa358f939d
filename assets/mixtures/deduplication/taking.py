"""Which documents of a recipe's sources are compared: admitted, within the cap, rows numbered.

Documents and signatures that do not belong together are refused before anything is read twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from assets.corpora.admission import Admission
from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import InputFiles, Workspace, part_name
from assets.mixtures.deduplication.entry import enter
from assets.mixtures.deduplication.frames import read_frame, write_frame
from assets.mixtures.deduplication.keys import KeyFiles
from assets.mixtures.deduplication.matching import Matches
from assets.mixtures.deduplication.parts import CapItem, Measure, Part, cut_part, mapped
from assets.mixtures.deduplication.relations import SourceRows, find_moved
from assets.mixtures.deduplication.screening import Sketched
from assets.mixtures.deduplication.settled import Settled
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
    for name in ("shingle_words", "num_hashes", "num_bands", "seed"):
        if getattr(first, name) != getattr(spec, name):
            raise ValueError(
                f"dedup wants {name} {getattr(spec, name)}, but signatures have "
                f"{getattr(first, name)}: make the recipe's dedup and signatures agree"
            )
    if spec.threshold < first.threshold:
        raise ValueError(
            f"dedup wants the threshold {spec.threshold}, but signatures prove pairs from "
            f"{first.threshold} on: raise it in the recipe, or lower it in SIGNATURES"
        )
    return first


def _signatures(ws: Workspace) -> tuple[InputFiles, ...]:
    return ws.inputs("mixtures/signatures")


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a source's signing found, and which of its rows are taken."""

    rows: SourceRows
    texts: KeyFiles
    bands: KeyFiles
    sketches: Sketched
    matches: Matches
    sizes: tuple[StoredFile, ...]
    """SIZES of its taken documents: of all, or of every part."""
    settled: Settled | None
    """None where the mixture takes or links less than was signed: all its clusters are open."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Who takes part in a comparison, and who does not."""

    parts: tuple[Part, ...]
    """With their rows numbered."""
    sources: Mapping[str, Source]
    """In the order of their rows."""
    available: Mapping[str, int]
    """Documents of each source that may enter; its cap takes the first of them."""
    admission: Admission


def take(ws: Workspace, signing: SignatureSpec, threshold: float) -> Taken:
    """Return the documents of the recipe's sources that may enter, each source up to its cap.

    Raises ValueError when recipe, documents and signatures disagree, LicenceViolation by policy.
    """
    sources = ws.config["sources"]
    caps = {name: int(use["max_text_bytes"]) for name, use in sources.items()}
    ws.progress("admitting documents: withdrawals, licences")
    parts, admission = enter(ws, _joined(ws, caps), sources, signing.min_shingles)
    available = dict.fromkeys(sorted(caps), 0)
    for part in parts:
        available[part.source] += part.measure.num_documents
    taken = _taken(ws, caps, parts, signing.min_shingles)
    return Taken(
        parts=taken,
        sources=_sources(ws, taken, available, links_all=threshold == signing.threshold),
        available=available,
        admission=admission,
    )


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
        table = pl.read_parquet(signatures[source].path("parts.parquet"))
        if len(files) != table.height:
            raise ValueError(
                f"{source} has {len(files)} parts of documents, but {table.height} of "
                f"signatures: make mixtures/signatures[{source}] again"
            )
        source_row = 0
        for number, (file, row) in enumerate(zip(files, table.iter_rows(named=True), strict=True)):
            _refuse_other_documents(file, source, row)
            parts.append(_part(signatures[source], source, file, number, row, len(parts)))
            parts[-1] = replace(parts[-1], source_row=source_row)
            source_row += row["num_documents"]
    return parts


def _part(
    signed: InputFiles,
    source: str,
    documents: StoredFile,
    number: int,
    row: Mapping[str, Any],
    index: int,
) -> Part:
    measure = {name: value for name, value in row.items() if name != "documents_sha256"}
    return Part(
        index=index,
        source=source,
        documents=documents,
        signatures=signed.stored(part_name("signatures", number)),
        templates=signed.stored("templates.parquet"),
        licences=signed.stored(part_name("licences", number)),
        relations=signed.stored(f"relations/{number:05d}.arrow"),
        measure=Measure(**measure, sizes=signed.stored(f"sizes/{number:05d}.arrow")),
    )


def _refuse_other_documents(file: StoredFile, source: str, row: Mapping[str, Any]) -> None:
    if file.entry.sha256 != row["documents_sha256"]:
        count = pl.scan_parquet(file.local()).select(pl.len()).collect().item()
        raise ValueError(
            f"{source} has {row['num_documents']} signatures, and they are not those of the "
            f"{count} documents of {file.uri}: make mixtures/signatures[{source}] again"
        )


def _taken(
    ws: Workspace, caps: Mapping[str, int], parts: Sequence[Part], min_shingles: int
) -> tuple[Part, ...]:
    """Number the first documents by doc_id of each source whose text fits into its cap."""
    room = dict(caps)
    taken: dict[int, Part] = {}
    cut: list[CapItem] = []
    out = ws.scratch.child("capped")
    for part in parts:
        if part.measure.text_bytes <= room[part.source]:
            taken[part.index] = replace(part, num_taken=part.measure.num_documents)
            room[part.source] -= part.measure.text_bytes
        else:
            left = max(room[part.source], -1)
            cut.append(CapItem(part=part, room_bytes=left, min_shingles=min_shingles, out=out))
            room[part.source] = -1
    counted = mapped(ws.compute, cut_part, cut, [1] * len(cut), "cap")
    taken |= {part.index: part for part in counted}
    numbered: list[Part] = []
    first_row = 0
    for index in range(len(parts)):
        numbered.append(replace(taken[index], first_row=first_row))
        first_row += taken[index].num_taken
    _refuse_tiny_caps(caps, parts, numbered)
    return tuple(numbered)


def _refuse_tiny_caps(
    caps: Mapping[str, int], parts: Sequence[Part], taken: Sequence[Part]
) -> None:
    for source, cap in caps.items():
        held = any(part.measure.num_documents for part in parts if part.source == source)
        if held and not any(part.num_taken for part in taken if part.source == source):
            raise ValueError(
                f"source {source}: max_text_bytes {cap} is below its first document: raise the "
                "cap in the recipe"
            )


def _sources(
    ws: Workspace, parts: Sequence[Part], available: Mapping[str, int], *, links_all: bool
) -> dict[str, Source]:
    """`links_all`: the mixture has the links that signing found."""
    found = {}
    for signed in sorted(_signatures(ws), key=lambda item: item.partition):
        own = [part for part in parts if part.source == signed.partition]
        rows = SourceRows(first_row=own[0].first_row, num_taken=sum(part.num_taken for part in own))
        takes_all = rows.num_taken == available[signed.partition] and not any(
            part.gone for part in own
        )
        (matches,) = pl.read_parquet(signed.path("matches.parquet")).to_dicts()
        found[signed.partition] = Source(
            rows=_without_gone(rows, own, ws.scratch.child("rows")),
            texts=KeyFiles(files=_numbered(signed, "texts")),
            bands=KeyFiles(files=_numbered(signed, "bands")),
            sketches=tuple(
                zip([part.source_row for part in own], _numbered(signed, "sketches"), strict=True)
            ),
            matches=Matches(**matches),
            sizes=(signed.stored("sizes.arrow"),)
            if takes_all
            else tuple(part.measure.sizes for part in own),
            settled=_settled(signed) if takes_all and links_all else None,
        )
    return found


def _settled(signed: InputFiles) -> Settled:
    return Settled(
        merged=_numbered(signed, "settled/merged"),
        sizes=_numbered(signed, "settled/sizes"),
        rows=_numbered(signed, "settled/rows"),
    )


def _numbered(signed: InputFiles, name: str) -> tuple[StoredFile, ...]:
    paths = [entry.path for entry in signed.manifest.files if entry.path.startswith(f"{name}/")]
    return tuple(signed.stored(path) for path in sorted(paths))


def _without_gone(rows: SourceRows, parts: Sequence[Part], out: Folder) -> SourceRows:
    """Tell which rows of a source are left out, and who stands for their texts now."""
    files = [part.gone for part in parts if part.gone is not None]
    if not files:
        return rows
    gone = pl.concat(read_frame(file) for file in files).sort("row")
    ids = [_ids(part) for part in parts]
    relations = [part.relations for part in parts if part.relations is not None]
    moved = find_moved(relations, gone["row"], pl.concat(ids))
    name = parts[0].source
    return replace(
        rows,
        gone=write_frame(out, f"{name}.gone.arrow", gone),
        moved=write_frame(out, f"{name}.moved.arrow", moved),
    )


def _ids(part: Part) -> pl.DataFrame:
    """Return (row of the source, doc_id) of the documents that are left in a part."""
    ids = pl.read_parquet(part.signatures.local(), columns=["doc_id"])["doc_id"]
    gone = np.zeros(0, dtype=np.uint64)
    if part.gone is not None:
        gone = read_frame(part.gone)["row"].to_numpy()
    rows = np.arange(part.source_row, part.source_row + len(ids) + len(gone), dtype=np.uint64)
    return pl.DataFrame({"row": np.setdiff1d(rows, gone), "doc_id": ids})
