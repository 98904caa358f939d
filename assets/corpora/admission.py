"""Who may enter a recipe, over the parts of its sources: nobody withdrawn, no copy of them, only
the licences that the recipe takes from a source, and nothing that its policy refuses.

Shard-wise: a worker reads one part and answers with small files; texts are read only to tell what
repeats a withdrawn document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from assets.corpora.exclusion import (
    EXCLUDED_SCHEMA,
    Withdrawals,
    exclude_matches,
    find_withdrawn,
    merge_withdrawals,
)
from assets.corpora.licences import check_accepted, enforce_held, held_licences, select
from assets.corpora.near_withdrawn import NEAR_SCHEMA, near_withdrawn, withdrawn_sentences
from assets.lineage.storage import Folder, StoredFile
from assets.ports import Compute
from assets.recipes.data import LicencePolicy

LICENCE_RULE = "licence"
"""Rule of a document whose licence the recipe does not take from its source."""

_COLUMNS = ["doc_id", "source", "native_id", "text_hash", "licence"]


@dataclass(frozen=True, kw_only=True)
class SourcePart:
    """One part of a source's documents, and the licences that the recipe takes from it."""

    documents: StoredFile
    licences: tuple[str, ...] | None = None
    """None takes all that the policy allows."""
    held: StoredFile | None = None
    """What held_licences says of it; None: it is counted."""


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Which documents are left out of each part, and why."""

    excluded: tuple[StoredFile | None, ...]
    """One file per part, in their order: EXCLUDED_SCHEMA, sorted by doc_id; None: nobody."""
    licences: pl.DataFrame
    """source, licence, documents: of those that are admitted."""
    near: pl.DataFrame
    """Admitted documents that repeat a withdrawn one; NEAR_SCHEMA."""
    num_withdrawn: int
    num_other_licences: int

    def table(self) -> pl.DataFrame:
        """Return all that is left out, sorted by doc_id."""
        frames = [pl.read_parquet(file.local()) for file in self.excluded if file is not None]
        return pl.concat([pl.DataFrame(schema=EXCLUDED_SCHEMA), *frames]).sort("doc_id")


def admit(
    compute: Compute,
    scratch: Folder,
    parts: Sequence[SourcePart],
    withdrawn: pl.DataFrame,
    policy: LicencePolicy,
) -> Admission:
    """Judge every document of every part.

    Raises LicenceViolation when the policy refuses a document that is left, ValueError for an
    accepted licence that nobody has described.
    """
    for part in parts:
        check_accepted(part.licences or ())
    met = _match(compute, scratch, parts, withdrawn)
    out = scratch.child("admission")
    items = [
        _AdmitItem(index=index, part=part, met=met, out=out) for index, part in enumerate(parts)
    ]
    judged = [item for item in items if _needs_a_look(item)]
    looked_at = compute.map(_admit_part, judged, label="admit documents")
    by_index = {item.index: each for item, each in zip(judged, looked_at, strict=True)}
    admitted = [by_index.get(item.index) or _whole(item.part) for item in items]
    held = pl.read_parquet([each.held.local() for each in admitted])
    return Admission(
        excluded=tuple(each.excluded for each in admitted),
        licences=enforce_held(held, policy),
        near=_near(compute, scratch, parts, admitted),
        num_withdrawn=sum(each.num_withdrawn for each in admitted),
        num_other_licences=sum(each.num_other_licences for each in admitted),
    )


@dataclass(frozen=True, kw_only=True)
class _Met:
    by_id: StoredFile
    by_text: StoredFile

    @classmethod
    def write(cls, found: Withdrawals, folder: Folder, name: str) -> _Met:
        return cls(
            by_id=folder.write(f"{name}.ids.parquet", found.by_id.write_parquet),
            by_text=folder.write(f"{name}.texts.parquet", found.by_text.write_parquet),
        )

    def read(self) -> Withdrawals:
        return Withdrawals(
            by_id=pl.read_parquet(self.by_id.local()),
            by_text=pl.read_parquet(self.by_text.local()),
        )


@dataclass(frozen=True, kw_only=True)
class _MatchItem:
    index: int
    part: SourcePart
    withdrawn: StoredFile
    out: Folder


@dataclass(frozen=True, kw_only=True)
class _AdmitItem:
    index: int
    part: SourcePart
    met: _Met | None
    out: Folder


@dataclass(frozen=True, kw_only=True)
class _Admitted:
    excluded: StoredFile | None
    held: StoredFile
    sentences: StoredFile | None
    num_withdrawn: int
    num_other_licences: int


@dataclass(frozen=True, kw_only=True)
class _NearItem:
    index: int
    part: SourcePart
    excluded: StoredFile
    sentences: StoredFile
    out: Folder


def _match(
    compute: Compute, scratch: Folder, parts: Sequence[SourcePart], withdrawn: pl.DataFrame
) -> _Met | None:
    """Find what the list meets anywhere; None for an empty list, which costs nothing."""
    if not withdrawn.height or not parts:
        return None
    folder = scratch.child("withdrawn")
    listed = folder.write("list.parquet", withdrawn.write_parquet)
    items = [
        _MatchItem(index=index, part=part, withdrawn=listed, out=folder)
        for index, part in enumerate(parts)
    ]
    found = compute.map(_match_part, items, label="find withdrawn documents")
    return _Met.write(merge_withdrawals([each.read() for each in found]), folder, "all")


def _match_part(item: _MatchItem) -> _Met:
    documents = pl.scan_parquet(item.part.documents.local())
    found = find_withdrawn(documents, pl.read_parquet(item.withdrawn.local()))
    return _Met.write(found, item.out, f"{item.index:05d}")


def _admit_part(item: _AdmitItem) -> _Admitted:
    path = item.part.documents.local()
    documents = pl.read_parquet(path, columns=_COLUMNS)
    none = pl.DataFrame(schema=EXCLUDED_SCHEMA)
    gone = none
    if item.met is not None:
        documents, gone = exclude_matches(documents, item.met.read())
    other = none
    if item.part.licences is not None:
        documents, left = select(documents, item.part.licences)
        other = pl.concat(
            [none, left.with_columns(pl.lit(LICENCE_RULE).alias("rule"))], how="diagonal"
        ).with_columns(pl.col("reason", "date", "reference", "withdrawn_doc_id").fill_null(""))
    name = f"{item.index:05d}"
    excluded = pl.concat([gone, other]).sort("doc_id")
    sentences = None
    named = gone.filter(pl.col("rule") != "copy")["doc_id"]
    if named.len():
        texts = pl.scan_parquet(path).select("doc_id", "text")
        told = texts.filter(pl.col("doc_id").is_in(named.implode())).collect()
        sentences = item.out.write(
            f"{name}.sentences.parquet", withdrawn_sentences(told).write_parquet
        )
    return _Admitted(
        excluded=item.out.write(f"{name}.excluded.parquet", excluded.write_parquet),
        held=item.out.write(f"{name}.held.parquet", held_licences(documents).write_parquet),
        sentences=sentences,
        num_withdrawn=gone.height,
        num_other_licences=other.height,
    )


def _needs_a_look(item: _AdmitItem) -> bool:
    return not (item.part.held and item.met is None and item.part.licences is None)


def _whole(part: SourcePart) -> _Admitted:
    """Admit a part of known licences from which nobody can be left out."""
    assert part.held is not None
    return _Admitted(
        excluded=None, held=part.held, sentences=None, num_withdrawn=0, num_other_licences=0
    )


def _near(
    compute: Compute, scratch: Folder, parts: Sequence[SourcePart], admitted: Sequence[_Admitted]
) -> pl.DataFrame:
    written = [each.sentences for each in admitted if each.sentences is not None]
    if not written:
        return pl.DataFrame(schema=NEAR_SCHEMA)
    folder = scratch.child("near-withdrawn")
    together = pl.concat(pl.read_parquet(file.local()) for file in written)
    sentences = folder.write("sentences.parquet", together.write_parquet)
    items = [
        _NearItem(
            index=index, part=part, excluded=each.excluded, sentences=sentences, out=folder
        )
        for index, (part, each) in enumerate(zip(parts, admitted, strict=True))
        # Sentences are those of withdrawn documents, and then every part was looked at.
        if each.excluded is not None
    ]  # fmt: skip
    found = compute.map(_near_part, items, label="compare with withdrawn documents")
    return pl.concat(pl.read_parquet(file.local()) for file in found).sort(
        "doc_id", "withdrawn_doc_id"
    )


def _near_part(item: _NearItem) -> StoredFile:
    gone = pl.read_parquet(item.excluded.local(), columns=["doc_id"])["doc_id"]
    columns = ["doc_id", "source", "native_id", "text"]
    documents = pl.read_parquet(item.part.documents.local(), columns=columns)
    left = documents.filter(~pl.col("doc_id").is_in(gone.implode()))
    found = near_withdrawn(left, pl.read_parquet(item.sentences.local()))
    return item.out.write(f"{item.index:05d}.parquet", found.write_parquet)
