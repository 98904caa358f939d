"""Local text files: .jsonl with one object a line, .txt with one document a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.record import Bad, Record, bad
from assets.corpora.readers.streams import UnreadableStream, lines, open_stream

MAX_TEXT_BYTES = 16 << 20
"""One document: above the longest book in common corpora (10 MB). Our choice."""

_FIELDS = ("id", "title", "language", "domain", "licence")
_DOMAINS = ("", "medical", "general", "code")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_FIELD_CHARS = 500
"""Of an identifier, a title, a licence: they are repeated in every table. Our choice."""


def read_text_files(path: Path, name: str) -> Iterator[Record | Bad]:
    """Read a file by its suffix; any other than .jsonl is plain text."""
    return _read_jsonl(path, name) if path.suffix == ".jsonl" else _read_plain(path, name)


def _read_jsonl(path: Path, name: str) -> Iterator[Record | Bad]:
    try:
        with open_stream(path) as stream:
            for number, (offset, line) in enumerate(lines(stream, MAX_TEXT_BYTES), 1):
                if line is None:
                    yield bad(name, offset, "record_too_large", b"")
                elif line.strip():
                    yield _parse(line, name, offset, number)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")


def _parse(line: bytes, name: str, offset: int, number: int) -> Record | Bad:
    try:
        data = json.loads(line.decode())
    except UnicodeDecodeError:
        return bad(name, offset, "not_utf8", line)
    except (ValueError, RecursionError):
        return bad(name, offset, "malformed_json", line)
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        return bad(name, offset, "no_text_field", line)
    fields = {key: "" if data.get(key) is None else data[key] for key in _FIELDS}
    if type(fields["id"]) is int:
        fields["id"] = str(fields["id"])
    for key, value in fields.items():
        if not isinstance(value, str) or len(value) > MAX_FIELD_CHARS:
            return bad(name, offset, f"bad_{key}_field", line)
    if any(_LONE_SURROGATE.search(value) for value in (data["text"], *fields.values())):
        return bad(name, offset, "lone_surrogate", line)
    if fields["domain"] not in _DOMAINS:
        return bad(name, offset, "bad_domain_field", line)
    return Record(
        native_id=fields["id"] or f"{name}:{number}",
        title=fields["title"],
        text=data["text"],
        file=name,
        offset=offset,
        language=fields["language"],
        domain=fields["domain"],
        licence=fields["licence"],
    )


def _read_plain(path: Path, name: str) -> Iterator[Record | Bad]:
    try:
        with open_stream(path) as stream:
            content = stream.read(MAX_TEXT_BYTES + 1)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")
        return
    if len(content) > MAX_TEXT_BYTES:
        yield bad(name, 0, "record_too_large", content)
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield bad(name, 0, "not_utf8", content)
        return
    yield Record(native_id=name, title=Path(name).stem, text=text, file=name, offset=0)
