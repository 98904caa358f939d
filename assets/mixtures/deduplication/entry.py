"""The parts of a recipe's sources without the documents that may not enter it.

Who may is decided in assets/corpora/admission.py. A part from which nobody goes is passed on as it
is; of the others a copy without the excluded rows, documents and signatures alike, is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from assets.corpora.admission import Admission, SourcePart, admit
from assets.corpora.withdrawn import WITHDRAWN_SCHEMA
from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import Workspace, part_name
from assets.mixtures.deduplication.frames import write_frame, write_parquet
from assets.mixtures.deduplication.parts import Part, measured, over_parts


@dataclass(frozen=True, kw_only=True)
class LeaveOut:
    """A part and the documents to leave out of it."""

    part: Part
    excluded: StoredFile
    min_shingles: int
    scratch: Folder


def enter(
    ws: Workspace,
    parts: Sequence[Part],
    sources: Mapping[str, Mapping[str, Any]],
    min_shingles: int,
) -> tuple[tuple[Part, ...], Admission]:
    """Return the parts without excluded documents, and what was decided.

    Raises LicenceViolation when the recipe's policy refuses a document that is left.
    """
    given = [
        SourcePart(
            documents=part.documents,
            licences=_licences(sources[part.source]),
            held=part.licences,
        )
        for part in parts
    ]
    lists = ws.inputs("corpora/withdrawn")
    withdrawn = (
        lists[0].table("withdrawn").collect() if lists else pl.DataFrame(schema=WITHDRAWN_SCHEMA)
    )
    admission = admit(ws.compute, ws.scratch, given, withdrawn, ws.config["policy"])
    items = [
        LeaveOut(
            part=part,
            excluded=file,
            min_shingles=min_shingles,
            scratch=ws.scratch.child("entered"),
        )
        for part, file in zip(parts, admission.excluded, strict=True)
        if file is not None and pl.read_parquet(file.local(), columns=["doc_id"]).height
    ]
    changed = over_parts(ws.compute, leave_out, items, [item.part for item in items], "leave out")
    by_index = {part.index: part for part in (*parts, *changed)}
    return tuple(by_index[part.index] for part in parts), admission


def leave_out(item: LeaveOut) -> Part:
    """Write a part again without its excluded documents."""
    gone = pl.read_parquet(item.excluded.local(), columns=["doc_id"])["doc_id"].implode()
    name = f"{item.part.index:05d}"
    documents = pl.read_parquet(item.part.documents.local())
    documents = documents.filter(~pl.col("doc_id").is_in(gone))
    signed = pl.read_parquet(item.part.signatures.local())
    is_gone = signed["doc_id"].is_in(gone)
    rows = np.flatnonzero(is_gone.to_numpy()).astype(np.uint64) + np.uint64(item.part.source_row)
    signed = signed.filter(~is_gone)
    return replace(
        item.part,
        documents=write_parquet(item.scratch, part_name("documents", item.part.index), documents),
        signatures=write_parquet(item.scratch, part_name("signatures", item.part.index), signed),
        measure=measured(
            signed, item.min_shingles, item.scratch, name, is_sorted=item.part.measure.is_sorted
        ),
        gone=write_frame(item.scratch, f"gone/{name}.arrow", pl.DataFrame({"row": rows})),
    )


def _licences(source: Mapping[str, Any]) -> tuple[str, ...] | None:
    return None if source["licences"] is None else tuple(source["licences"])
