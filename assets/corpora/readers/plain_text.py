"""One document a file: plain text, Markdown, reStructuredText and other markup people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.streams import UnreadableStream, base_name, open_stream, whole

MAX_TITLE_CHARS = 200
"""Of a title taken from the text: a longer first line is a sentence. Our choice."""

_HEADING = re.compile(r"^#[ \t]+(\S[^\n]*)$", re.MULTILINE)
_UNDERLINED = re.compile(r"^([^\n]+)\n([=*#~-])\2{2,}[ \t]*$", re.MULTILINE)
_HEAD_CHARS = 4000


def read_plain_text(
    path: Path, name: str, how: Reading = DEFAULT_READING
) -> Iterator[Record | Bad]:
    content = b""
    try:
        with open_stream(path, how.limits) as stream:
            found = whole(stream, how.limits.max_record_bytes)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, content)
        return
    if found is None:
        yield bad(name, 0, "record_too_large", b"")
        return
    try:
        text = found.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield bad(name, 0, "not_utf8", found)
        return
    yield Record(native_id=name, title=_title(text, name), text=text, file=name, offset=0)


def _title(text: str, name: str) -> str:
    """Return the first heading of marked-up text, otherwise the name of the file."""
    path = PurePosixPath(base_name(name).replace(".rst.txt", ".rst"))
    pattern = {".md": _HEADING, ".rst": _UNDERLINED}.get(path.suffix)
    heading = pattern.search(text[:_HEAD_CHARS]) if pattern else None
    title = heading[1].strip() if heading else ""
    return title if 0 < len(title) <= MAX_TITLE_CHARS else path.stem
