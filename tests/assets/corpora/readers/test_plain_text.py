"""One document a file: encodings, titles, what is too large."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.plain_text import read_plain_text
from assets.corpora.readers.record import Bad, Reading, Record


def test_a_text_file_is_one_record(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes("\ufeffGr\u00fc\u00dfe\n".encode())
    [record] = read_plain_text(path, "notes.txt")
    assert isinstance(record, Record)
    assert (record.native_id, record.title, record.text) == (
        "notes.txt",
        "notes",
        "Gr\u00fc\u00dfe\n",
    )


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("a.md", "intro\n\n# The title\n\n# Another\n", "The title"),
        ("a.md", "no heading\n", "a"),
        ("a.md", "# " + "x" * 300, "a"),
        ("a.rst", "====\nGuide\n=====\n\ntext\n", "Guide"),
        ("a.rst.txt", "Guide\n=====\n\ntext\n", "Guide"),
        ("a.txt", "# not a heading\n", "a"),
    ],
)
def test_a_heading_is_the_title(tmp_path: Path, name: str, content: str, title: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    [record] = read_plain_text(path, name)
    assert isinstance(record, Record)
    assert (record.title, record.text) == (title, content)


def test_a_compressed_file_is_titled_without_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a.rst.gz"
    path.write_bytes(gzip.compress(b"Guide\n=====\n"))
    [record] = read_plain_text(path, "doc/a.rst.gz")
    assert isinstance(record, Record) and record.title == "Guide"


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\xff\xfe", "not_utf8"), (b"x" * 1001, "record_too_large")]
)
def test_an_unreadable_text_file_is_quarantined(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    [item] = read_plain_text(path, "a.txt", Reading(limits=ReadLimits(max_record_bytes=1000)))
    assert isinstance(item, Bad) and item.reason == reason
