"""Frames that travel between shard-wise functions: one file per writer and receiver.

Scratch of one attempt, so Arrow as it lies in memory: thousands of small files cost a tenth of
what Parquet costs. Which rows a receiver gets depends on a key in
the row, never on who wrote it: any number of writers gives receivers the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from assets.lineage.storage import Folder, StoredFile

Fragments = tuple[tuple[int, StoredFile], ...]
"""(receiver, file) of one writer; receivers without rows have none."""


def write_frame(folder: Folder, name: str, frame: pl.DataFrame) -> StoredFile:
    """Publish a frame whole, for read_frame."""
    return write_table(folder, name, frame.to_arrow(compat_level=pl.CompatLevel.oldest()))


def write_table(folder: Folder, name: str, table: pa.Table) -> StoredFile:
    """Publish a table whole, for read_table or read_frame."""
    table = table.combine_chunks()

    def make(path: Path) -> None:
        with pa.ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)

    return folder.write(name, make)


def write_parquet(folder: Folder, name: str, frame: pl.DataFrame) -> StoredFile:
    """Publish a frame whole as a file of an artifact, uncompressed because it holds hashes."""
    return folder.write(
        name, lambda path: frame.write_parquet(path, compression="uncompressed", statistics=False)
    )


def read_frame(file: StoredFile) -> pl.DataFrame:
    """Return what write_frame wrote."""
    frame = pl.from_arrow(read_table(file))
    assert isinstance(frame, pl.DataFrame)
    return frame


def read_table(file: StoredFile) -> pa.Table:
    """Return what write_table wrote, as it lies in the file: nothing is copied."""
    with pa.memory_map(str(file.local())) as source:
        return pa.ipc.open_file(source).read_all()


def column(table: pa.Table, name: str) -> npt.NDArray[Any]:
    """Return a column of numbers; of a table from one file it is not copied."""
    chunks = table[name].chunks
    # One chunk as it is: combining it would copy it.
    array = chunks[0] if len(chunks) == 1 else table[name].combine_chunks()
    found: npt.NDArray[Any] = array.to_numpy(zero_copy_only=True)
    return found


def scatter(
    frame: pl.DataFrame, receivers: npt.NDArray[np.int64], folder: Folder, writer: str
) -> Fragments:
    """Write each row to the file of its receiver."""
    if not len(receivers):
        return ()
    if np.any(receivers[1:] < receivers[:-1]):
        order = np.argsort(receivers, kind="stable")
        receivers, frame = receivers[order], frame[order]
    first = np.flatnonzero(np.append(True, receivers[1:] != receivers[:-1]))
    lengths = np.diff(np.append(first, len(receivers)))
    return tuple(
        (
            int(receivers[at]),
            write_frame(
                folder, f"{int(receivers[at]):05d}/{writer}.arrow", frame.slice(at, length)
            ),
        )
        for at, length in zip(first.tolist(), lengths.tolist(), strict=True)
    )


def received(writers: Sequence[Fragments], receiver: int) -> tuple[StoredFile, ...]:
    """Return the files of one receiver."""
    return tuple(file for fragments in writers for to, file in fragments if to == receiver)


def by_receiver(writers: Sequence[Fragments], count: int) -> list[tuple[StoredFile, ...]]:
    """Return the files of every receiver from 0 on."""
    files: list[list[StoredFile]] = [[] for _ in range(count)]
    for fragments in writers:
        for to, file in fragments:
            files[to].append(file)
    return [tuple(each) for each in files]


def read_frames(files: Sequence[StoredFile], schema: pl.Schema) -> pl.DataFrame:
    """Return all rows of some files, in the order of the files."""
    return pl.concat([schema.to_frame(), *(read_frame(file) for file in files)])


def partition_of(hashes: npt.NDArray[np.uint64], count: int) -> npt.NDArray[np.int64]:
    """Return the receiver of each 64-bit hash, evenly by its high bits."""
    return ((hashes >> np.uint64(32)) * np.uint64(count) >> np.uint64(32)).astype(np.int64)


def hash_strings(values: pl.Series, seed: int = 0) -> npt.NDArray[np.uint64]:
    """Return a hash of each string that never changes with a library's version."""
    from assets.mixtures.shingle_kernels import hash_bytes

    array = values.fill_null("").to_arrow()
    if not len(values):
        return np.zeros(0, dtype=np.uint64)
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)[: len(values) + 1]
    size = int(offsets[-1])
    content = np.zeros(max(1, size), dtype=np.uint8)
    if size:
        content[:size] = np.frombuffer(array.buffers()[2], dtype=np.uint8, count=size)
    return np.asarray(hash_bytes(content, offsets, np.uint64(seed)))
