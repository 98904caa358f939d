"""The columns of a corpus's tables, and the identity of a document."""

from __future__ import annotations

import polars as pl

from assets.corpora.normalise import HASH_CHARS
from assets.lineage.canonical import sha256_of

PART_BYTES = 64 << 20
"""Text per part of a table: what one worker holds at a time, some hundred MB with its
temporaries. Our choice; parts are identity, so a change is a new code version."""

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

_PREFIX_CHARS = 8


def document_id(source: str, native_id: str, text: str) -> str:
    """Return the identity of a document; `text` is in its normal form."""
    return sha256_of([source, native_id, text])[:HASH_CHARS]


def part_of(doc_id: str, num_parts: int) -> int:
    """Return the part that holds a document: ranges of ids, so all parts together are sorted."""
    return int(doc_id[:_PREFIX_CHARS], 16) * num_parts >> 4 * _PREFIX_CHARS
