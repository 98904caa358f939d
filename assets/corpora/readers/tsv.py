"""Tab-separated tables with a header line; a quoted field may hold quotes, but no line break."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.labelled import record_of_row
from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.streams import UnreadableStream, lines, open_stream


def read_tsv(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    header: list[str] | None = None
    try:
        with open_stream(path, how.limits) as stream:
            found = lines(stream, how.limits.max_line_bytes)
            for number, (offset, line) in enumerate(found):
                if line == b"":
                    continue
                cells = "record_too_large" if line is None else _cells(line)
                if header is None:
                    if isinstance(cells, str) or how.fields.text not in cells:
                        reason = cells if isinstance(cells, str) else "no_text_column"
                        yield bad(name, offset, reason, line or b"")
                        return
                    header = cells
                    continue
                yield _row(header, cells, line or b"", name, offset, number, how)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")


def _row(
    header: list[str],
    cells: list[str] | str,
    line: bytes,
    name: str,
    offset: int,
    number: int,
    how: Reading,
) -> Record | Bad:
    if isinstance(cells, str):
        return bad(name, offset, cells, line)
    if len(cells) != len(header):
        return bad(name, offset, "wrong_number_of_columns", line)
    row = dict(zip(header, cells, strict=True))
    return record_of_row(row, how.fields, file=name, offset=offset, number=number)


def _cells(line: bytes) -> list[str] | str:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "not_utf8"
    return [_unquoted(cell) for cell in text.split("\t")]


def _unquoted(cell: str) -> str:
    if len(cell) >= 2 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell
