"""Proof by true Jaccard: every pair is compared on the shingles of its two texts.

A join in two hops. The part of the left document sends its shingle sets, each once per other
part; the part of the right one compares. A worker holds the compared documents of one part and
what one other part sends at a time, never the corpus.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import Fragments, scatter, write_frame
from assets.mixtures.deduplication.parts import Part, part_of_rows, read_documents
from assets.mixtures.deduplication.shingles import TemplateTable, sets_of
from assets.mixtures.words import I64, U64

TAGGED = pl.Schema({"left": pl.UInt64, "right": pl.UInt64, "tag": pl.UInt32})
"""A pair to compare, and who wants to know."""
SETS = pl.Schema({"row": pl.UInt64, "members": pl.Binary})
LINKS = pl.Schema({"left": pl.UInt64, "right": pl.UInt64, "similarity": pl.Float64})


@dataclass(frozen=True, kw_only=True)
class SendItem:
    part: Part
    pairs: tuple[StoredFile, ...]
    first_rows: tuple[int, ...]
    shingle_words: int
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Sent:
    pairs: Fragments
    sets: Fragments
    num_pairs: int


@dataclass(frozen=True, kw_only=True)
class CompareItem:
    part: Part
    pairs: tuple[StoredFile, ...]
    """From every part that sent some, in the order of `sets`."""
    sets: tuple[StoredFile | None, ...]
    """None where the pairs are within the part itself."""
    shingle_words: int
    threshold: float
    num_tags: int
    """0: one file of links; otherwise each pair goes to the receiver that its tag names."""
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Compared:
    links: StoredFile | None
    fragments: Fragments
    num_links: int


def send_sets(item: SendItem) -> Sent:
    """Send the pairs, and the sets of their left documents, to the parts of the right ones."""
    frames = [pl.read_parquet(file.local()) for file in item.pairs]
    pairs = (
        pl.concat([TAGGED.to_frame(), *(_tagged(frame) for frame in frames)])
        .unique()
        .sort("left", "right", "tag")
    )
    receivers = part_of_rows(pairs["right"].to_numpy(), item.first_rows)
    name = f"{item.part.index:05d}"
    away = pairs.filter(pl.Series(receivers != item.part.index))
    sets: Fragments = ()
    if away.height:
        rows, members = _packed(item.part, away["left"].unique().sort(), item.shingle_words)
        wanted = (
            pl.DataFrame({"row": away["left"], "to": receivers[receivers != item.part.index]})
            .unique()
            .sort("to", "row")
        )
        frame = pl.DataFrame({"row": rows, "members": members}, schema=SETS)
        frame = wanted.join(frame, on="row", how="left", maintain_order="left")
        sets = scatter(
            frame.select("row", "members"), wanted["to"].to_numpy(), item.out.child("sets"), name
        )
    return Sent(
        pairs=scatter(pairs, receivers, item.out.child("pairs"), name),
        sets=sets,
        num_pairs=pairs.height,
    )


def compare_sets(item: CompareItem) -> Compared:
    """Compare the pairs whose right document is in this part; keep those at the threshold."""
    pairs = [pl.read_parquet(file.local()) for file in item.pairs]
    local = [frame["left"] for frame, sets in zip(pairs, item.sets, strict=True) if sets is None]
    needed = pl.concat(
        [pl.Series("row", [], dtype=pl.UInt64), *local, *(frame["right"] for frame in pairs)]
    )
    own_rows, own, own_bounds = _own_sets(item.part, needed.unique().sort(), item.shingle_words)
    found = [TAGGED.to_frame().with_columns(pl.lit(0.0).alias("similarity"))]
    for frame, file in zip(pairs, item.sets, strict=True):
        if file is None:
            rows, members, bounds = own_rows, own, own_bounds
        else:
            rows, members, bounds = _received(file)
        similarity = _similarity(frame, rows, members, bounds, own_rows, own, own_bounds)
        found.append(frame.with_columns(pl.Series("similarity", similarity)))
    links = pl.concat(found).filter(pl.col("similarity") >= item.threshold).sort("left", "right")
    name = f"{item.part.index:05d}"
    if item.num_tags:
        fragments = scatter(
            links.select(LINKS.names()), links["tag"].cast(pl.Int64).to_numpy(), item.out, name
        )
        return Compared(links=None, fragments=fragments, num_links=links.height)
    stored = write_frame(item.out, f"{name}.parquet", links.select(LINKS.names()))
    return Compared(links=stored, fragments=(), num_links=links.height)


def _tagged(frame: pl.DataFrame) -> pl.DataFrame:
    if "tag" not in frame.columns:
        frame = frame.with_columns(pl.lit(0, dtype=pl.UInt32).alias("tag"))
    return frame.select(TAGGED.names())


def _similarity(
    pairs: pl.DataFrame,
    left_rows: U64,
    left: U64,
    left_bounds: I64,
    rows: U64,
    own: U64,
    bounds: I64,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    from assets.mixtures.shingle_kernels import jaccard

    left_at = np.searchsorted(left_rows, pairs["left"].to_numpy()).astype(np.int64)
    right_at = np.searchsorted(rows, pairs["right"].to_numpy()).astype(np.int64)
    out = np.empty(pairs.height, dtype=np.float64)
    jaccard(left, left_bounds, left_at, own, bounds, right_at, out)
    return out


def _own_sets(part: Part, rows: pl.Series, shingle_words: int) -> tuple[U64, U64, I64]:
    """Return the shingle sets of some documents of a part, cut from their texts."""
    if not len(rows):
        return np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(1, np.int64)
    at = (rows - part.first_row).cast(pl.Int64)
    texts = read_documents(part, ["text"])["text"].gather(at)
    hashes = pl.read_parquet(part.templates.local(), columns=["shingle"])["shingle"].to_numpy()
    members, bounds = sets_of(texts, shingle_words, TemplateTable(hashes))
    return rows.to_numpy(), members, bounds


def _packed(part: Part, rows: pl.Series, shingle_words: int) -> tuple[pl.Series, pl.Series]:
    import pyarrow as pa

    _, members, bounds = _own_sets(part, rows, shingle_words)
    column = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(),
        len(rows),
        [None, pa.py_buffer(bounds * 8), pa.py_buffer(members.astype("<u8"))],
    )
    return rows, pl.Series("members", column, dtype=pl.Binary)


def _received(file: StoredFile) -> tuple[U64, U64, I64]:
    frame = pl.read_parquet(file.local())
    array = frame["members"].to_arrow()
    bounds = np.frombuffer(array.buffers()[1], dtype=np.int64)[: frame.height + 1] // 8
    content = array.buffers()[2]
    members = (
        np.frombuffer(content, dtype="<u8", count=int(bounds[-1]))
        if bounds[-1]
        else np.zeros(0, np.uint64)
    )
    return frame["row"].to_numpy(), members, bounds
