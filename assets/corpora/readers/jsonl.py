"""JSON lines (plain, gzip, bzip2, zstandard): one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.json_text import BadJson, parse_json
from assets.corpora.readers.labelled import record_of_row
from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.streams import UnreadableStream, lines, open_stream


def read_jsonl(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    try:
        with open_stream(path, how.limits) as stream:
            found = lines(stream, how.limits.max_line_bytes)
            for number, (offset, line) in enumerate(found, 1):
                if line is None:
                    yield bad(name, offset, "record_too_large", b"")
                elif line.strip():
                    yield _parse(line, name, offset, number, how)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")


def _parse(line: bytes, name: str, offset: int, number: int, how: Reading) -> Record | Bad:
    try:
        data = parse_json(line, how.limits.max_nesting)
    except BadJson as error:
        return bad(name, offset, error.reason, line)
    if not isinstance(data, dict):
        return bad(name, offset, "no_text_field", line)
    return record_of_row(data, how.fields, file=name, offset=offset, number=number)
