"""Text files of many documents: one a line, or with a separator line between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.streams import UnreadableStream, lines, open_stream

_TERMINAL_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}m")


def read_line_documents(
    path: Path, name: str, how: Reading = DEFAULT_READING
) -> Iterator[Record | Bad]:
    """Read one document a line."""
    try:
        with open_stream(path, how.limits) as stream:
            found = lines(stream, how.limits.max_line_bytes)
            for number, (offset, line) in enumerate(found, 1):
                if line is None:
                    yield bad(name, offset, "record_too_large", b"")
                elif line.strip():
                    yield _record(line, name, offset, number)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")


def read_fortunes(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    """Read a file of fortune(6): documents between lines that hold a percent sign."""
    start, held, size, number = 0, list[bytes](), 0, 1
    limit = how.limits.max_record_bytes
    try:
        with open_stream(path, how.limits) as stream:
            for offset, line in lines(stream, how.limits.max_line_bytes):
                if line is not None and line.strip() == b"%":
                    yield from _fortune(held, size, name, start, number, limit)
                    start, held, size, number = offset + len(line) + 1, [], 0, number + 1
                    continue
                size += limit + 1 if line is None else len(line) + 1
                if size <= limit and line is not None:
                    held.append(line)
        yield from _fortune(held, size, name, start, number, limit)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")


def _fortune(
    held: list[bytes], size: int, name: str, offset: int, number: int, limit: int
) -> Iterator[Record | Bad]:
    content = b"\n".join(held)
    if size > limit:
        yield bad(name, offset, "record_too_large", content)
    elif content.strip():
        yield _record(content, name, offset, number)


def _record(content: bytes, name: str, offset: int, number: int) -> Record | Bad:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return bad(name, offset, "not_utf8", content)
    text = _TERMINAL_COLOUR.sub("", text)
    return Record(native_id=f"{name}:{number}", title="", text=text, file=name, offset=offset)
