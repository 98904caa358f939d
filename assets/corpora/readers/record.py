"""What readers yield: records of a corpus, and what could not be read and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

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
    """Where the record begins: byte offset in the file, after decompression."""
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


class Reader(Protocol):
    """Stream the records of one file; `name` is what `file` fields carry."""

    def __call__(self, path: Path, name: str) -> Iterator[Record | Bad]: ...


def bad(file: str, offset: int, reason: str, content: bytes | str) -> Bad:
    """Return a Bad with an excerpt that is safe to store and to print."""
    if isinstance(content, bytes):
        content = content[: 4 * EXCERPT_CHARS].decode("utf-8", "replace")
    content = content[:EXCERPT_CHARS].encode("utf-8", "replace").decode()
    shown = "".join(c if c.isprintable() else " " for c in content)
    return Bad(file=file, offset=offset, reason=reason, excerpt=shown)
