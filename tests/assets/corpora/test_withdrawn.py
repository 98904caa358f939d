"""Lists of withdrawn documents are read strictly, and nothing in them is overlooked."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.corpora.withdrawal_lists import MAX_LINE_BYTES, read_list
from assets.corpora.withdrawn import WITHDRAWN_SCHEMA, make_withdrawn, resolve_withdrawn
from assets.fakes import fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome

HASH = "0123456789abcdef" * 2
HEADER = "source,native_id,doc_id,text_hash,reason,date,reference\n"


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / "withdrawn" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def made(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, Outcome]:
    snapshot = resolve_withdrawn(folder)
    step = Step(
        family="corpora",
        name="withdrawn",
        partition="",
        code_version="1",
        config={"snapshot": snapshot.to_dict()},
    )
    ws = fake_workspace(folder, step)
    outcome = make_withdrawn(snapshot.paths)(ws)
    tables = (
        pl.read_parquet(ws.out_dir / f"{name}.parquet") for name in ("withdrawn", "quarantine")
    )
    withdrawn, quarantine = tables
    return withdrawn, quarantine, outcome


def fault_of(folder: Path, content: str | bytes, name: str = "list.csv") -> str:
    found = read_list(written(folder, name, content), name)
    assert not found.rows
    (fault,) = found.faults
    return str(fault["reason"])


def test_no_list_is_a_valid_list(tmp_path: Path) -> None:
    withdrawn, quarantine, outcome = made(tmp_path)
    assert withdrawn.schema == WITHDRAWN_SCHEMA
    assert withdrawn.height == quarantine.height == outcome.counts["read"] == 0


def test_lists_of_every_format_are_read_together(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", HEADER + 'pubmed,123,,,"fraud, proved",2020-05-01,PMID 9\n')
    written(tmp_path, "b.tsv", f"doc_id\treason\n{HASH}\tasked for by its author\n")
    written(tmp_path, "c.jsonl", json.dumps({"text_hash": HASH, "reason": "leaked"}) + "\n")
    withdrawn, _, outcome = made(tmp_path)
    assert withdrawn.sort("file")["reason"].to_list() == [
        "fraud, proved", "asked for by its author", "leaked",
    ]  # fmt: skip
    assert withdrawn.sort("file")["line"].to_list() == [2, 2, 1]
    assert outcome.counts == {"files": 3, "read": 3, "withdrawn": 3, "quarantined": 0}


def test_bad_rows_are_quarantined_with_file_line_and_fault(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", HEADER + "pubmed,1,,,fraud,,\n\npubmed,,,,fraud,,\npubmed,2,,,,,\n")
    withdrawn, quarantine, outcome = made(tmp_path)
    assert withdrawn.height == 1
    assert quarantine.rows() == [
        ("a.csv", 4, "source and native_id stand together"),
        ("a.csv", 5, "has no reason"),
    ]
    assert outcome.counts["read"] == 3
    assert "| a.csv | 4 | source and native_id stand together |" in outcome.summary


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (f",,{HASH.upper()},,fraud,,", "doc_id is not 32 hexadecimal digits"),
        (",,,abc,fraud,,", "text_hash is not 32 hexadecimal digits"),
        (",,,,fraud,,", "names no document"),
        ("pubmed,1,,,fraud,May 2020,", "date is not a day"),
        ("pubmed,1,,,fraud,2020-02-30,", "date is not a day"),
        ("pubmed,1,,,fraud", "5 cells, but 7 columns"),
        ('pubmed,1,,,"fraud,,', "not a row of a table"),
        ("pubmed,1,,,fr\x1baud,,", "cannot be printed"),
        ("pubmed,1,,,fr\x00aud,,", "null character"),
        ("pubmed,1,,," + "x" * MAX_LINE_BYTES + ",,", "longer than 65,536 bytes"),
    ],
)
def test_a_row_with_one_fault_says_which(tmp_path: Path, row: str, fault: str) -> None:
    assert fault in fault_of(tmp_path, HEADER + row + "\n")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("[1]", "not an object of texts"),
        ('{"reason": 1}', "not an object of texts"),
        ("{", "not JSON"),
        ("[" * 5000, "not JSON"),
        ('{"reason": "r", "who": "me"}', "1 fields that are none of"),
        ('{"reason": "\\ud800", "source": "s", "native_id": "1"}', "cannot be printed"),
    ],
)
def test_a_json_line_with_one_fault_says_which(tmp_path: Path, line: str, fault: str) -> None:
    assert fault in fault_of(tmp_path, line, "list.jsonl")


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("source,native_id,why", "columns must be some of"),
        ("source,source,reason", "each once"),
        ("source,native_id", "there is no column reason"),
    ],
)
def test_a_header_that_is_not_understood_fails_every_row(
    tmp_path: Path, header: str, fault: str
) -> None:
    rows = read_list(written(tmp_path, "a.csv", f"{header}\nx,1,y\nx,2,y\n"), "a.csv")
    assert rows.read == len(rows.faults) == 2
    assert all(fault in str(entry["reason"]) for entry in rows.faults)
    assert fault in fault_of(tmp_path, header + "\n")


def test_bytes_that_are_not_text_are_a_fault_of_their_row(tmp_path: Path) -> None:
    assert fault_of(tmp_path, HEADER.encode() + b"pubmed,1,,,\xff,,\n") == "not UTF-8"


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + f"doc_id,reason\n{HASH},fraud\n".encode()
    assert len(read_list(written(tmp_path, "a.csv", content), "a.csv").rows) == 1


def test_a_list_that_changed_after_its_snapshot_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", HEADER)
    snapshot = resolve_withdrawn(tmp_path)
    config = {"snapshot": snapshot.to_dict()}
    step = Step(family="corpora", name="withdrawn", partition="", code_version="1", config=config)
    path.write_text(HEADER + "pubmed,1,,,fraud,,\n")
    with pytest.raises(ValueError, match=r"a\.csv has changed since its snapshot"):
        make_withdrawn(snapshot.paths)(fake_workspace(tmp_path, step))


def test_another_list_is_another_snapshot(tmp_path: Path) -> None:
    empty = resolve_withdrawn(tmp_path).to_dict()
    written(tmp_path, "a.csv", HEADER)
    assert resolve_withdrawn(tmp_path).to_dict() != empty


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.tsv", "a.jsonl"]))
def test_wild_lists_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    found = read_list(path, name)
    assert found.read == len(found.rows) + len(found.faults)


@given(st.lists(st.text(max_size=20), min_size=7, max_size=7))
def test_wild_cells_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    path.write_text(HEADER + ",".join(cells), encoding="utf-8", errors="surrogatepass", newline="")
    found = read_list(path, "cells.csv")
    assert found.read == len(found.rows) + len(found.faults)
