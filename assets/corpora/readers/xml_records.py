"""Cut a large XML file into its record elements and parse each on its own.

Cutting by bytes keeps memory at one record, gives each its offset, and lets reading go on after a
malformed one. It is also the defence against entity bombs: a fragment that begins with its own
element cannot carry a DTD, so no entity can be declared in what we parse, and a file that declares
any in its prolog is refused outright.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.corpora.readers.limits import DEFAULT_LIMITS, ReadLimits
from assets.corpora.readers.record import EXCERPT_CHARS, Bad, bad
from assets.corpora.readers.streams import BoundedStream, UnreadableStream, open_stream

MAX_TAGS = 1_000_000
"""Of one record: an element takes a hundred bytes of memory, however short its tag; the largest
record of the catalogue, an ICD section, has 46,000. Our choice."""

_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding=["']([A-Za-z0-9._-]{1,40})["']""")


@dataclass(frozen=True, kw_only=True)
class Element:
    """One parsed record element."""

    offset: int
    root: ET.Element
    excerpt: bytes
    """How it begins in the file."""


def xml_records(
    path: Path, name: str, tag: str, limits: ReadLimits = DEFAULT_LIMITS
) -> Iterator[Element | Bad]:
    """Yield every element `tag` of a file (they do not nest), or what is wrong with it."""
    with open_stream(path, limits) as stream:
        fragments = _fragments(stream, tag.encode(), limits.max_record_bytes)
        for offset, reason, content in fragments:
            if not reason and content.count(b"<") > MAX_TAGS:
                reason = "too_many_elements"
            if reason:
                yield bad(name, offset, reason, content)
                continue
            try:
                root = ET.fromstring(content)
            except (ET.ParseError, UnicodeError, ValueError):
                yield bad(name, offset, "malformed_xml", content)
                continue
            yield Element(offset=offset, root=root, excerpt=content[: 4 * EXCERPT_CHARS])


def _fragments(
    stream: BoundedStream, tag: bytes, max_bytes: int
) -> Iterator[tuple[int, str, bytes]]:
    """Yield (offset, reason, content); a reason means that the content is not a record."""
    start_tag, end_tag = re.compile(b"<" + tag + rb"[\s>]"), b"</" + tag + b">"
    buffer, base, in_prolog = b"", 0, True
    while True:
        try:
            chunk = stream.read()
        except UnreadableStream as error:
            yield error.offset, error.reason, buffer
            return
        buffer += chunk
        used = 0
        while found := start_tag.search(buffer, used):
            if in_prolog and (reason := _refusal(buffer[: found.start()])):
                yield base, reason, buffer
                return
            in_prolog = False
            end = buffer.find(end_tag, found.end())
            if end < 0:
                break
            yield base + found.start(), "", buffer[found.start() : end + len(end_tag)]
            used = end + len(end_tag)
        if found:
            used = found.start()
        elif not in_prolog:
            # A start tag may be cut by the chunk's end.
            used = max(used, len(buffer) - len(tag) - 2)
        buffer, base = buffer[used:], base + used
        if not chunk:
            if found or in_prolog:
                reason = "truncated_record" if found else _refusal(buffer) or "no_record"
                yield base, reason, buffer
            return
        if len(buffer) > max_bytes:
            yield base, "record_too_large", buffer
            if in_prolog:
                return
            starts = [match.start() for match in start_tag.finditer(buffer, 1)]
            used = starts[-1] if starts else len(buffer) - len(tag) - 2
            buffer, base = buffer[used:], base + used


def _refusal(prolog: bytes) -> str:
    if b"<!ENTITY" in prolog:
        return "entity_declaration"
    encoding = _ENCODING.match(prolog)
    if encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        return "not_utf8"
    return ""
