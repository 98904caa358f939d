"""What readers take and yield: how to read, records, and what could not be read and where.

A reader never raises for what a file holds: it yields Bad and reads on where that is possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from assets.corpora.readers.limits import DEFAULT_LIMITS, ReadLimits

EXCERPT_CHARS = 200
"""Enough to recognise a record in a table; quarantine is not a second copy of the corpus."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One document as its source has it, before normalisation."""

    native_id: str
    title: str
    text: str
    file: str
    """Path of the file in the raw artifact."""
    offset: int
    """Where the record begins: byte offset in the file after decompression, or, in columnar
    files, the number of its row."""
    unusable: str = ""
    """Why the source itself says this is no document (a redirect, an obsolete term), or empty."""
    language: str = ""
    """Overrides the source's, when the record states its own; so do domain and licence."""
    domain: str = ""
    licence: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Bad:
    """Something that is not a record; it goes to quarantine and the reading goes on."""

    file: str
    offset: int
    reason: str
    excerpt: str


@dataclass(frozen=True, kw_only=True)
class Fields:
    """Which columns or keys of tabular formats (JSONL, TSV, Parquet, Arrow) hold what.

    A column that is missing counts as empty, but for `text`; an empty name means: not there.
    """

    text: str = "text"
    id: str = "id"
    title: str = "title"
    language: str = "language"
    domain: str = "domain"
    licence: str = "licence"

    def __post_init__(self) -> None:
        if not self.text:
            raise ValueError("fields.text is empty: name the column that holds the text")


DEFAULT_FIELDS = Fields()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one file is read: what a source says beyond the format."""

    fields: Fields = DEFAULT_FIELDS
    limits: ReadLimits = DEFAULT_LIMITS
    extra: Mapping[str, Path] = field(default_factory=dict)
    """The source's extra files, by their name in the raw artifact."""


DEFAULT_READING = Reading()


class Reader(Protocol):
    """Stream the records of one file; `name` is what `file` fields carry."""

    def __call__(
        self, path: Path, name: str, how: Reading = DEFAULT_READING
    ) -> Iterator[Record | Bad]: ...


def bad(file: str, offset: int, reason: str, content: bytes | str) -> Bad:
    """Return a Bad with an excerpt that is safe to store and to print."""
    if isinstance(content, bytes):
        content = content[: 4 * EXCERPT_CHARS].decode("utf-8", "replace")
    content = content[:EXCERPT_CHARS].encode("utf-8", "replace").decode()
    shown = "".join(c if c.isprintable() else " " for c in content)
    return Bad(file=file, offset=offset, reason=reason, excerpt=shown)
