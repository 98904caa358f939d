"""JSON arrays: labels, mapped fields, elements that are no records."""

from __future__ import annotations

import json
from pathlib import Path

from assets.corpora.readers.files import read_files
from assets.corpora.readers.json_array import read_json_array
from assets.corpora.readers.record import Bad, Fields, Reading, Record


def test_each_element_becomes_a_record_by_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"note": "One.", "file": "n1"}, {"note": "Two.", "file": None}]))
    how = Reading(
        fields=Fields(text="note", id="file", title="", language="", domain="", licence="")
    )
    records = [r for r in read_json_array(path, "a.json", how) if isinstance(r, Record)]
    assert [(r.native_id, r.text) for r in records] == [("n1", "One."), ("a.json:2", "Two.")]


def test_what_is_no_record_is_told_and_reading_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[1, {"text": "a"}, {"words": "b"}, {"text": "c"}]')
    found = list(read_files(path, "a.json"))
    assert [r.text if isinstance(r, Record) else r.reason for r in found] == [
        "no_text_field",
        "a",
        "no_text_field",
        "c",
    ]
    assert all(isinstance(r, Bad) == (r.offset in (1, 19)) for r in found)
