"""The parts of a recipe's sources without the documents that may not enter it.

Who may is decided in assets/corpora/admission.py. A part from which nobody goes is passed on as it
is; of the others a copy without the excluded rows, documents and signatures alike, is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from assets.corpora.admission import Admission, SourcePart, admit
from assets.corpora.withdrawn import WITHDRAWN_SCHEMA
from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import Workspace, part_name
from assets.mixtures.deduplication.frames import write_parquet
from assets.mixtures.deduplication.parts import Part, over_parts


@dataclass(frozen=True, kw_only=True)
class LeaveOut:
    """A part and the documents to leave out of it."""

    part: Part
    excluded: StoredFile
    scratch: Folder


def enter(
    ws: Workspace, parts: Sequence[Part], sources: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Part, ...], Admission]:
    """Return the parts without excluded documents, and what was decided.

    Raises LicenceViolation when the recipe's policy refuses a document that is left.
    """
    given = [
        SourcePart(documents=part.documents, licences=_licences(sources[part.source]))
        for part in parts
    ]
    lists = ws.inputs("corpora/withdrawn")
    withdrawn = (
        lists[0].table("withdrawn").collect() if lists else pl.DataFrame(schema=WITHDRAWN_SCHEMA)
    )
    admission = admit(ws.compute, ws.scratch, given, withdrawn, ws.config["policy"])
    items = [
        LeaveOut(part=part, excluded=excluded, scratch=ws.scratch.child("entered"))
        for part, excluded in zip(parts, admission.excluded, strict=True)
    ]
    return tuple(over_parts(ws.compute, leave_out, items, parts, "leave out")), admission


def leave_out(item: LeaveOut) -> Part:
    """Write a part again without its excluded documents, if there are any."""
    gone = pl.read_parquet(item.excluded.local(), columns=["doc_id"])["doc_id"]
    if not len(gone):
        return item.part

    def without(stored: StoredFile, table: str) -> StoredFile:
        frame = pl.read_parquet(stored.local())
        stays = frame.filter(~pl.col("doc_id").is_in(gone.implode()))
        return write_parquet(item.scratch, part_name(table, item.part.index), stays)

    return replace(
        item.part,
        documents=without(item.part.documents, "documents"),
        signatures=without(item.part.signatures, "signatures"),
    )


def _licences(source: Mapping[str, Any]) -> tuple[str, ...] | None:
    return None if source["licences"] is None else tuple(source["licences"])
