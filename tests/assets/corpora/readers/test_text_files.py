"""Dropped files: .jsonl and .txt, good and bad."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets.corpora.readers import text_files as module
from assets.corpora.readers.record import Bad, Record
from assets.corpora.readers.text_files import read_text_files


def _read(tmp_path: Path, content: bytes, name: str = "a.jsonl") -> list[Record | Bad]:
    path = tmp_path / name
    path.write_bytes(content)
    return list(read_text_files(path, name))


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
        (b"[" * 100_000, "malformed_json"),
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


def test_an_endless_line_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TEXT_BYTES", 1000)
    bad, good = _read(tmp_path, b'{"text": "' + b"x" * 3_000_000 + b'"}\n{"text": "next"}\n')
    assert isinstance(bad, Bad) and bad.reason == "record_too_large"
    assert isinstance(good, Record)


def test_a_text_file_is_one_record(tmp_path: Path) -> None:
    [record] = _read(tmp_path, "\ufeffGr\u00fc\u00dfe\n".encode(), "notes.txt")
    assert isinstance(record, Record)
    assert (record.native_id, record.title, record.text) == (
        "notes.txt",
        "notes",
        "Gr\u00fc\u00dfe\n",
    )


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\xff\xfe", "not_utf8"), (b"x" * 1001, "record_too_large")]
)
def test_an_unreadable_text_file_is_quarantined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str
) -> None:
    monkeypatch.setattr(module, "MAX_TEXT_BYTES", 1000)
    [item] = _read(tmp_path, content, "a.txt")
    assert isinstance(item, Bad) and item.reason == reason
