"""JSON lines: labels, mapped fields, bad lines, limits."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from assets.corpora.readers.jsonl import read_jsonl
from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.record import DEFAULT_READING, Bad, Fields, Reading, Record


def _read(
    tmp_path: Path, content: bytes, name: str = "a.jsonl", how: Reading = DEFAULT_READING
) -> list[Record | Bad]:
    path = tmp_path / name
    path.write_bytes(content)
    return list(read_jsonl(path, name, how))


def test_a_line_becomes_a_record_with_its_own_labels(tmp_path: Path) -> None:
    line = {
        "id": "n1", "title": "T", "text": "Hello.", "language": "en", "domain": "medical",
        "licence": "CC0-1.0", "unknown": [1],
    }  # fmt: skip
    [record] = _read(tmp_path, json.dumps(line).encode())
    assert record == Record(
        native_id="n1",
        title="T",
        text="Hello.",
        file="a.jsonl",
        offset=0,
        language="en",
        domain="medical",
        licence="CC0-1.0",
    )


def test_a_line_without_an_id_is_named_by_its_number(tmp_path: Path) -> None:
    records = _read(tmp_path, b'{"text": "a"}\n\n{"text": "b", "id": null}\n{"text":"c","id":7}')
    assert [r.native_id for r in records if isinstance(r, Record)] == [
        "a.jsonl:1",
        "a.jsonl:3",
        "7",
    ]
    assert [r.offset for r in records] == [0, 15, 41]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"', "malformed_json"),
        (b"[" * 100_000, "nested_too_deep"),
        (b'{"text": "a", "x": ' + b"[" * 64 + b"]" * 64 + b"}", "nested_too_deep"),
        (b'{"text": ' + b"9" * 5000 + b"}", "malformed_json"),
        (b'{"text": "\xff"}', "not_utf8"),
        (b'["text"]', "no_text_field"),
        (b'{"text": 7}', "no_text_field"),
        (b'{"text": "a", "title": 7}', "bad_title_field"),
        (b'{"text": "a", "id": true}', "bad_id_field"),
        (b'{"text": "a", "domain": "legal"}', "bad_domain_field"),
        (b'{"text": "a", "licence": "' + b"x" * 501 + b'"}', "bad_licence_field"),
        (b'{"text": "\\ud800"}', "lone_surrogate"),
        (b'{"text": "a", "id": "\\udfff"}', "lone_surrogate"),
    ],
)
def test_a_bad_line_is_quarantined_and_the_next_is_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    bad, good = _read(tmp_path, line + b'\n{"text": "next"}\n')
    assert isinstance(bad, Bad)
    assert (bad.reason, bad.offset) == (reason, 0)
    assert len(bad.excerpt) <= 200
    bad.excerpt.encode()
    assert isinstance(good, Record) and good.text == "next"


def test_an_endless_line_is_bounded(tmp_path: Path) -> None:
    how = Reading(limits=ReadLimits(max_line_bytes=1000))
    content = b'{"text": "' + b"x" * 3_000_000 + b'"}\n{"text": "next"}\n'
    bad, good = _read(tmp_path, content, how=how)
    assert isinstance(bad, Bad) and bad.reason == "record_too_large"
    assert isinstance(good, Record)


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    fields = Fields(text="body", id="key", title="", licence="rights")
    line = {"key": 7, "body": "Hello.", "title": "ignored", "rights": "CC0-1.0", "text": "no"}
    [record] = _read(tmp_path, json.dumps(line).encode(), how=Reading(fields=fields))
    assert isinstance(record, Record)
    assert (record.native_id, record.text, record.title, record.licence) == (
        "7",
        "Hello.",
        "",
        "CC0-1.0",
    )


def test_the_column_of_the_text_must_be_named() -> None:
    with pytest.raises(ValueError, match=r"fields\.text is empty"):
        Fields(text="")


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_compressed_lines_are_read_with_offsets_of_their_content(
    tmp_path: Path, suffix: str
) -> None:
    pack = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor().compress}[suffix]
    content = b'{"text": "a"}\n{"text": "b"}\n'
    records = _read(tmp_path, pack(content), f"a.jsonl.{suffix}")
    assert [(r.text, r.offset) for r in records if isinstance(r, Record)] == [("a", 0), ("b", 14)]
