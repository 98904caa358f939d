"""Compare a corpus with the benchmarks' items, part by part; then put the hits together.

A part's hits are small files in a shared folder, so that any worker may have made them. Decides
nothing: evidence.py does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import Workspace, part_name
from assets.mixtures.contamination import ItemIndex
from assets.mixtures.evidence import Evidence, evidence_of
from assets.recipes.data import ContaminationCaps

_TOUCHED = ("doc_id", "source", "native_id", "text_hash")


@dataclass(frozen=True, kw_only=True)
class ScanPart:
    """One part of the corpus to compare with all items."""

    documents: StoredFile
    items: StoredFile
    ngram_words: int
    caps: ContaminationCaps
    scratch: Folder
    number: int


@dataclass(frozen=True, kw_only=True)
class ScannedPart:
    documents: Mapping[str, int]
    """Documents per source."""
    first_id: str
    last_id: str
    ngrams: StoredFile
    wholes: StoredFile
    touched: StoredFile


def find_evidence(
    ws: Workspace, parts: Sequence[StoredFile], caps: ContaminationCaps
) -> tuple[ItemIndex, Evidence, dict[str, int]]:
    """Return the index, the evidence of all parts together, and the documents per source."""
    items = ws.input("corpora/benchmarks").stored("items.parquet")
    ngram_words = ws.config["ngram_words"]
    index = index_of(items, ngram_words, caps)
    ws.progress(f"comparing {len(parts)} parts with {index.items.height:,} benchmark items")
    work = [
        ScanPart(
            documents=part,
            items=items,
            ngram_words=ngram_words,
            caps=caps,
            scratch=ws.scratch,
            number=number,
        )
        for number, part in enumerate(parts)
    ]
    scanned = ws.compute.map(scan_part, work, label="comparing documents with benchmark items")
    # Hundreds of MB that this process needs no longer than this artifact.
    index_of.cache_clear()
    _check_order(scanned)
    totals: dict[str, int] = {}
    for part in scanned:
        for source, number in part.documents.items():
            totals[source] = totals.get(source, 0) + number
    return index, _weigh(index, scanned, caps), dict(sorted(totals.items()))


def scan_part(item: ScanPart) -> ScannedPart:
    """Write what one part shares with the items to the scratch folder, in bounded memory."""
    index = index_of(item.items, item.ngram_words, item.caps)
    documents = pl.read_parquet(item.documents.local(), columns=[*_TOUCHED, "text"])
    shared = index.scan(documents["text"])
    named = documents.select("doc_id", "source")
    ngrams = pl.concat([named[shared.ngrams["row"]], shared.ngrams.drop("row")], how="horizontal")
    wholes = shared.wholes.select(
        documents["doc_id"].gather(shared.wholes["row"]),
        "item",
        pl.Series("exact", _verbatim(documents, index, shared.wholes), dtype=pl.Boolean),
    )
    rows = pl.concat([shared.ngrams["row"], shared.wholes["row"]]).unique().sort()
    frames = {"ngrams": ngrams, "wholes": wholes, "touched": documents.select(_TOUCHED)[rows]}
    files = {
        name: item.scratch.write(part_name(name, item.number), frame.write_parquet)
        for name, frame in frames.items()
    }
    return ScannedPart(
        documents=dict(documents["source"].value_counts().sort("source").iter_rows()),
        first_id=str(documents["doc_id"].min() or ""),
        last_id=str(documents["doc_id"].max() or ""),
        **files,
    )


@lru_cache(maxsize=1)
def index_of(items: StoredFile, ngram_words: int, caps: ContaminationCaps) -> ItemIndex:
    """Kept per process: a worker scans many parts with it."""
    table = pl.read_parquet(items.local(), columns=["benchmark", "item_id", "text"])
    return ItemIndex(table.sort("benchmark", "item_id"), ngram_words, caps)


def _weigh(index: ItemIndex, scanned: Sequence[ScannedPart], caps: ContaminationCaps) -> Evidence:
    def all_of(name: str) -> pl.LazyFrame:
        return pl.scan_parquet([getattr(part, name).local() for part in scanned])

    return evidence_of(index, all_of("ngrams"), all_of("wholes"), all_of("touched"), caps)


def _check_order(scanned: Sequence[ScannedPart]) -> None:
    """Refuse parts that do not follow each other by doc_id: their rests would not either."""
    filled = [part for part in scanned if part.documents]
    for before, after in pairwise(filled):
        if before.last_id >= after.first_id:
            raise ValueError(
                f"parts of mixtures/deduped overlap: {after.first_id} follows {before.last_id}; "
                "make mixtures/deduped again"
            )


def _verbatim(documents: pl.DataFrame, index: ItemIndex, wholes: pl.DataFrame) -> list[bool]:
    """Return for each whole item whether it stands there character for character."""
    pairs = zip(
        documents["text"].gather(wholes["row"]),
        index.items["text"].gather(wholes["item"]),
        strict=True,
    )
    return [item.strip() in text for text, item in pairs]
