"""Shard-wise functions of the family: encode or count the documents of one part of a table.

Any worker on any machine runs them; they hold a batch of text and a unit of it for each thread,
whatever the part's size. What is done with their results is decided elsewhere.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

from assets.lineage.storage import Folder, StoredFile
from assets.ports import Compute
from model.tokenizer import Tokenizer

BATCH_DOCUMENTS = 4096
"""Some 10 MB of text are read at a time (our choice)."""

UNIT_BYTES = 2 << 20
"""Of text that a thread encodes at a time, or one longer document: small enough that no thread
waits long for another, and its ids take four times as much (our choice)."""

Tokens = npt.NDArray[np.unsignedinteger]

MARKS_PER_DOCUMENT = 2
"""`<s>` and `</s>`, which packing puts around every document."""


class NotLossless(RuntimeError):
    """The vocabulary that was built does not do what every later artifact relies on."""


@dataclass(frozen=True, kw_only=True)
class EncodePart:
    """One part of a table of documents, to be encoded."""

    documents: StoredFile
    tokenizer: StoredFile
    selection: tuple[StoredFile, ...]
    """Tables with the doc_ids to take; empty means all."""
    out: Folder
    name: str
    keep: bool
    """Write the ids, or count them only."""
    columns: tuple[str, ...]
    """Columns of the documents that go into the table of lengths."""
    threads: int


@dataclass(frozen=True, kw_only=True)
class EncodedPart:
    lengths: StoredFile
    """Parquet: the asked columns, num_tokens (UInt32, marks included), offset (Int64)."""
    tokens: StoredFile | None
    """Little-endian uint16 or uint32, document after document, marks included."""


def encode_part(item: EncodePart) -> EncodedPart:
    """Encode the selected documents of a part; raises NotLossless when ids spell another text."""
    tokenizer = load_tokenizer(item.tokenizer)
    frames: list[pl.DataFrame] = []

    def run(path: Path) -> None:
        with path.open("wb") as handle:
            for frame, ids in _encoded(item, tokenizer):
                frames.append(frame)
                ids.tofile(handle)

    tokens = item.out.write(f"{item.name}.bin", run) if item.keep else None
    if tokens is None:
        frames = [frame for frame, _ in _encoded(item, tokenizer)]
    lengths = pl.concat(frames) if frames else _no_rows(item)
    offsets = pl.col("num_tokens").cast(pl.Int64).cum_sum() - pl.col("num_tokens")
    lengths = lengths.with_columns(offsets.alias("offset"))
    return EncodedPart(
        lengths=item.out.write(f"{item.name}.parquet", lengths.write_parquet),
        tokens=tokens,
    )


def load_tokenizer(stored: StoredFile) -> Tokenizer:
    """Load a tokenizer.json once per process: its tables and word caches serve all parts."""
    return _loaded(stored.local(), stored.entry.sha256)


@lru_cache(maxsize=2)
def _loaded(path: Path, sha256: str) -> Tokenizer:
    return Tokenizer.load_file(path)


def token_type(vocab_size: int) -> np.dtype[np.unsignedinteger]:
    """Return how ids lie on disk."""
    return np.dtype("<u2" if vocab_size <= 1 << 16 else "<u4")


def text_batches(path: Path, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Read some columns of a Parquet file, a batch of documents at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=BATCH_DOCUMENTS, columns=list(columns)):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            yield frame


def threads_for(compute: Compute) -> int:
    """Return how many threads each worker of an engine may use; never part of what comes out."""
    return max(1, len(os.sched_getaffinity(0)) // compute.workers)


def writer(frame: pl.DataFrame) -> Callable[[Path], object]:
    return lambda path: frame.write_parquet(path, compression="zstd")


def _encoded(item: EncodePart, tokenizer: Tokenizer) -> Iterator[tuple[pl.DataFrame, Tokens]]:
    """Yield the rows and ids of some documents after another, in order; threads work ahead."""
    tokenizer.prepare()
    with ThreadPoolExecutor(max_workers=item.threads) as pool:
        ahead: deque[Future[tuple[pl.DataFrame, Tokens]]] = deque()
        for documents in _units(item):
            ahead.append(pool.submit(_encode_unit, item, tokenizer, documents))
            if len(ahead) > item.threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _units(item: EncodePart) -> Iterator[pl.DataFrame]:
    """Read the selected documents, so many at a time as one thread encodes."""
    path = item.documents.local()
    chosen = _chosen(path, item.selection)
    columns = list(dict.fromkeys([*item.columns, "doc_id", "text"]))
    first = 0
    for batch in text_batches(path, columns):
        kept = batch if chosen is None else batch.filter(chosen.slice(first, batch.height))
        first += batch.height
        sizes = kept["text"].str.len_bytes().cast(pl.Int64).to_numpy()
        _, starts = np.unique((np.cumsum(sizes) - sizes) // UNIT_BYTES, return_index=True)
        for start, end in pairwise([*starts.tolist(), kept.height]):
            yield kept.slice(start, end - start)


def _encode_unit(
    item: EncodePart, tokenizer: Tokenizer, documents: pl.DataFrame
) -> tuple[pl.DataFrame, Tokens]:
    texts = documents["text"]
    ids, bounds = tokenizer.encode_into(texts, marks=True)
    same = tokenizer.spells(texts, ids, bounds)
    if not same.all():
        changed = documents["doc_id"][int(np.argmin(same))]
        raise NotLossless(f"document {changed} is not what its tokens say")
    num_tokens = pl.Series("num_tokens", np.diff(bounds), dtype=pl.UInt32)
    kept = ids if item.keep else ids[:0]
    return (
        documents.select(item.columns).with_columns(num_tokens),
        kept.astype(token_type(tokenizer.vocab_size)),
    )


def _chosen(path: Path, selection: tuple[StoredFile, ...]) -> pl.Series | None:
    if not selection:
        return None
    names = pl.read_parquet(path, columns=["doc_id"])["doc_id"]
    wanted = [pl.read_parquet(part.local(), columns=["doc_id"])["doc_id"] for part in selection]
    return names.is_in(pl.concat(wanted).implode())


def _no_rows(item: EncodePart) -> pl.DataFrame:
    names = pl.read_parquet_schema(item.documents.local())
    schema = {name: names[name] for name in item.columns}
    return pl.DataFrame(schema={**schema, "num_tokens": pl.UInt32})
