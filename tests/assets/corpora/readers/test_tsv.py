"""Tables with tabs: header, quotes, rows that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.record import DEFAULT_READING, Bad, Fields, Reading, Record
from assets.corpora.readers.tsv import read_tsv


def _read(tmp_path: Path, content: bytes, how: Reading = DEFAULT_READING) -> list[Record | Bad]:
    path = tmp_path / "a.tsv"
    path.write_bytes(content)
    return list(read_tsv(path, "a.tsv", how))


def _told(items: list[Record | Bad]) -> list[tuple[int, str]]:
    return [(i.offset, i.reason if isinstance(i, Bad) else i.text) for i in items]


def test_rows_become_records_by_the_header(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbfid\ttext\ttitle\n7\tHello\tA\n\n8\t"a ""b"" c"\t\n'
    first, second = _read(tmp_path, content)
    assert isinstance(first, Record) and isinstance(second, Record)
    assert (first.native_id, first.text, first.title, first.offset) == ("7", "Hello", "A", 17)
    assert (second.native_id, second.text, second.title) == ("8", 'a "b" c', "")


def test_a_row_that_does_not_fit_is_quarantined_and_the_next_is_read(tmp_path: Path) -> None:
    items = _read(tmp_path, b"id\ttext\n1\n2\ta\tb\n\xff\tx\n3\tgood\n")
    assert [told[1] for told in _told(items)] == [
        "wrong_number_of_columns",
        "wrong_number_of_columns",
        "not_utf8",
        "good",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"id\tbody\n1\tx\n", "no_text_column"), (b"\xff\n1\tx\n", "not_utf8")],
)
def test_a_table_without_a_usable_header_is_told_once(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    assert _told(_read(tmp_path, content)) == [(0, reason)]


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    how = Reading(fields=Fields(text="abstract", id="pmid"))
    [record] = _read(tmp_path, b"pmid\tabstract\n1\tx\n", how)
    assert isinstance(record, Record) and (record.native_id, record.text) == ("1", "x")


def test_a_long_row_is_bounded(tmp_path: Path) -> None:
    how = Reading(limits=ReadLimits(max_line_bytes=100))
    items = _read(tmp_path, b"text\n" + b"x" * 3_000_000 + b"\nnext\n", how)
    assert _told(items) == [(5, "record_too_large"), (3_000_006, "next")]
