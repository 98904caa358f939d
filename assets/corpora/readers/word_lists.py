"""Dictionaries: GCIDE's text, WordNet's synsets, EDICT's lines; one record per entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.streams import UnreadableStream, lines, open_stream

_HEADWORD = re.compile(rb"^([^\s\\][^\\\n]{0,100}?) \\")
_MARKUP = re.compile(r"[{}]|\\[^\\\n]{0,120}\\ ?")
_EDICT = re.compile(r"([^\s/\[]+) (?:\[([^\]]{1,200})\] )?/(.+)/")
_EDICT_NUMBER = re.compile(r"EntL[0-9]+X?")


def read_gcide(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    """Read the dictd text of GCIDE: an entry begins with its headword at the line's start."""
    start, entry, size, number = 0, list[bytes](), 0, 0
    try:
        with open_stream(path, how.limits) as stream:
            for offset, line in lines(stream, how.limits.max_line_bytes):
                if line is None:
                    yield bad(name, offset, "record_too_large", b"")
                    continue
                if _HEADWORD.match(line):
                    yield from _gcide_entry(entry, size, name, start, number, how)
                    start, entry, size, number = offset, [], 0, number + 1
                size += len(line) + 1
                if size <= how.limits.max_record_bytes:
                    entry.append(line)
        yield from _gcide_entry(entry, size, name, start, number, how)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"\n".join(entry[:3]))


def _gcide_entry(
    entry: list[bytes], size: int, name: str, offset: int, number: int, how: Reading
) -> Iterator[Record | Bad]:
    if number == 0:
        return  # the preface stands before the first headword
    content = b"\n".join(entry)
    if size > how.limits.max_record_bytes:
        yield bad(name, offset, "record_too_large", content)
        return
    try:
        text = content.decode()
    except UnicodeDecodeError:
        yield bad(name, offset, "not_utf8", content)
        return
    headword = text.partition(" \\")[0]
    body = _MARKUP.sub("", text)
    yield Record(
        native_id=f"{headword}:{number}",
        title=headword,
        text="\n".join(line.strip() for line in body.split("\n")).strip(),
        file=name,
        offset=offset,
    )


def read_wordnet(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    """Read a data.* file of WordNet: one synset a line, its gloss behind the bar."""
    try:
        with open_stream(path, how.limits) as stream:
            for offset, line in lines(stream, how.limits.max_line_bytes):
                if line is None:
                    yield bad(name, offset, "record_too_large", b"")
                elif line.strip() and not line.startswith(b"  "):  # the licence is indented
                    yield _synset(line, name, offset)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")


def _synset(line: bytes, name: str, offset: int) -> Record | Bad:
    try:
        data, _, gloss = line.decode().partition(" | ")
        cells = data.split(" ")
        count = int(cells[3], 16)
        words = [word.replace("_", " ") for word in cells[4 : 4 + 2 * count : 2]]
        if not gloss.strip() or len(words) != count or not all(words):
            raise ValueError("no gloss or no words")
    except (UnicodeDecodeError, ValueError, IndexError):
        return bad(name, offset, "malformed_synset", line)
    title = re.sub(r"\([a-z]{1,2}\)$", "", words[0])
    return Record(
        native_id=f"{cells[2]}{cells[0]}",
        title=title,
        text=f"{', '.join(words)}: {gloss.strip()}",
        file=name,
        offset=offset,
    )


def read_edict(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    """Read EDICT (EUC-JP): word, reading in brackets, senses between slashes."""
    try:
        with open_stream(path, how.limits) as stream:
            for number, (offset, line) in enumerate(lines(stream, how.limits.max_line_bytes)):
                if line is None:
                    yield bad(name, offset, "record_too_large", b"")
                elif line.strip() and number:  # the first line says which edition it is
                    yield _word(line, name, offset, number)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")


def _word(line: bytes, name: str, offset: int, number: int) -> Record | Bad:
    try:
        found = _EDICT.fullmatch(line.decode("euc_jp").strip())
    except UnicodeDecodeError:
        return bad(name, offset, "not_euc_jp", line)
    if found is None:
        return bad(name, offset, "malformed_entry", line)
    senses = [part for part in found[3].split("/") if part and not _EDICT_NUMBER.fullmatch(part)]
    reading = f"\u3010{found[2]}\u3011" if found[2] else ""
    return Record(
        native_id=f"{found[1]}:{number}",
        title=found[1][:500],
        text=f"{found[1]}{reading}\n{'; '.join(senses)}",
        file=name,
        offset=offset,
    )
