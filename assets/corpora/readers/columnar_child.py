"""Decodes one Parquet or Arrow file in a process of its own and writes plain rows to stdout.

Started by columnar.py as a script: such files state sizes that nobody has checked and are decoded
by native code, so a lie or a crash must cost this process and not the worker. Imports nothing of
ours. Rows go out as an Arrow stream of binary columns, in batches of a bounded number of rows.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

ROWS_PER_BATCH = 256
_THRIFT_BYTES = 64 << 20
"""Of a footer's strings and lists: a footer of 100,000 row groups has about 20 MB. Our choice."""


def main(path: str, columns: list[str], max_memory_bytes: int, max_text_bytes: int) -> None:
    """Write the named columns (the first is the text), the row number and `bad` of every row."""
    used = _data_bytes()
    resource.setrlimit(resource.RLIMIT_DATA, (used + max_memory_bytes,) * 2)
    fields = [pa.field(f"c{i}", pa.large_binary()) for i in range(len(columns))]
    schema = pa.schema([pa.field("row", pa.int64()), pa.field("bad", pa.string()), *fields])
    with pa.PythonFile(sys.stdout.buffer, "w") as sink:
        writer = pa.ipc.new_stream(sink, schema)
        decode = _parquet if _is_parquet(path) else _arrow
        for row, found in decode(path, columns):
            if isinstance(found, str):
                writer.write_batch(_told(row, found, schema))
                continue
            for start in range(0, found.num_rows, ROWS_PER_BATCH):
                part = found.slice(start, ROWS_PER_BATCH)
                writer.write_batch(_plain(part, columns, row + start, max_text_bytes, schema))
        writer.close()


def _parquet(path: str, columns: list[str]) -> Iterator[tuple[int, pa.RecordBatch | str]]:
    import pyarrow.parquet as pq

    options = {
        "pre_buffer": False,
        "thrift_string_size_limit": _THRIFT_BYTES,
        "thrift_container_size_limit": _THRIFT_BYTES // 64,
    }
    try:
        names = pq.ParquetFile(path, **options).schema_arrow.names
        if columns[0] not in names:
            yield 0, "no_text_column"
            return
        # As a dictionary, a value that is repeated a million times is held once.
        file = pq.ParquetFile(path, read_dictionary=columns[:1], **options)
    except (pa.ArrowException, OSError, MemoryError) as error:
        yield 0, "memory_limit" if isinstance(error, MemoryError) else "broken_footer"
        return
    first = 0
    for group in range(file.num_row_groups):
        row = first
        try:
            batches = file.iter_batches(
                ROWS_PER_BATCH, [group], [c for c in columns if c in names], use_threads=False
            )
            for batch in batches:
                yield row, batch
                row += batch.num_rows
        except (pa.ArrowException, OSError, MemoryError, UnicodeError) as error:
            yield row, "memory_limit" if isinstance(error, MemoryError) else "broken_row_group"
        first += max(0, file.metadata.row_group(group).num_rows)


def _arrow(path: str, columns: list[str]) -> Iterator[tuple[int, pa.RecordBatch | str]]:
    row = 0
    try:
        # Mapped, so that a batch of any size costs memory only where it is looked at.
        with pa.memory_map(path) as source:
            for batch in _batches(source):
                if columns[0] not in batch.schema.names:
                    yield row, "no_text_column"
                    return
                yield row, batch.select([c for c in columns if c in batch.schema.names])
                row += batch.num_rows
    except (pa.ArrowException, OSError, MemoryError, UnicodeError) as error:
        yield row, "memory_limit" if isinstance(error, MemoryError) else "broken_batch"


def _batches(source: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    if source.read(6) == b"ARROW1":
        file = pa.ipc.open_file(source)
        yield from (file.get_batch(i) for i in range(file.num_record_batches))
    else:
        source.seek(0)
        yield from pa.ipc.open_stream(source)


def _plain(
    batch: pa.RecordBatch, columns: list[str], row: int, max_text_bytes: int, schema: pa.Schema
) -> pa.RecordBatch:
    """Return the batch with binary columns; one row that says why, when it cannot be decoded."""
    try:
        return _checked(batch, columns, row, max_text_bytes, schema)
    except (pa.ArrowException, MemoryError) as error:
        reason = "memory_limit" if isinstance(error, MemoryError) else "broken_batch"
        return _told(row, reason, schema)


def _checked(
    batch: pa.RecordBatch, columns: list[str], row: int, max_text_bytes: int, schema: pa.Schema
) -> pa.RecordBatch:
    arrays = []
    bad = pa.nulls(batch.num_rows, pa.string())
    for name in columns:
        known = batch.schema.names.count(name) == 1
        array = _binary(batch.column(name)) if known else None
        if array is None:
            array = pa.nulls(batch.num_rows, pa.large_binary())
        large = pc.greater(pc.binary_length(array), max_text_bytes)
        bad = pc.if_else(pc.fill_null(large, False), "record_too_large", bad)
        arrays.append(pc.if_else(pc.fill_null(large, False), None, array))
    rows = pa.array(range(row, row + batch.num_rows), pa.int64())
    return pa.record_batch([rows, bad, *arrays], schema=schema)


def _told(row: int, reason: str, schema: pa.Schema) -> pa.RecordBatch:
    values = [pa.array([row], pa.int64()), pa.array([reason], pa.string())]
    empty = [pa.nulls(1, field.type) for field in list(schema)[2:]]
    return pa.record_batch([*values, *empty], schema=schema)


def _binary(array: pa.Array) -> pa.Array | None:
    """Return text and whole numbers as bytes; None for any other type."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        values = _binary(array.dictionary)
        if values is None:
            return None
        array = pa.DictionaryArray.from_arrays(array.indices, values, safe=True)
        return array.dictionary_decode().cast(pa.large_binary())
    if pa.types.is_integer(kind):
        return array.cast(pa.string()).cast(pa.large_binary())
    # Seen as bytes first: whether they are UTF-8 is asked row by row, later.
    if pa.types.is_string(kind):
        array = array.view(pa.binary())
    elif pa.types.is_large_string(kind):
        array = array.view(pa.large_binary())
    elif not (
        pa.types.is_string_view(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    ):
        return None
    array.validate(full=True)
    return array.cast(pa.large_binary())


def _is_parquet(path: str) -> bool:
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read(4) == b"PAR1"


def _data_bytes() -> int:
    """Return the data memory this process has before it opens the file (Linux)."""
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123
            found = [line for line in status if line.startswith("VmData:")]
        return int(found[0].split()[1]) << 10
    except (OSError, IndexError):
        return 512 << 20


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[4:], int(sys.argv[2]), int(sys.argv[3]))
