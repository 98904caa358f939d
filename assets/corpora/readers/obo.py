"""OBO ontologies: one record per term with its definition, synonyms, parents and comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.streams import UnreadableStream, lines, open_stream

MAX_STANZA_BYTES = 1 << 20
"""One term; the largest of the Human Phenotype Ontology has 8 KB. Our choice."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_LAY = re.compile(r"^\s*(?:EXACT|RELATED|BROAD|NARROW)\s+layperson\b")


def read_obo(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    for offset, content in _stanzas(path, name, how.limits):
        if isinstance(content, Bad):
            yield content
            continue
        if not content or content[0].strip() != b"[Term]":
            continue  # the header and [Typedef] stanzas hold no terms
        stanza = b"\n".join(content)
        try:
            tags = _tags(stanza.decode())
        except UnicodeDecodeError:
            yield bad(name, offset, "not_utf8", stanza)
            continue
        if len(tags.get("id", ())) != 1 or not tags.get("name"):
            yield bad(name, offset, "no_id_or_name", stanza)
            continue
        yield _record(tags, name, offset)


def _record(tags: dict[str, list[str]], file: str, offset: int) -> Record:
    identifier, title = tags["id"][0], tags["name"][0]
    definition = _unquote(tags.get("def", [""])[0])
    exact, lay = list[str](), list[str]()
    for line in tags.get("synonym", ()):
        quoted = _QUOTED.match(line)
        if quoted is None:
            continue
        target = lay if _LAY.match(line[quoted.end() :]) else exact
        target.append(_ESCAPE.sub(r"\1", quoted[1]))
    parents = [line.partition(" ! ")[2] for line in tags.get("is_a", ()) if " ! " in line]
    comment = _ESCAPE.sub(r"\1", " ".join(tags.get("comment", ())))
    parts = [
        f"{title} ({identifier})",
        definition,
        f"Also called: {'; '.join(exact)}." if exact else "",
        f"In plain words: {'; '.join(lay)}." if lay else "",
        f"It is a kind of: {'; '.join(parents)}." if parents else "",
        comment,
    ]
    unusable = "" if definition else "no_definition"
    if tags.get("is_obsolete") == ["true"]:
        unusable = "obsolete_term"
    return Record(
        native_id=identifier,
        title=title,
        text="\n".join(part for part in parts if part),
        file=file,
        offset=offset,
        unusable=unusable,
        metadata={"id": identifier},
    )


def _stanzas(path: Path, name: str, limits: ReadLimits) -> Iterator[tuple[int, list[bytes] | Bad]]:
    """Yield (offset, lines) of each stanza; the first is the header."""
    start, stanza, size, told = 0, list[bytes](), 0, False
    try:
        with open_stream(path, limits) as stream:
            for offset, line in lines(stream, MAX_STANZA_BYTES):
                if line is not None and line.startswith(b"["):
                    yield start, stanza
                    start, stanza, size, told = offset, [], 0, False
                size += len(line) if line is not None else MAX_STANZA_BYTES + 1
                if size <= MAX_STANZA_BYTES:
                    stanza.append(line or b"")
                elif not told:
                    # Reported once; what follows until the next stanza is skipped.
                    yield start, bad(name, start, "record_too_large", b"\n".join(stanza))
                    stanza, told = [], True
        yield start, stanza
    except UnreadableStream as error:
        yield error.offset, bad(name, error.offset, error.reason, b"\n".join(stanza))


def _tags(stanza: str) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for line in stanza.splitlines()[1:]:
        tag, separator, value = line.partition(": ")
        if separator:
            tags.setdefault(tag, []).append(value.strip())
    return tags


def _unquote(value: str) -> str:
    quoted = _QUOTED.match(value)
    return _ESCAPE.sub(r"\1", quoted[1]).strip() if quoted else ""
