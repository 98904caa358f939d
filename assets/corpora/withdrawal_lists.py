"""Reads one list of withdrawn documents, strictly: one row a line, every line accounted for."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

COLUMNS = ("source", "native_id", "doc_id", "text_hash", "reason", "date", "reference")
ROW_SCHEMA = {**{name: pl.String for name in COLUMNS}, "file": pl.String, "line": pl.Int64}
QUARANTINE_SCHEMA = {"file": pl.String, "line": pl.Int64, "reason": pl.String}

MAX_LINE_BYTES = 1 << 16
"""A longer line is no row (our choice)."""

_HASH = re.compile(r"[0-9a-f]{32}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


@dataclass
class ListRows:
    """What one file held; read = rows + faults."""

    read: int = 0
    rows: list[dict[str, str]] = field(default_factory=list)
    faults: list[dict[str, str | int]] = field(default_factory=list)


class _Fault(ValueError):
    """Why a line is no withdrawal; never quotes the line."""


def read_list(path: Path, name: str) -> ListRows:
    """Read a .csv, .tsv or .jsonl list; blank lines are skipped and not counted."""
    found = ListRows()
    parse: Callable[[str], dict[str, str]] | None = None
    header: str = ""
    if path.suffix == ".jsonl":
        parse = _parse_json
    for number, raw in _lines(path):
        if not raw.strip():
            continue
        if parse is None and not header:
            try:
                parse = _table_parser(_text(raw), _SEPARATORS[path.suffix])
            except _Fault as fault:
                header = f"the header on line {number}: {fault}"
            continue
        found.read += 1
        try:
            if parse is None:
                raise _Fault(header)
            row = _checked(parse(_text(raw)))
        except _Fault as fault:
            found.faults.append({"file": name, "line": number, "reason": str(fault)})
        else:
            found.rows.append({**row, "file": name, "line": number})  # type: ignore[dict-item]
    if header and not found.read:
        # A header that nobody can read must not look like an empty list.
        found.read = 1
        found.faults.append({"file": name, "line": 1, "reason": header})
    return found


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield numbered lines in bounded memory; of a longer one only its beginning."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE_BYTES + 1)


def _text(raw: bytes) -> str:
    if len(raw) > MAX_LINE_BYTES:
        raise _Fault(f"longer than {MAX_LINE_BYTES:,} bytes")
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _Fault("not UTF-8") from None
    if "\x00" in text:
        raise _Fault("holds a null character")
    return text


def _table_parser(header: str, separator: str) -> Callable[[str], dict[str, str]]:
    names = _cells(header, separator)
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or len(set(names)) < len(names):
        raise _Fault(f"columns must be some of {', '.join(COLUMNS)}, each once")
    if "reason" not in names:
        raise _Fault("there is no column reason")

    def parse(line: str) -> dict[str, str]:
        cells = _cells(line, separator)
        if len(cells) != len(names):
            raise _Fault(f"{len(cells)} cells, but {len(names)} columns")
        return dict(zip(names, cells, strict=True))

    return parse


def _cells(line: str, separator: str) -> list[str]:
    try:
        (cells,) = csv.reader([line], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        raise _Fault("not a row of a table; a row is one line") from None
    return cells


def _parse_json(line: str) -> dict[str, str]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise _Fault("not JSON") from None
    if not isinstance(value, dict) or not all(isinstance(cell, str) for cell in value.values()):
        raise _Fault("not an object of texts")
    if unknown := set(value) - set(COLUMNS):
        raise _Fault(f"{len(unknown)} fields that are none of {', '.join(COLUMNS)}")
    return value


def _checked(row: dict[str, str]) -> dict[str, str]:
    """Return the whole row, or say what is wrong with it."""
    cells = {name: row.get(name, "").strip() for name in COLUMNS}
    if any(not cell.isprintable() or _has_surrogate(cell) for cell in cells.values()):
        raise _Fault("holds characters that cannot be printed")
    for name in ("doc_id", "text_hash"):
        if cells[name] and not _HASH.fullmatch(cells[name]):
            raise _Fault(f"{name} is not 32 hexadecimal digits in lower case")
    if bool(cells["source"]) != bool(cells["native_id"]):
        raise _Fault("source and native_id stand together")
    if not (cells["native_id"] or cells["doc_id"] or cells["text_hash"]):
        raise _Fault("names no document: give source and native_id, doc_id or text_hash")
    if not cells["reason"]:
        raise _Fault("has no reason")
    if cells["date"] and not _is_date(cells["date"]):
        raise _Fault("date is not a day written YYYY-MM-DD")
    return cells


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
