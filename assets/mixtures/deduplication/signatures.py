"""mixtures/signatures: one sketch per document of one source, and the source's templates.

Made once per source and shared by all recipes: a new corpus costs its own signatures only. A
signature is an estimate and decides nothing; deduped.py verifies every pair that it proposes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa

from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import Outcome, Workspace, part_name
from assets.mixtures.deduplication.frames import (
    hash_strings,
    read_frame,
    write_frame,
    write_parquet,
)
from assets.mixtures.deduplication.shingles import (
    U32,
    Shingles,
    TemplateTable,
    over_batches,
    shingles_of,
    signatures_of,
)
from assets.mixtures.deduplication.templates import SampleItem, TemplateResult, find_templates
from assets.mixtures.words import I64
from assets.recipes.data import SignatureSpec

SCHEMA = pl.Schema(
    {
        "doc_id": pl.String,
        "source": pl.String,
        "text_hash": pl.String,
        "text_bytes": pl.UInt32,
        "num_shingles": pl.UInt32,
        "num_template_shingles": pl.UInt32,
        "entry": pl.UInt64,
        "signature": pl.Binary,
    }
)
"""The signature is num_hashes little-endian 32-bit minima; zeros where nothing is left to hash.

`entry` is 0 except in a source of forms, where it is the hash of the title: entries of different
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
    out: Folder
    scratch: Folder


@dataclass(frozen=True, kw_only=True)
class PartResult:
    signatures: StoredFile
    template_counts: StoredFile
    num_documents: int
    text_bytes: int
    num_shingles: int
    num_template_shingles: int
    num_exact_only: int
    first_id: str
    last_id: str


def make_signatures(ws: Workspace) -> Outcome:
    """Sketch the documents of one source, part by part."""
    spec = SignatureSpec(**ws.config)
    documents = ws.input("corpora/documents")
    files = documents.table_files("documents")
    sample = SampleItem(documents=files, spec=spec, out=ws.scratch)
    ws.progress(f"{documents.partition}: looking for templates")
    (templates,) = ws.compute.map(find_templates, [sample], label="templates")
    items = [
        PartItem(
            index=index,
            source=documents.partition,
            documents=file,
            templates=templates.templates,
            spec=spec,
            is_form=templates.is_form,
            threads=pl.thread_pool_size() if len(files) == 1 else 1,
            out=ws.out_folder,
            scratch=ws.scratch,
        )
        for index, file in enumerate(files)
    ]
    ws.progress(f"{documents.partition}: sketching {len(files)} parts")
    parts = ws.compute.map(sign_part, items, label=f"sketch {documents.partition}")
    _refuse_unsorted(documents.partition, parts)
    ws.publish(part.signatures for part in parts)
    ws.publish([_write_templates(templates, parts, ws.out_folder)])
    return _outcome(documents.partition, templates, parts)


def sign_part(item: PartItem) -> PartResult:
    """Write the signatures of one part, sorted by doc_id."""
    columns = ["doc_id", "source", "title", "text_hash", "text"]
    frame = pl.read_parquet(item.documents.local(), columns=columns)
    if not frame["doc_id"].is_sorted():
        frame = frame.sort("doc_id")
    foreign = frame.filter(pl.col("source") != item.source)
    if foreign.height:
        raise ValueError(
            f"{item.documents.uri} holds documents of {foreign['source'][0]}, not {item.source}: "
            "make corpora/documents again"
        )
    hashes = read_frame(item.templates)["shingle"].to_numpy()
    table = TemplateTable(hashes)
    spec = item.spec

    def sketch(texts: pl.Series) -> tuple[I64, I64, I64, U32]:
        found = shingles_of(texts, spec.shingle_words, table)
        signatures = signatures_of(found, spec.num_hashes, spec.seed)
        return (*_counted(found), found.documents_per_slot, signatures)

    sketches = list(over_batches(sketch, frame["text"], item.threads))
    kept = _joined([each[0] for each in sketches])
    dropped = _joined([each[1] for each in sketches])
    per_slot = sum((each[2] for each in sketches), np.zeros(len(table.slots), dtype=np.int64))
    counts = pl.DataFrame({"shingle": hashes, "num_documents": table.counts(hashes, per_slot)})
    signed = frame.select(
        "doc_id",
        "source",
        "text_hash",
        pl.col("text").str.len_bytes().alias("text_bytes"),
        pl.Series("num_shingles", kept + dropped, dtype=pl.UInt32),
        pl.Series("num_template_shingles", dropped, dtype=pl.UInt32),
        _entries(frame["title"], item.is_form),
        _binary([each[3] for each in sketches], spec.num_hashes),
    )
    assert signed.schema == SCHEMA, signed.schema
    ids = frame["doc_id"]
    return PartResult(
        signatures=write_parquet(item.out, part_name("signatures", item.index), signed),
        template_counts=write_frame(item.scratch, f"counts/{item.index}.arrow", counts),
        num_documents=frame.height,
        text_bytes=int(signed["text_bytes"].cast(pl.Int64).sum()),
        num_shingles=int((kept + dropped).sum()),
        num_template_shingles=int(dropped.sum()),
        num_exact_only=int((kept < spec.min_shingles).sum()),
        first_id=ids[0] if len(ids) else "",
        last_id=ids[-1] if len(ids) else "",
    )


def matrix_of(signatures: pl.Series, num_hashes: int) -> U32:
    """Return [documents, num_hashes] from a column of signatures; raises ValueError on others."""
    widths = signatures.bin.size()
    if len(signatures) and (widths.min() != 4 * num_hashes or widths.max() != 4 * num_hashes):
        raise ValueError(
            f"signatures are {widths.min()} to {widths.max()} bytes wide, not {4 * num_hashes}: "
            "make mixtures/signatures again"
        )
    if not len(signatures):
        return np.zeros((0, num_hashes), dtype=np.uint32)
    array = signatures.to_arrow()
    return np.frombuffer(
        array.buffers()[2], dtype="<u4", count=len(signatures) * num_hashes
    ).reshape(len(signatures), num_hashes)


def _entries(titles: pl.Series, is_form: bool) -> pl.Series:
    if not is_form:
        return pl.Series("entry", np.zeros(len(titles), dtype=np.uint64))
    names = titles.fill_null("").str.to_lowercase().str.strip_chars()
    # 0 means no entry.
    return pl.Series("entry", np.maximum(hash_strings(names), np.uint64(1)))


def _counted(found: Shingles) -> tuple[I64, I64]:
    return np.diff(found.bounds), found.num_templates


def _joined(parts: Sequence[I64]) -> I64:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def _binary(parts: Sequence[U32], num_hashes: int) -> pl.Series:
    whole = np.concatenate([np.zeros((0, num_hashes), dtype=np.uint32), *parts]).astype("<u4")
    column = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(4 * num_hashes), len(whole), [None, pa.py_buffer(np.ascontiguousarray(whole))]
    )
    return pl.Series("signature", column, dtype=pl.Binary)


def _refuse_unsorted(source: str, parts: Sequence[PartResult]) -> None:
    held = [part for part in parts if part.num_documents]
    for before, after in pairwise(held):
        if before.last_id >= after.first_id:
            raise ValueError(
                f"documents of {source} are not sorted by doc_id over their parts: "
                f"{before.last_id} stands before {after.first_id}; make corpora/documents again"
            )


def _write_templates(
    templates: TemplateResult, parts: Sequence[PartResult], out: Folder
) -> StoredFile:
    """Add to each template in how many documents of the whole source it stands."""
    frame = read_frame(templates.templates)
    total = np.zeros(frame.height, dtype=np.int64)
    for part in parts:
        total += read_frame(part.template_counts)["num_documents"].to_numpy()
    frame = frame.with_columns(pl.Series("num_documents", total, dtype=pl.UInt64))
    return write_parquet(out, "templates.parquet", frame)


def _outcome(source: str, templates: TemplateResult, parts: Sequence[PartResult]) -> Outcome:
    shingles = sum(part.num_shingles for part in parts)
    of_templates = sum(part.num_template_shingles for part in parts)
    share = of_templates / shingles if shingles else 0.0
    counts = {
        "documents": sum(part.num_documents for part in parts),
        "parts": len(parts),
        "text_bytes": sum(part.text_bytes for part in parts),
        "shingles": shingles,
        "template_shingles": of_templates,
        "templates": templates.num_templates,
        "documents_sampled_for_templates": templates.num_sampled,
        "documents_compared_exactly_only": sum(part.num_exact_only for part in parts),
        "is_form": int(templates.is_form),
    }
    frame = read_frame(templates.templates).head(10)
    lines = [
        f"{source}: {counts['documents']:,} documents sketched; {templates.num_templates:,} "
        f"phrases are templates and hold {share:.1%} of all shingles.",
        *(["Its documents are filled-in forms: titles tell them apart."] * templates.is_form),
        "",
        "| template | documents of the sample |",
        "| --- | ---: |",
        *(
            f"| {phrase} | {count:,} |"
            for phrase, count in frame.select("phrase", "num_sampled").rows()
        ),
    ]
    return Outcome(counts=counts, metrics={"template_share": share}, summary="\n".join(lines))
