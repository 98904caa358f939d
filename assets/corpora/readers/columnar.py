"""Parquet files and Arrow IPC (file and stream): rows by their column names, with row numbers.

The file is decoded by columnar_child.py under a memory limit; here its rows are read from a pipe.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from assets.corpora.readers.labelled import record_of_row
from assets.corpora.readers.record import DEFAULT_READING, Bad, Fields, Reading, Record, bad
from assets.corpora.readers.streams import EXPANSION_GRACE_BYTES

_CHILD = Path(__file__).with_name("columnar_child.py")
_LABELS = ("text", "id", "title", "language", "domain", "licence")


def read_columnar(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    columns = list(dict.fromkeys(filter(None, (getattr(how.fields, x) for x in _LABELS))))
    size = path.stat().st_size
    allowed = max(EXPANSION_GRACE_BYTES, how.limits.max_expansion * size)
    allowed = min(allowed, how.limits.max_stream_bytes)
    row, total = -1, 0
    with _decoder(path, columns, how) as child:
        assert child.stdout is not None
        for row, problem, values in _rows(child.stdout, len(columns)):
            total += sum(len(value) for value in values if value is not None)
            if total > allowed:
                yield bad(name, row, "decompression_limit", b"")
                return
            if problem:
                yield bad(name, row, problem, b"")
            else:
                yield _record(dict(zip(columns, values, strict=True)), how.fields, name, row)
        if child.wait() != 0:
            yield bad(name, row + 1, "decoder_failed", b"")


@contextmanager
def _decoder(path: Path, columns: list[str], how: Reading) -> Iterator[subprocess.Popen[bytes]]:
    limits = [str(how.limits.max_memory_bytes), str(how.limits.max_record_bytes)]
    with subprocess.Popen(
        [sys.executable, "-P", str(_CHILD), str(path.absolute()), *limits, *columns],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Allocators and thread pools that reserve memory ahead would count against the limit.
        env={
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "MALLOC_ARENA_MAX": "2",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def _rows(pipe: IO[bytes], columns: int) -> Iterator[tuple[int, str, list[bytes | None]]]:
    import pyarrow as pa

    try:
        for batch in pa.ipc.open_stream(pipe):
            rows, problems, *values = (column.to_pylist() for column in batch.columns)
            assert len(values) == columns
            for row, problem, *found in zip(rows, problems, *values, strict=True):
                yield row, problem or "", found
    except (pa.ArrowException, OSError):
        return  # the decoder ended early: its exit code says so


def _record(row: dict[str, bytes | None], fields: Fields, name: str, number: int) -> Record | Bad:
    try:
        texts = {key: None if value is None else value.decode() for key, value in row.items()}
    except UnicodeDecodeError:
        return bad(name, number, "not_utf8", row[fields.text] or b"")
    return record_of_row(texts, fields, file=name, offset=number, number=number)
