"""Signing one part of a source: a row per document, and the keys by which others find it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.corpora.licences import held_licences
from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import part_name
from assets.mixtures.deduplication.bands import band_keys
from assets.mixtures.deduplication.frames import (
    Fragments,
    hash_strings,
    read_frame,
    write_frame,
    write_parquet,
)
from assets.mixtures.deduplication.keys import send_keys
from assets.mixtures.deduplication.parts import Measure, measured
from assets.mixtures.deduplication.screening import write_lows
from assets.mixtures.deduplication.sets import write_shingles
from assets.mixtures.deduplication.shingles import TemplateTable, sketches_of
from assets.mixtures.deduplication.texts import text_keys
from assets.recipes.data import SignatureSpec

SCHEMA = pl.Schema(
    {
        "doc_id": pl.String,
        "source": pl.String,
        "native_id": pl.String,
        "text_hash": pl.String,
        "text_bytes": pl.UInt32,
        "num_shingles": pl.UInt32,
        "num_template_shingles": pl.UInt32,
        "entry": pl.UInt64,
    }
)
"""`entry` is 0 except in a source of forms, where it is the hash of the title: entries of different
titles are different facts, however much their definitions share (an increased and a decreased
level of the same substance; HPO has some twenty such pairs at a similarity of 0.7)."""


@dataclass(frozen=True, kw_only=True)
class PartItem:
    """One part of a source's documents."""

    index: int
    source: str
    documents: StoredFile
    templates: StoredFile
    spec: SignatureSpec
    is_form: bool
    threads: int
    key_bits: int
    """Highest bits of a key that name its file."""
    keeps_shingles: bool
    """Else the proof cuts them from the texts again."""
    out: Folder
    scratch: Folder


@dataclass(frozen=True, kw_only=True)
class PartResult:
    signatures: StoredFile
    measure: Measure
    licences: StoredFile
    """What held_licences says of the part."""
    template_counts: StoredFile
    texts: Fragments
    bands: Fragments
    sketches: StoredFile
    shingles: StoredFile | None
    """Of sets.SHINGLES."""
    num_shingles: int
    num_template_shingles: int


def sign_part(item: PartItem) -> PartResult:
    """Write the signatures of one part, sorted by doc_id, and send its keys."""
    frame, is_sorted = _documents(item)
    templates = read_frame(item.templates)["shingle"].to_numpy()
    table = TemplateTable(templates)
    spec = item.spec

    found = sketches_of(frame["text"], table, spec, item.threads)
    held_by = table.counts(templates, found.documents_per_slot)
    counts = pl.DataFrame({"shingle": templates, "num_documents": held_by})
    signed = frame.select(
        "doc_id",
        "source",
        "native_id",
        "text_hash",
        pl.col("text").str.len_bytes().alias("text_bytes"),
        pl.Series("num_shingles", found.num_kept + found.num_templates, dtype=pl.UInt32),
        pl.Series("num_template_shingles", found.num_templates, dtype=pl.UInt32),
        _entries(frame["title"], item.is_form),
    )
    assert signed.schema == SCHEMA, signed.schema
    name = f"{item.index:05d}"
    bands = band_keys(found.keys, found.num_kept >= spec.min_shingles)
    texts = text_keys(frame["text_hash"], frame["doc_id"])
    return PartResult(
        signatures=write_parquet(item.out, part_name("signatures", item.index), signed),
        measure=measured(signed, spec.min_shingles, item.out, name, is_sorted=is_sorted),
        licences=_write_licences(frame, item.out, item.index),
        template_counts=write_frame(item.scratch, f"counts/{name}.arrow", counts),
        texts=send_keys(texts, item.key_bits, item.scratch.child("texts"), name),
        bands=send_keys(bands, item.key_bits, item.scratch.child("bands"), name),
        sketches=write_lows(found.lows, item.out, name),
        shingles=write_shingles(found, item.scratch, name) if item.keeps_shingles else None,
        num_shingles=int((found.num_kept + found.num_templates).sum()),
        num_template_shingles=int(found.num_templates.sum()),
    )


def _documents(item: PartItem) -> tuple[pl.DataFrame, bool]:
    """Return the documents of a part by doc_id, and whether they are stored in that order.

    Raises ValueError for documents of other sources and for a doc_id that occurs twice.
    """
    columns = ["doc_id", "source", "native_id", "title", "text_hash", "licence", "text"]
    frame = pl.read_parquet(item.documents.local(), columns=columns)
    is_sorted = frame["doc_id"].is_sorted()
    if not is_sorted:
        frame = frame.sort("doc_id")
    foreign = frame.filter(pl.col("source") != item.source)
    if foreign.height:
        raise ValueError(
            f"{item.documents.uri} holds documents of {foreign['source'][0]}, not {item.source}: "
            "make corpora/documents again"
        )
    ids = frame["doc_id"]
    twice = ids.slice(1).filter(ids.slice(1) == ids.slice(0, max(0, len(ids) - 1)))
    if len(twice):
        raise ValueError(
            f"doc_id {twice[0]} occurs more than once, in {item.source}: native ids must be "
            "unique within a source"
        )
    return frame, is_sorted


def _write_licences(documents: pl.DataFrame, out: Folder, index: int) -> StoredFile:
    """Count the licences of a part, for mixtures that take all of it."""
    held = held_licences(documents.select("doc_id", "source", "licence"))
    return out.write(part_name("licences", index), held.write_parquet)


def _entries(titles: pl.Series, is_form: bool) -> pl.Series:
    if not is_form:
        return pl.Series("entry", np.zeros(len(titles), dtype=np.uint64))
    names = titles.fill_null("").str.to_lowercase().str.strip_chars()
    # 0 means no entry.
    return pl.Series("entry", np.maximum(hash_strings(names), np.uint64(1)))
