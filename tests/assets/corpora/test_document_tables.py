"""Parts of documents on disk: what is read of them is what was asked for, and no more of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from assets.corpora import document_tables
from assets.corpora.document_tables import read_between, read_rows, write_documents


def documents(count: int) -> pl.DataFrame:
    ids = [f"{number:04x}" for number in range(count)]
    return pl.DataFrame(
        {"doc_id": ids, "text": [f"text {each} " * 9 for each in ids]},
        schema={"doc_id": pl.String, "text": pl.String},
    )


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(document_tables, "GROUP_BYTES", 1000)
    write_documents(documents(100), tmp_path / "part.parquet")
    return tmp_path / "part.parquet"


def test_a_part_has_a_row_group_per_so_much_text(part: Path) -> None:
    assert pq.ParquetFile(part).num_row_groups == 9  # 9,000 bytes of text, 1,000 each


def test_an_empty_part_can_be_written_and_read(tmp_path: Path) -> None:
    write_documents(documents(0), tmp_path / "none.parquet")
    assert read_between(tmp_path / "none.parquet", "", "").height == 0


@pytest.mark.parametrize("rows", [[0], [99], [0, 1, 11, 12, 50, 99], [], list(range(100))])
def test_rows_are_those_of_the_whole_table(part: Path, rows: list[int]) -> None:
    found = read_rows(part, np.array(rows, dtype=np.int64), ["text", "doc_id"])
    assert found.equals(documents(100).select("text", "doc_id")[rows])


@pytest.mark.parametrize(("first", "last"), [("", ""), ("0010", "0020"), ("0010", ""), ("", "0a")])
def test_a_range_of_ids_begins_at_its_first_and_ends_before_its_last(
    part: Path, first: str, last: str
) -> None:
    ids = documents(100)["doc_id"].to_list()
    wanted = [each for each in ids if each >= first and (not last or each < last)]
    assert read_between(part, first, last)["doc_id"].to_list() == wanted


def test_a_part_that_is_not_sorted_gives_a_sorted_range(tmp_path: Path) -> None:
    write_documents(documents(20).reverse(), tmp_path / "part.parquet")
    assert read_between(tmp_path / "part.parquet", "0004", "0006")["doc_id"].to_list() == [
        "0004",
        "0005",
    ]
