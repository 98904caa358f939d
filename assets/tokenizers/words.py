"""Different words of a text and how often each occurs, in memory that does not grow with the text.

Owns the bounds. What comes out depends on the texts alone: not on their order, batches or threads.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from model.columns import column_bytes, roomy_rows, row_slices
from model.cuts import NUM_CODE_POINTS, character_classes

if TYPE_CHECKING:
    from assets.tokenizers.count_kernels import WordTable

I64 = npt.NDArray[np.int64]

MAX_WORD_BYTES = 512
"""Longer cuts (a page without a blank) are learned from in parts of this size. Our choice."""

MAX_WORDS = 1 << 22
"""Most frequent words kept for training; rarer ones are cut and counted. Our choice: 4 Mi words
need some 1 GB to learn from, and 300 MB of text hold 2 million."""

_TABLE_WORDS = 1 << 19
_TABLE_BYTES = 1 << 24
_DESK_WORDS = 512
"""Words that are looked up together: their lines of the cache come while others are worked at."""
_HELD_WORDS = 1 << 22
"""Words held in memory before they are written to scratch files, by hash."""
_BUCKETS = 16


@dataclass(frozen=True, kw_only=True)
class WordCounts:
    """Words (most frequent first, then by their bytes) and what was left out."""

    words: pl.DataFrame
    """word (Binary), count (Int64)."""
    char_counts: I64
    """[0x110000] how often each character occurs in the whole text."""
    cut_words: int
    """Different words beyond the cap."""
    cut_occurrences: int

    @property
    def num_words(self) -> int:
        return int(self.words.height)


class WordCounter:
    """Counts words of columns of text, batch by batch; a context manager for its scratch files."""

    def __init__(
        self, *, threads: int = 1, max_words: int = MAX_WORDS, held_words: int = _HELD_WORDS
    ) -> None:
        self._threads = threads
        self._max_words = max_words
        self._held_words = held_words
        self._tables: list[WordTable] = []
        self._runs: list[pl.DataFrame] = []
        self._scratch = tempfile.TemporaryDirectory(prefix="materia-words-")
        self._num_spilled = 0

    def __enter__(self) -> WordCounter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scratch.cleanup()

    def add(self, texts: pl.Series) -> None:
        """Count the words of a column of texts; raises ValueError on missing texts."""
        data, offsets = column_bytes(texts)
        slices = row_slices(offsets, self._threads)
        while len(self._tables) < len(slices):
            self._tables.append(_table())
        with ThreadPoolExecutor(max_workers=len(slices)) as pool:
            counted = [
                pool.submit(_count, data, offsets[first : end + 1], table)
                for (first, end), table in zip(slices, self._tables, strict=False)
            ]
            for future in counted:
                self._runs.extend(future.result())
        if sum(run.height for run in self._runs) > self._held_words:
            self._compact()

    def result(self) -> WordCounts:
        """Return the counts of all texts added so far; nothing can be added afterwards."""
        self._runs.extend(_drained(table) for table in self._tables)
        kept = pl.DataFrame(schema=_SCHEMA)
        char_counts = np.zeros(NUM_CODE_POINTS, dtype=np.int64)
        num_words, occurrences = 0, 0
        for bucket in self._buckets():
            _count_chars(bucket, char_counts)
            num_words += bucket.height
            occurrences += int(bucket["count"].sum())
            kept = pl.concat([kept, bucket])
            if kept.height > 2 * self._max_words:
                kept = _ranked(kept).head(self._max_words)
        kept = _ranked(kept).head(self._max_words)
        return WordCounts(
            words=kept,
            char_counts=char_counts,
            cut_words=num_words - kept.height,
            cut_occurrences=occurrences - int(kept["count"].sum()),
        )

    def _compact(self) -> None:
        """Add up what is held; write it away, by the words' hash, when that does not help."""
        held = _summed(self._runs)
        self._runs = [held]
        if held.height <= self._held_words // 2:
            return
        for (bucket,), part in held.partition_by("bucket", as_dict=True).items():
            part.write_parquet(self._folder / f"{bucket}-{self._num_spilled}.parquet")
        self._num_spilled += 1
        self._runs = []

    def _buckets(self) -> Iterator[pl.DataFrame]:
        held = _summed(self._runs)
        if not self._num_spilled:
            yield held.select("word", "count")
            return
        for bucket in range(_BUCKETS):
            runs = [pl.read_parquet(path) for path in self._folder.glob(f"{bucket}-*.parquet")]
            runs.append(held.filter(pl.col("bucket") == bucket))
            yield _summed(runs).select("word", "count")

    @property
    def _folder(self) -> Path:
        return Path(self._scratch.name)


def count_words_of(texts: pl.Series, threads: int = 1) -> WordCounts:
    """Count the words of one column."""
    with WordCounter(threads=threads) as counter:
        counter.add(texts)
        return counter.result()


def _table() -> WordTable:
    from assets.tokenizers.count_kernels import WordTable

    return WordTable(
        short=np.zeros(8 * _TABLE_WORDS, dtype=np.uint64),
        slots=np.full(2 * _TABLE_WORDS, -1, dtype=np.int32),
        hashes=np.zeros(_TABLE_WORDS, dtype=np.uint64),
        bounds=np.zeros(_TABLE_WORDS + 1, dtype=np.int64),
        counts=np.zeros(_TABLE_WORDS, dtype=np.int64),
        words=np.empty(_TABLE_BYTES, dtype=np.uint8),
        used=np.zeros(2, dtype=np.int64),
    )


def _count(data: npt.NDArray[np.uint8], offsets: I64, table: WordTable) -> list[pl.DataFrame]:
    """Count into a table; return what had to be taken out of it because it was full."""
    from assets.tokenizers.count_kernels import Desk, count_words
    from model.block_kernels import ROOM_BYTES
    from model.cut_kernels import NUM_KINDS

    desk = Desk(
        cuts=np.empty(_DESK_WORDS + 1, dtype=np.int64),
        keys=np.empty((_DESK_WORDS, 2), dtype=np.uint64),
        places=np.empty(_DESK_WORDS, dtype=np.int64),
        kinds=np.empty(NUM_KINDS, dtype=np.uint64),
    )
    limits = character_classes(), MAX_WORD_BYTES
    drained = []
    for content, places in roomy_rows(data, offsets, ROOM_BYTES):
        progress = np.zeros(2, dtype=np.int64)
        while not count_words(content, places, *limits, table, desk, progress):
            drained.append(_drained(table))
    return drained


def _drained(table: WordTable) -> pl.DataFrame:
    """Return the words of a table, which is empty afterwards."""
    from model.cut_kernels import SHORT_BYTES, SIZE_SHIFT

    number = int(table.used[0])
    bounds = table.bounds[: number + 1].copy()
    longer = _words_frame(
        bounds, table.words[: bounds[-1]].copy(), table.counts[:number].copy(), table.hashes
    )
    rows = table.short.reshape(-1, 4)
    rows = rows[rows[:, 1] != 0]
    held = np.arange(SHORT_BYTES) < (rows[:, 1:2] >> SIZE_SHIFT).astype(np.int64)
    raw = np.ascontiguousarray(rows[:, :2]).view(np.uint8).reshape(-1, 16)[:, :SHORT_BYTES]
    bounds = np.concatenate([[0], np.cumsum(held.sum(axis=1))])
    shorter = _words_frame(
        bounds, raw[held], rows[:, 2].astype(np.int64), rows[:, 3] >> np.uint64(2)
    )
    table.slots.fill(-1)
    table.short.fill(0)
    table.used.fill(0)
    return pl.concat([longer, shorter])


def _words_frame(
    bounds: I64, data: npt.NDArray[np.uint8], counts: I64, hashes: npt.NDArray[np.uint64]
) -> pl.DataFrame:
    words = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(counts), [None, pa.py_buffer(bounds), pa.py_buffer(data)]
    )
    return pl.DataFrame(
        {
            "word": pl.from_arrow(words),
            "count": counts,
            "bucket": (hashes[: len(counts)] % np.uint64(_BUCKETS)).astype(np.uint8),
        },
        schema_overrides={"word": pl.Binary},
    )


def _summed(runs: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the sum of counts of each word; a word's bucket is its own."""
    if not runs:
        return pl.DataFrame(schema={**_SCHEMA, "bucket": pl.UInt8})
    if len(runs) == 1:
        return runs[0]
    return pl.concat(runs).group_by("word").agg(pl.col("count").sum(), pl.col("bucket").first())


def _ranked(words: pl.DataFrame) -> pl.DataFrame:
    return words.sort("count", "word", descending=[True, False])


def _count_chars(words: pl.DataFrame, char_counts: I64) -> None:
    from assets.tokenizers.count_kernels import count_chars

    data, bounds = column_bytes(words["word"])
    count_chars(data, bounds, words["count"].to_numpy(), char_counts)


_SCHEMA = {"word": pl.Binary, "count": pl.Int64}
