"""Python modules: one record per file, decoded as its own coding line says."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.streams import UnreadableStream, open_stream, whole

MAX_MODULE_BYTES = 4 << 20
"""One file; larger ones are tables that a program wrote. Our choice."""


def read_python(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    try:
        with open_stream(path, how.limits) as stream:
            content = whole(stream, min(MAX_MODULE_BYTES, how.limits.max_record_bytes))
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")
        return
    if content is None:
        yield bad(name, 0, "record_too_large", b"")
        return
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        yield bad(name, 0, "undecodable", content)
        return
    yield Record(native_id=name, title=name, text=text, file=name, offset=0)
