"""Rows of tabular formats (JSONL, TSV, Parquet, Arrow) into records by their column names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.corpora.readers.record import Bad, Fields, Record, bad

MAX_FIELD_CHARS = 500
"""Of an identifier, a title, a licence: they are repeated in every table. Our choice."""

_DOMAINS = ("", "medical", "general", "code")
_LABELS = ("id", "title", "language", "domain", "licence")


def record_of_row(
    row: Mapping[str, Any], fields: Fields, *, file: str, offset: int, number: int
) -> Record | Bad:
    """Return the record of a row, or why it is none; `number` names a row without an id."""
    text = row.get(fields.text)
    if not isinstance(text, str):
        return bad(file, offset, "no_text_field", _shown(row))
    found: dict[str, str] = {}
    for label in _LABELS:
        column = getattr(fields, label)
        value = row.get(column) if column else None
        value = "" if value is None else value
        if label == "id" and type(value) is int:
            value = str(value)
        if not isinstance(value, str) or len(value) > MAX_FIELD_CHARS:
            return bad(file, offset, f"bad_{label}_field", _shown(row))
        found[label] = value
    if not all(map(_is_text, (text, *found.values()))):
        return bad(file, offset, "lone_surrogate", _shown(row))
    if found["domain"] not in _DOMAINS:
        return bad(file, offset, "bad_domain_field", _shown(row))
    return Record(
        native_id=found["id"] or f"{file}:{number}",
        title=found["title"],
        text=text,
        file=file,
        offset=offset,
        language=found["language"],
        domain=found["domain"],
        licence=found["licence"],
    )


def _is_text(value: str) -> bool:
    """Return whether text can be stored: half of a surrogate pair, as JSON allows it, cannot."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(row: Mapping[str, Any]) -> str:
    """Return the beginning of a row; the values of a wild one may be of any type and size."""
    parts = []
    for key, value in list(row.items())[:8]:
        shown = value[:80] if isinstance(value, str) else f"({type(value).__name__})"
        parts.append(f"{key[:40]}: {shown}")
    return "; ".join(parts)
