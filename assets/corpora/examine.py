"""One batch of records -> kept, dropped and quarantined rows; columns, not documents, are handled.

Pure. Order: normal form, identifiers masked where the source asks for it, boilerplate and rules.
The identity of a document is taken last, so nothing masked is hashed into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from assets.corpora.cleaning.judge import REMOVED, judge_frame
from assets.corpora.deidentify.mask import deidentify_frame, mask_excerpt
from assets.corpora.document_schema import (
    DOCUMENT_SCHEMA,
    DROPPED_SCHEMA,
    QUARANTINE_SCHEMA,
    document_id,
)
from assets.corpora.languages import language_before_detection, stated_language
from assets.corpora.normalise import (
    hash_of_normal_form,
    normalised,
    normalised_line,
    unicode_text,
)
from assets.corpora.readers.record import EXCERPT_CHARS, Bad, Record
from assets.corpora.sources import Source
from assets.lineage.canonical import canonical_json

_IS_CODE = pl.col("kind") == "code"


@dataclass(kw_only=True)
class Examined:
    """A batch's rows; together they are as many as the records."""

    kept: pl.DataFrame
    dropped: pl.DataFrame
    quarantined: pl.DataFrame
    tallies: dict[str, int] = field(default_factory=dict)
    """What was taken out of texts that stayed: identifiers by class, lines by pattern; and of
    records: labels that say nothing."""


def examine(batch: Sequence[Record | Bad], source: Source) -> Examined:
    """Decide about every record of a batch."""
    records = [item for item in batch if isinstance(item, Record)]
    rows = [_row(record, source) for record in records]
    bad = [_quarantine_row(item, source) for item in batch if isinstance(item, Bad)]
    frame = _normal_form(pl.DataFrame(rows, schema=_RECORD_SCHEMA))
    tallies = _ignored_labels(records)
    if source.deidentify == "safe_harbor":
        masked = deidentify_frame(frame)
        frame = masked.frame
        tallies |= {f"masked/{name}": n for name, n in masked.totals().items() if n}
    frame, removed = _judged(frame, source)
    tallies |= removed
    frame = _identified(frame, source)
    kept = frame.filter(pl.col("reason") == "").select(*DOCUMENT_SCHEMA)
    dropped = frame.filter(pl.col("reason") != "").with_columns(
        pl.col("text").str.slice(0, EXCERPT_CHARS).alias("excerpt")
    )
    return Examined(
        kept=kept,
        dropped=dropped.select(*DROPPED_SCHEMA),
        quarantined=pl.DataFrame(bad, schema=QUARANTINE_SCHEMA),
        tallies=tallies,
    )


_RECORD_SCHEMA = {
    name: pl.String
    for name in (
        "native_id", "title", "text", "reason", "language", "domain", "licence", "kind",
        "provenance",
    )
}  # fmt: skip


def _row(record: Record, source: Source) -> dict[str, str]:
    domain = record.domain or source.domain
    kind = "code" if domain == "code" else source.kind
    origin = {**record.metadata, "file": record.file, "offset": record.offset}
    return {
        "native_id": unicode_text(record.native_id),
        "title": unicode_text(record.title),
        "text": unicode_text(record.text),
        "reason": record.unusable,
        "language": language_before_detection(record.language, source.language, kind),
        "domain": domain,
        "licence": record.licence or source.licence,
        "kind": kind,
        "provenance": canonical_json(origin).decode(),
    }


def _ignored_labels(records: Sequence[Record]) -> dict[str, int]:
    ignored = sum(bool(r.language.strip()) and not stated_language(r.language) for r in records)
    return {"ignored/language": ignored} if ignored else {}


def _normal_form(frame: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text")
    return frame.with_columns(
        normalised_line(pl.col("title")).alias("title"),
        pl.when(_IS_CODE)
        .then(normalised(text, keep_layout=True))
        .otherwise(normalised(text, keep_layout=False))
        .alias("text"),
    )


def _judged(frame: pl.DataFrame, source: Source) -> tuple[pl.DataFrame, dict[str, int]]:
    """Judge what the source itself does not call unusable; rows stay in their order."""
    frame = frame.with_row_index("_row")
    usable = frame.filter(pl.col("reason") == "")
    marked = usable.with_columns(pl.lit(source.web).alias("web"))
    verdict = judge_frame(marked, allowed_language=source.language)
    judged = usable.with_columns(verdict["text"], verdict["language"], verdict["reason"])
    others = frame.filter(pl.col("reason") != "")
    removed = {name: int(verdict[name].sum()) for name in REMOVED}
    return pl.concat([judged, others]).sort("_row").drop("_row"), {
        name.replace("_", "/", 1): count for name, count in removed.items() if count
    }


def _identified(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    texts, natives = frame["text"].to_list(), frame["native_id"].to_list()
    pairs = list(zip(natives, texts, strict=True))
    return frame.with_columns(
        pl.lit(source.name).alias("source"),
        pl.Series("doc_id", [document_id(source.name, *pair) for pair in pairs], dtype=pl.String),
        pl.Series("text_hash", [hash_of_normal_form(text) for text in texts], dtype=pl.String),
    )


def _quarantine_row(bad: Bad, source: Source) -> dict[str, Any]:
    # An unreadable record of notes may still be read by a person.
    masked = source.deidentify == "safe_harbor"
    return {
        "source": source.name,
        "file": bad.file,
        "offset": bad.offset,
        "reason": bad.reason,
        "excerpt": mask_excerpt(bad.excerpt) if masked else bad.excerpt,
    }
