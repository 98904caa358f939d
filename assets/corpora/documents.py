"""corpora/documents[source]: raw files -> records -> one document schema, with nothing lost.

Every record that was read is kept, dropped with a reason, or quarantined; the counts add up.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from assets.corpora.language import detect_language
from assets.corpora.normalise import (
    HASH_CHARS,
    hash_of_normal_form,
    normalise,
    normalise_line,
)
from assets.corpora.quality import Dropped, judge
from assets.corpora.raw import FILES_DIR
from assets.corpora.readers.catalogue import READERS
from assets.corpora.readers.record import EXCERPT_CHARS, Bad, Record
from assets.corpora.snapshot import matches
from assets.corpora.sources import Source
from assets.lineage.canonical import canonical_json, sha256_of
from assets.lineage.workspace import InputFiles, Outcome, Workspace

PROGRESS_RECORDS = 10_000
NUM_SAMPLES = 3
REPEATED = "repeated_record"

DOCUMENT_SCHEMA = {
    name: pl.String
    for name in (
        "doc_id", "source", "native_id", "title", "text", "text_hash", "language", "domain",
        "licence", "provenance",
    )
}  # fmt: skip
DROPPED_SCHEMA = {
    name: pl.String
    for name in ("doc_id", "source", "native_id", "title", "reason", "excerpt", "text_hash")
}
QUARANTINE_SCHEMA = {
    "source": pl.String,
    "file": pl.String,
    "offset": pl.Int64,
    "reason": pl.String,
    "excerpt": pl.String,
}

Row = dict[str, Any]


@dataclass
class _Sorted:
    """Rows of the three outcomes, in reading order."""

    kept: list[Row] = field(default_factory=list)
    dropped: list[Row] = field(default_factory=list)
    quarantined: list[Row] = field(default_factory=list)
    read: int = 0


def make_documents(ws: Workspace) -> Outcome:
    """Turn one raw corpus into documents.parquet, dropped.parquet, quarantine.parquet."""
    source = Source.from_dict(ws.config["source"])
    rows = _Sorted()
    seen: set[str] = set()
    records = _records(source, ws.input("corpora/raw"))
    for item in islice(records, source.max_records):
        rows.read += 1
        if rows.read % PROGRESS_RECORDS == 0:
            ws.progress(f"{source.name}: {rows.read:,} records read, {len(rows.kept):,} kept")
        if isinstance(item, Bad):
            rows.quarantined.append(_quarantine_row(item, source))
            continue
        row, reason = _examine(item, source)
        if not reason and row["doc_id"] in seen:
            reason = REPEATED
        if reason:
            rows.dropped.append(_dropped_row(row, reason))
        else:
            seen.add(row["doc_id"])
            rows.kept.append(row)
    return _write(ws, source, rows)


def document_id(source: str, native_id: str, text: str) -> str:
    """Return the identity of a document; `text` is in its normal form."""
    return sha256_of([source, native_id, text])[:HASH_CHARS]


def _records(source: Source, raw: InputFiles) -> Iterator[Record | Bad]:
    reader = READERS[source.reader]
    for entry in raw.manifest.files:
        name = entry.path.removeprefix(f"{FILES_DIR}/")
        if name != entry.path and matches(name, source.files):
            yield from reader(raw.path(entry.path), name)


def _examine(record: Record, source: Source) -> tuple[Row, str]:
    """Return the row of a record, and why it is dropped (empty when it is kept)."""
    domain = record.domain or source.domain
    kind = "code" if domain == "code" else source.kind
    text = normalise(record.text, keep_layout=kind == "code")
    language = record.language or source.language
    # Terms keep the declared language: anatomy in Latin is taken for Latin. So does program text.
    if kind == "prose" and not record.unusable:
        language = detect_language(text, language)
    row = {
        "doc_id": document_id(source.name, record.native_id, text),
        "source": source.name,
        "native_id": record.native_id,
        "title": normalise_line(record.title),
        "text": text,
        "text_hash": hash_of_normal_form(text),
        "language": language,
        "domain": domain,
        "licence": record.licence or source.licence,
        "provenance": canonical_json(
            {**record.metadata, "file": record.file, "offset": record.offset}
        ).decode(),
    }
    if record.unusable:
        return row, record.unusable
    verdict = judge(text, kind=kind, language=language, allowed_language=source.language)
    return row, verdict.reason if isinstance(verdict, Dropped) else ""


def _dropped_row(row: Row, reason: str) -> Row:
    kept = {key: row[key] for key in DROPPED_SCHEMA if key in row}
    return {**kept, "reason": reason, "excerpt": row["text"][:EXCERPT_CHARS]}


def _quarantine_row(bad: Bad, source: Source) -> Row:
    return {
        "source": source.name,
        "file": bad.file,
        "offset": bad.offset,
        "reason": bad.reason,
        "excerpt": bad.excerpt,
    }


def _write(ws: Workspace, source: Source, rows: _Sorted) -> Outcome:
    documents = pl.DataFrame(rows.kept, schema=DOCUMENT_SCHEMA).sort("doc_id")
    dropped = pl.DataFrame(rows.dropped, schema=DROPPED_SCHEMA)
    dropped = dropped.sort("doc_id", "native_id", "reason", maintain_order=True)
    quarantine = pl.DataFrame(rows.quarantined, schema=QUARANTINE_SCHEMA).sort(
        "file", "offset", maintain_order=True
    )
    for name, frame in (
        ("documents", documents),
        ("dropped", dropped),
        ("quarantine", quarantine),
    ):
        frame.write_parquet(ws.out(f"{name}.parquet"), compression="zstd")
    counts = {
        "read": rows.read,
        "kept": documents.height,
        "dropped": dropped.height,
        "quarantined": quarantine.height,
    }
    assert counts["read"] == counts["kept"] + counts["dropped"] + counts["quarantined"], counts
    reasons = {
        **_counted("dropped", rows.dropped),
        **_counted("quarantined", rows.quarantined),
    }
    text_bytes = sum(len(row["text"].encode()) for row in rows.kept)
    ws.out("counts.json").write_text(
        json.dumps({**counts, "reasons": reasons}, indent=1, sort_keys=True) + "\n"
    )
    draw_reasons(ws.out("reasons.png"), source.title, {"kept": counts["kept"], **reasons})
    return Outcome(
        counts={**counts, "text_bytes": text_bytes},
        metrics={"kept_share": counts["kept"] / max(1, counts["read"])},
        summary=_summary(source, counts, reasons, text_bytes, documents),
        pictures=("reasons.png",),
    )


def _counted(fate: str, rows: list[Row]) -> dict[str, int]:
    found = Counter(row["reason"] for row in rows)
    return {f"{fate}: {reason}": found[reason] for reason in sorted(found)}


def _summary(
    source: Source,
    counts: dict[str, int],
    reasons: dict[str, int],
    text_bytes: int,
    documents: pl.DataFrame,
) -> str:
    samples = [f"- {title}" for title in documents["title"].head(NUM_SAMPLES)]
    return "\n".join(
        [
            f"**{source.title}**: {counts['kept']:,} documents, {text_bytes:,} bytes of text "
            f"({source.licence}), from {counts['read']:,} records.",
            "",
            "| fate | records |",
            "| --- | ---: |",
            f"| kept | {counts['kept']:,} |",
            *[f"| {reason} | {count:,} |" for reason, count in reasons.items()],
            "",
            "Samples:",
            *samples,
        ]
    )


def draw_reasons(path: Path, title: str, counts: dict[str, int]) -> None:
    """Draw the fates of all records as bars, with their numbers."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.2 + 0.35 * len(counts)), layout="constrained")
    axes = figure.add_subplot()
    names = list(counts)[::-1]
    colours = ["#2a7f62" if name == "kept" else "#b5523b" for name in names]
    bars = axes.barh(names, [counts[name] for name in names], color=colours)
    axes.bar_label(bars, labels=[f"{counts[name]:,}" for name in names], padding=3)
    axes.margins(x=0.15)
    axes.set_title(title)
    axes.set_xlabel("records")
    axes.spines[["top", "right"]].set_visible(False)
    # Without the library's version in the file, the same counts give the same bytes.
    figure.savefig(path, metadata={"Software": None})
