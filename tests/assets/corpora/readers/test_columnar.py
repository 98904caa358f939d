"""Parquet and Arrow: rows by column, row numbers, and files that lie about themselves."""

from __future__ import annotations

import struct
from collections import deque
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.corpora.readers.columnar import read_columnar
from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.record import DEFAULT_READING, Bad, Fields, Reading, Record

ROWS = pa.table(
    {
        "id": pa.array([1, 2, None], pa.int64()),
        "text": ["first", None, "third"],
        "title": ["A", "B", None],
        "other": [[1], [2], [3]],
    }
)


def _write(path: Path, table: Any) -> None:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return
    make = pa.ipc.new_file if path.stem == "file" else pa.ipc.new_stream
    with make(str(path), table.schema) as writer:
        writer.write_table(table)


def _slow(*values: Any) -> list[Any]:
    """Each takes a process of its own; `make check` takes one of a kind."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def _told(items: list[Record | Bad]) -> list[tuple[int, str]]:
    return [(i.offset, i.reason if isinstance(i, Bad) else i.text) for i in items]


@pytest.mark.parametrize("name", ["a.parquet", "file.arrow", *_slow("stream.arrow")])
def test_rows_become_records_with_their_numbers(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    _write(path, ROWS)
    items = list(read_columnar(path, name))
    assert _told(items) == [(0, "first"), (1, "no_text_field"), (2, "third")]
    first, _, third = items
    assert isinstance(first, Record) and isinstance(third, Record)
    assert (first.native_id, first.title) == ("1", "A")
    assert (third.native_id, third.title) == (f"{name}:2", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        pa.string_view(),
        pa.large_string(),
        pa.binary(),
        pa.large_binary(),
        pa.dictionary(pa.int32(), pa.string()),
    ],
)
def test_text_may_have_any_string_type(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "stream.arrow"
    _write(path, pa.table({"text": pa.array(["a", "\u00e9"], pa.string()).cast(kind)}))
    assert _told(list(read_columnar(path, "f"))) == [(0, "a"), (1, "\u00e9")]


@pytest.mark.parametrize("name", ["a.parquet", *_slow("stream.arrow")])
def test_columns_may_have_other_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    _write(path, pa.table({"body": ["x"], "text": ["wrong"]}))
    [record] = read_columnar(path, name, Reading(fields=Fields(text="body")))
    assert isinstance(record, Record) and record.text == "x"


@pytest.mark.parametrize("name", ["a.parquet", *_slow("file.arrow", "stream.arrow")])
def test_a_table_without_the_text_column_is_quarantined(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    _write(path, pa.table({"body": ["x"]}))
    assert _told(list(read_columnar(path, name))) == [(0, "no_text_column")]


@pytest.mark.parametrize("name", ["stream.arrow", *_slow("a.parquet")])
def test_text_that_is_not_utf8_costs_one_row(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    values = pa.array([b"good", b"\xff\xfe", b"also good"], pa.binary()).view(pa.string())
    _write(path, pa.table({"text": values}))
    assert _told(list(read_columnar(path, name))) == [
        (0, "good"),
        (1, "not_utf8"),
        (2, "also good"),
    ]


def test_a_value_over_the_limit_costs_one_row(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    _write(path, pa.table({"text": ["x" * 2000, "y"]}))
    how = Reading(limits=ReadLimits(max_record_bytes=1000))
    assert _told(list(read_columnar(path, "f", how))) == [(0, "record_too_large"), (1, "y")]


def test_a_broken_row_group_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"text": [f"row {i} " * 20 for i in range(600)]})
    pq.write_table(table, path, row_group_size=300, compression="zstd", use_dictionary=False)
    column = pq.ParquetFile(path).metadata.row_group(0).column(0)
    content = bytearray(path.read_bytes())
    start = column.data_page_offset
    content[start : start + 200] = b"\xff" * 200
    path.write_bytes(content)
    items = list(read_columnar(path, "f"))
    assert isinstance(items[0], Bad) and items[0].reason == "broken_row_group"
    assert [item.offset for item in items[1:]] == list(range(300, 600))


def test_a_column_of_one_repeated_text_is_stopped_as_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    indices = pa.array([0] * 200_000, pa.int32())
    text = pa.DictionaryArray.from_arrays(indices, pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"text": text}), path)
    assert path.stat().st_size < 200_000
    [last] = deque(read_columnar(path, "f"), maxlen=1)
    assert isinstance(last, Bad) and last.reason == "decompression_limit"


def _footer(path: Path, size: int) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-8] + struct.pack("<I", size) + b"PAR1")


@pytest.mark.parametrize("size", [17, *_slow(0, 0x7FFFFFFF, 0xFFFFFFFF)])
def test_a_footer_that_lies_is_quarantined(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.parquet"
    _write(path, ROWS)
    _footer(path, size)
    [item] = read_columnar(path, "f")
    assert isinstance(item, Bad) and item.reason in ("broken_footer", "decoder_failed")


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"PAR1", b"ARROW1\0\0" * 9, b"", b"ARROW1", b"\xff" * 4000])
def test_rubbish_is_quarantined(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.arrow"
    path.write_bytes(content)
    items = list(read_columnar(path, "f"))
    assert [type(item) for item in items] == [Bad]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.parquet", "file.arrow", "stream.arrow"])
def test_every_damaged_byte_gives_an_answer(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    _write(path, ROWS)
    content = path.read_bytes()
    for place in range(0, len(content), max(1, len(content) // 12)):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        for item in read_columnar(path, "f", DEFAULT_READING):
            assert isinstance(item, Record | Bad)


@pytest.mark.slow
def test_decoding_is_held_to_its_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    values = pa.array(["x" * (8 << 20)] * 20, pa.large_string())
    pq.write_table(pa.table({"text": values}), path, use_dictionary=False, compression="zstd")
    assert path.stat().st_size < 1 << 20
    how = Reading(limits=ReadLimits(max_memory_bytes=128 << 20, max_expansion=10**6))
    items = list(read_columnar(path, "f", how))
    assert isinstance(items[-1], Bad)
    assert items[-1].reason in ("memory_limit", "decoder_failed")


def test_a_reader_that_is_left_early_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    _write(path, pa.table({"text": ["x"] * 5000}))
    reading = read_columnar(path, "f")
    next(reading)
    reading.close()  # type: ignore[attr-defined]
