"""Encoded documents waiting to be packed: lengths in memory, tokens in scratch files.

Owns how they are found again; knows neither samples nor shards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.workspace import InputFiles, Workspace
from assets.tokenizers.parts import EncodePart, Tokens, encode_part, threads_for, token_type
from model.tokenizer import FILE_NAME

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """One row per document or chat, sorted by doc_id."""

    rows: pl.DataFrame
    """doc_id, repeats, num_tokens, part (which file), offset (first token in it)."""
    tokens: tuple[Tokens, ...]
    """Memory-mapped, one per part."""
    masks: tuple[Tokens, ...] = ()
    """uint8, beside the tokens; empty when all tokens count."""


@dataclass(frozen=True, kw_only=True)
class Chat:
    """One rendered chat."""

    doc_id: str
    ids: list[int]
    loss_mask: list[int]


def encode_selection(
    ws: Workspace, documents: InputFiles, selection: InputFiles, vocab_size: int
) -> Encoded:
    """Encode the documents that selection.parquet names, part by part, wherever ws.compute runs.

    Raises ValueError when one is not in the documents.
    """
    chosen = selection.table("selection").select("doc_id", "repeats").collect()
    items = [
        EncodePart(
            documents=part,
            tokenizer=ws.input("tokenizers/tokenizer").stored(FILE_NAME),
            selection=selection.table_files("selection"),
            out=ws.scratch.child("encoded"),
            name=f"{index:05d}",
            keep=True,
            columns=("doc_id",),
            threads=threads_for(ws.compute),
        )
        for index, part in enumerate(documents.table_files("documents"))
    ]
    ws.progress(f"encoding {chosen.height:,} documents in {len(items)} parts")
    done = ws.compute.map(encode_part, items, label="encode")
    lengths = pl.concat(
        [
            pl.read_parquet(part.lengths.local()).with_columns(pl.lit(index).alias("part"))
            for index, part in enumerate(done)
        ]
    )
    rows = chosen.join(lengths, on="doc_id", how="left").sort("doc_id")
    missing = rows.filter(pl.col("num_tokens").is_null())
    if missing.height:
        raise ValueError(
            f"{missing.height} selected documents are not in {documents.manifest.key}, first "
            f"{missing['doc_id'][0]}: make {selection.manifest.key} again"
        )
    paths = [part.tokens.local() for part in done if part.tokens is not None]
    return Encoded(rows=rows, tokens=tuple(mapped(path, token_type(vocab_size)) for path in paths))


@contextmanager
def stored_chats(ws: Workspace, chats: Iterable[Chat], vocab_size: int) -> Iterator[Encoded]:
    """Write chats to scratch files as they come and give them back mapped, each to be seen once."""
    dtype = token_type(vocab_size)
    rows: list[tuple[str, int]] = []
    ws.job_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="chats-", dir=ws.job_dir) as folder, ExitStack() as open_files:
        files: list[BinaryIO] = [
            open_files.enter_context(Path(folder, name).open("wb")) for name in ("tokens", "mask")
        ]
        for chat in chats:
            np.array(chat.ids, dtype=dtype).tofile(files[0])
            np.array(chat.loss_mask, dtype=np.uint8).tofile(files[1])
            rows.append((chat.doc_id, len(chat.ids)))
        open_files.close()
        frame = pl.DataFrame(
            rows, schema={"doc_id": pl.String, "num_tokens": pl.UInt32}, orient="row"
        )
        lengths = pl.col("num_tokens").cast(pl.Int64)
        frame = frame.with_columns(
            (lengths.cum_sum() - lengths).alias("offset"),
            pl.lit(1, dtype=pl.Int64).alias("repeats"),
            pl.lit(0).alias("part"),
        )
        yield Encoded(
            rows=frame.sort("doc_id"),
            tokens=(mapped(Path(folder, "tokens"), dtype),),
            masks=(mapped(Path(folder, "mask"), np.dtype("u1")),),
        )


def mapped(path: Path, dtype: np.dtype[np.unsignedinteger]) -> Tokens:
    """Map a file of ids; an empty one cannot be mapped and is an empty array."""
    if path.stat().st_size == 0:
        return np.zeros(0, dtype=dtype)
    return np.memmap(path, dtype=dtype, mode="r")
