"""mixtures/signatures: what a source's documents are like, and what they are to each other.

Made once per source and shared by all recipes: a new corpus costs its own signatures only, and no
pair of old documents is compared again. A sketch is an estimate and decides nothing: every pair
that it proposes is proved on the texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.deduplication.frames import read_frame, write_frame, write_parquet
from assets.mixtures.deduplication.keys import FILE_BYTES, MAX_ROWS, bits_for
from assets.mixtures.deduplication.matching import Matches
from assets.mixtures.deduplication.parts import PARTS, Part, summed_sizes
from assets.mixtures.deduplication.relating import MAX_EDGES, relate
from assets.mixtures.deduplication.sketching import PartItem, PartResult, sign_part
from assets.mixtures.deduplication.templates import SampleItem, TemplateResult, find_templates
from assets.recipes.data import SignatureSpec

SHINGLED_BYTES = 8 << 30
"""Four bytes a word are 60% of a text's size: above this, reading texts twice is the lesser evil.
Our choice."""


@dataclass(frozen=True, kw_only=True)
class SigningLimits:
    """How much one worker holds at a time; changes nothing that a mixture makes of it."""

    file_bytes: int = FILE_BYTES
    """Stored documents per file of keys."""
    edges: int = MAX_EDGES
    shingled_bytes: int = SHINGLED_BYTES
    """Stored documents up to which a source's shingles are kept until its pairs are proved."""


def make_signatures(ws: Workspace) -> Outcome:
    """Sketch the documents of one source, part by part, and relate them to each other."""
    return sign_source(ws, SigningLimits())


def sign_source(ws: Workspace, limits: SigningLimits) -> Outcome:
    """Run all steps; raises ValueError for documents that are not those of one source, sorted."""
    spec = SignatureSpec(**ws.config)
    documents = ws.input("corpora/documents")
    files = documents.table_files("documents")
    stored_bytes = sum(file.entry.size_bytes for file in files)
    bits = bits_for(stored_bytes, limits.file_bytes)
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
            key_bits=bits,
            keeps_shingles=stored_bytes <= limits.shingled_bytes,
            out=ws.out_folder,
            scratch=ws.scratch,
        )
        for index, file in enumerate(files)
    ]
    ws.progress(f"{documents.partition}: sketching {len(files)} parts")
    signed = ws.compute.map(sign_part, items, label=f"sketch {documents.partition}")
    _refuse_unsorted(documents.partition, signed)
    stored = _write_templates(templates, signed, ws.out_folder)
    parts = _parts(items, signed, documents.partition, stored)
    related = relate(ws, parts, signed, bits, spec, limits.edges)
    ws.publish(each.signatures for each in signed)
    ws.publish(each.measure.sizes for each in signed)
    ws.publish(each.sketches for each in signed)
    ws.publish(each.licences for each in signed)
    ws.publish(related.files)
    sizes = summed_sizes([each.measure.sizes for each in signed])
    ws.publish([stored, write_frame(ws.out_folder, "sizes.arrow", sizes)])
    _table_of(parts).write_parquet(ws.out("parts.parquet"))
    pl.DataFrame([asdict(related.matches)]).write_parquet(ws.out("matches.parquet"))
    return _outcome(documents.partition, templates, signed, related.matches)


def _parts(
    items: Sequence[PartItem], signed: Sequence[PartResult], source: str, templates: StoredFile
) -> tuple[Part, ...]:
    """Return the parts with all their documents taken, numbered within the source."""
    parts: list[Part] = []
    first_row = 0
    for item, each in zip(items, signed, strict=True):
        parts.append(
            Part(
                index=item.index,
                source=source,
                documents=item.documents,
                signatures=each.signatures,
                templates=templates,
                measure=each.measure,
                shingles=each.shingles,
                first_row=first_row,
                num_taken=each.measure.num_documents,
            )
        )
        first_row += each.measure.num_documents
    if first_row >= MAX_ROWS:
        raise ValueError(
            f"{source} has {first_row} documents, and a source may have {MAX_ROWS - 1}: cut it "
            "into several"
        )
    return tuple(parts)


def _table_of(parts: Sequence[Part]) -> pl.DataFrame:
    rows = [
        {"documents_sha256": part.documents.entry.sha256, **vars(part.measure)} for part in parts
    ]
    columns = {name: [row[name] for row in rows] for name in PARTS.names()}
    return pl.DataFrame(columns, schema=PARTS)


def _refuse_unsorted(source: str, parts: Sequence[PartResult]) -> None:
    held = [part.measure for part in parts if part.measure.num_documents]
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


def _outcome(
    source: str, templates: TemplateResult, parts: Sequence[PartResult], matches: Matches
) -> Outcome:
    shingles = sum(part.num_shingles for part in parts)
    of_templates = sum(part.num_template_shingles for part in parts)
    share = of_templates / shingles if shingles else 0.0
    counts = {
        "documents": sum(part.measure.num_documents for part in parts),
        "parts": len(parts),
        "text_bytes": sum(part.measure.text_bytes for part in parts),
        "shingles": shingles,
        "template_shingles": of_templates,
        "templates": templates.num_templates,
        "documents_sampled_for_templates": templates.num_sampled,
        "documents_compared_exactly_only": sum(part.measure.num_exact_only for part in parts),
        "copies_by_text_hash": matches.num_copies,
        "candidate_pairs": matches.num_pairs,
        "pairs_of_different_entries": matches.num_entries,
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
