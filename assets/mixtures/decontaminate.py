"""mixtures/decontaminated: documents without traces of a benchmark, and a held-out split.

The split is drawn first and both sides are cleaned, so that perplexity on held-out text is
measured on text as clean as the text that was trained on. Shard-wise: each part of the corpus is
scanned by itself, the hits are weighed together, then each part is written without what goes.
Every removal has its evidence: one row per (document, item) in removed.parquet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.parquet as pq

from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import Outcome, Workspace, part_name
from assets.recipes.data import BenchmarkCap, ContaminationCaps

if TYPE_CHECKING:
    from assets.mixtures.contamination import ItemIndex
    from assets.mixtures.contamination_report import Report
    from assets.mixtures.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class WritePart:
    """One part of the corpus to write again without the removed documents."""

    documents: StoredFile
    removed: StoredFile
    heldout_share: float
    out: Folder
    name: str
    scratch: Folder
    number: int


@dataclass(frozen=True, kw_only=True)
class WrittenPart:
    documents: StoredFile
    heldout: StoredFile
    num_documents: int
    num_heldout: int
    num_removed: int
    num_removed_from_heldout: int


def make_decontaminated(ws: Workspace) -> Outcome:
    """Split off held-out documents, and drop from both sides what overlaps with a benchmark."""
    # The compiled loops load only where they run.
    from assets.mixtures.contamination_report import report_of
    from assets.mixtures.contamination_scan import find_evidence

    caps = caps_of(ws.config["caps"])
    _check_share(ws.config["heldout_share"])
    parts = ws.input("mixtures/deduped").table_files("documents")
    index, evidence, totals = find_evidence(ws, parts, caps)
    report = report_of(index, evidence, totals, caps)
    written = _write(ws, parts, evidence)
    for name, frame in (
        ("removed", evidence.removed),
        ("generic", evidence.generic),
        ("matrix", report.matrix),
    ):
        frame.write_parquet(ws.out(f"{name}.parquet"), compression="zstd")
    report.draw(ws.out)
    return _outcome(index, evidence, report, written)


def write_part(item: WritePart) -> WrittenPart:
    """Write one part's documents and its held-out ones, each sorted by doc_id."""
    documents = pl.read_parquet(item.documents.local()).sort("doc_id")
    removed = pl.read_parquet(item.removed.local())["doc_id"]
    clean = ~documents["doc_id"].is_in(removed.implode())
    heldout = heldout_mask(documents["doc_id"], item.heldout_share)
    train, apart = documents.filter(clean & ~heldout), documents.filter(clean & heldout)

    def zstd(frame: pl.DataFrame) -> Any:
        return lambda path: frame.write_parquet(path, compression="zstd")

    return WrittenPart(
        documents=item.out.write(item.name, zstd(train)),
        heldout=item.scratch.write(part_name("heldout", item.number), zstd(apart)),
        num_documents=train.height,
        num_heldout=apart.height,
        num_removed=int((~clean).sum()),
        num_removed_from_heldout=int((~clean & heldout).sum()),
    )


def heldout_mask(doc_ids: pl.Series, share: float) -> pl.Series:
    """Return which documents are held out: by a keyed hash of the id alone.

    Keyed, because a capped source is cut in the order of doc_id: the id itself is not uniform.
    """
    _check_share(share)
    limit = int(share * (1 << 64))
    draws = (hashlib.blake2b(i.encode(), digest_size=8, key=b"heldout") for i in doc_ids)
    held = [int.from_bytes(draw.digest(), "big") < limit for draw in draws]
    return pl.Series("heldout", held, dtype=pl.Boolean)


def caps_of(config: Mapping[str, Any]) -> ContaminationCaps:
    """Return the caps from the literals of a step."""
    return ContaminationCaps(caps=tuple(BenchmarkCap(**cap) for cap in config["caps"]))


def _check_share(share: float) -> None:
    if not 0 <= share < 1:
        raise ValueError(f"heldout_share {share} is not in [0, 1): fix the recipe")


def _write(ws: Workspace, parts: Sequence[StoredFile], evidence: Evidence) -> list[WrittenPart]:
    ids = evidence.removed.select(pl.col("doc_id").unique().sort())
    removed = ws.scratch.write("removed.parquet", ids.write_parquet)
    written = ws.compute.map(
        write_part,
        [
            WritePart(
                documents=part,
                removed=removed,
                heldout_share=ws.config["heldout_share"],
                out=ws.out_folder,
                # As the input: a table in one file stays one.
                name=part.entry.path,
                scratch=ws.scratch,
                number=number,
            )
            for number, part in enumerate(parts)
        ],
        label="writing clean documents",
    )
    ws.publish(part.documents for part in written)
    _join([part.heldout.local() for part in written], ws.out("heldout.parquet"))
    return written


def _join(parts: Sequence[Path], path: Path) -> None:
    """Write parts one after another into one file, a part in memory at a time."""
    with pq.ParquetWriter(path, pq.read_schema(parts[0]), compression="zstd") as writer:
        for part in parts:
            writer.write_table(pq.read_table(part))


def _outcome(
    index: ItemIndex, evidence: Evidence, report: Report, written: Sequence[WrittenPart]
) -> Outcome:
    removed = sum(part.num_removed for part in written)
    counts = {
        "documents_in": sum(report.totals.values()),
        "documents": sum(part.num_documents for part in written),
        "heldout": sum(part.num_heldout for part in written),
        "removed": removed,
        "removed_from_heldout": sum(part.num_removed_from_heldout for part in written),
        "overlaps": evidence.removed.height,
        "items_matched": evidence.removed.select("benchmark", "item_id").unique().height,
        "items": index.items.height,
        "items_by_whole_text_only": int(index.is_whole_only.sum()),
        "items_by_whole_document_only": int(index.is_document_only.sum()),
        "items_unchecked": int(index.is_unchecked.sum()),
        "generic_ngrams_ignored": evidence.generic.height,
        "alarms": len(report.alarms),
        **{f"removed_{rule}": number for rule, number in report.by_rule.items()},
    }
    assert removed == evidence.removed["doc_id"].n_unique()
    return Outcome(
        counts=counts,
        metrics={f"removed_share/{source}": share for source, share in report.shares.items()},
        summary=report.summary(counts),
        pictures=("contamination.png", "contamination_rules.png"),
    )
