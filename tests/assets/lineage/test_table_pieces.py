"""Pieces of a table are the same from a path and from an open file, whatever its row groups."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.lineage import table_pieces
from assets.lineage.table_pieces import column_batches, rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    frame = pl.DataFrame(
        {"name": [None if n % 7 == 3 else f"n{n}" for n in range(50)], "value": range(50)}
    )
    frame.write_parquet(tmp_path / "t.parquet", row_group_size=8)
    return tmp_path / "t.parquet"


@pytest.mark.parametrize(("first", "count"), [(0, 1), (7, 2), (6, 20), (48, 10), (50, 3), (0, 50)])
@pytest.mark.parametrize("columns", [None, ["value"], ["value", "name", "value", "missing"]])
def test_an_open_file_gives_the_same_rows_as_its_path(
    path: Path, first: int, count: int, columns: list[str] | None
) -> None:
    from_path = rows(path, first, count, columns)
    with path.open("rb") as file:
        from_file = rows(file, first, count, columns)
    wanted = pl.read_parquet(path).slice(first, count)
    if columns is not None:
        wanted = wanted.select([name for name in dict.fromkeys(columns) if name != "missing"])
    assert from_path.equals(wanted) and from_file.equals(wanted)
    assert from_file.schema == wanted.schema


@pytest.mark.parametrize("batch", [3, 1000])
def test_a_column_comes_whole_in_batches(
    path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(table_pieces, "BATCH_ROWS", batch)
    batches = list(column_batches(path, "name"))
    assert max(map(len, batches)) <= batch
    whole = pl.read_parquet(path)["name"].fill_null("")
    assert pl.concat(batches).to_list() == whole.to_list()


def test_a_column_that_is_not_there_is_empty(path: Path) -> None:
    assert list(column_batches(path, "missing")) == []
