"""Proof by true Jaccard: every pair is compared on the shingles of its two texts.

A join in two hops. Each part cuts the shingle sets of its documents that some pair names, once,
and sends those of left documents to the parts of the right ones, which compare. A worker holds
the compared documents of one part and what one other part sends at a time, never the corpus.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import (
    Fragments,
    read_frame,
    read_frames,
    scatter,
    write_frame,
)
from assets.mixtures.deduplication.parts import Part, part_of_rows, read_documents, read_signatures
from assets.mixtures.deduplication.shingles import TemplateTable, sets_of
from assets.mixtures.words import I64, U64

PAIRS = pl.Schema({"left": pl.UInt64, "right": pl.UInt64})
TAGGED = pl.Schema({"left": pl.UInt64, "right": pl.UInt64, "tag": pl.UInt32})
"""A pair to compare, and who wants to know."""
SETS = pl.Schema({"row": pl.UInt64, "entry": pl.UInt64, "members": pl.Binary})
"""Distinct shingles of a document outside templates, and which entry of a form it is, if any."""
LINKS = pl.Schema({"left": pl.UInt64, "right": pl.UInt64, "similarity": pl.Float64})


ROWS = pl.Schema({"row": pl.UInt64})


@dataclass(frozen=True, kw_only=True)
class CutItem:
    part: Part
    pairs: tuple[StoredFile, ...]
    """Those whose left document is in this part."""
    rights: tuple[StoredFile, ...]
    """Its documents that pairs of other parts name."""
    shingle_words: int
    out: Folder


@dataclass(frozen=True, kw_only=True)
class SendItem:
    part: Part
    pairs: tuple[StoredFile, ...]
    cut: StoredFile
    """The sets of the part's documents that some pair names."""
    first_rows: tuple[int, ...]
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
    cut: StoredFile
    threshold: float
    num_tags: int
    """0: one file of links; otherwise each pair goes to the receiver that its tag names."""
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Compared:
    links: StoredFile | None
    fragments: Fragments
    num_links: int
    num_entries: int
    """Pairs at the threshold that are two entries of a form, so no link."""


@dataclass(frozen=True, kw_only=True)
class Sets:
    """Shingle sets of some documents, by rising row."""

    rows: U64
    entries: U64
    members: U64
    bounds: I64


def cut_sets(item: CutItem) -> StoredFile:
    """Write the shingle sets of the documents that some pair names, cut from their texts."""
    pairs = read_frames(item.pairs, PAIRS)
    inside = pairs["right"].filter(pairs["right"] < item.part.first_row + item.part.num_taken)
    named = [pairs["left"], inside, read_frames(item.rights, ROWS)["row"]]
    rows = pl.concat([each.alias("row") for each in named]).unique().sort()
    sets = _packed(_own_sets(item.part, rows, item.shingle_words))
    return write_frame(item.out, f"{item.part.index:05d}.arrow", sets)


def send_sets(item: SendItem) -> Sent:
    """Send the pairs, and the sets of their left documents, to the parts of the right ones."""
    frames = [read_frame(file) for file in item.pairs]
    pairs = pl.concat([TAGGED.to_frame(), *(_tagged(frame) for frame in frames)])
    pairs = pairs.unique().sort("left", "right", "tag")
    receivers = part_of_rows(pairs["right"].to_numpy(), item.first_rows)
    away = receivers != item.part.index
    wanted = pl.DataFrame({"row": pairs["left"].filter(pl.Series(away)), "to": receivers[away]})
    wanted = wanted.unique().sort("to", "row")
    sets = SETS.to_frame()
    if wanted.height:
        sets = wanted.join(read_frame(item.cut), on="row", how="inner", maintain_order="left")
        assert sets.height == wanted.height, (sets.height, wanted.height)
    name = f"{item.part.index:05d}"
    return Sent(
        pairs=scatter(pairs, receivers, item.out.child("pairs"), name),
        sets=scatter(
            sets.select(SETS.names()), wanted["to"].to_numpy(), item.out.child("sets"), name
        ),
        num_pairs=pairs.height,
    )


def compare_sets(item: CompareItem) -> Compared:
    """Compare the pairs whose right document is in this part; keep those at the threshold."""
    pairs = [read_frame(file) for file in item.pairs]
    own = _received(item.cut)
    found = [pl.DataFrame(schema={**TAGGED, "similarity": pl.Float64, "differ": pl.Boolean})]
    for frame, file in zip(pairs, item.sets, strict=True):
        similarity, differ = _compare(frame, own if file is None else _received(file), own)
        found.append(
            frame.with_columns(pl.Series("similarity", similarity), pl.Series("differ", differ))
        )
    links = pl.concat(found).filter(pl.col("similarity") >= item.threshold).sort("left", "right")
    num_entries = 0
    if not item.num_tags:
        num_entries = int(links["differ"].sum())
        links = links.filter(~pl.col("differ"))
    name, kept = f"{item.part.index:05d}", links.select(LINKS.names())
    fragments: Fragments = ()
    stored = None
    if item.num_tags:
        fragments = scatter(kept, links["tag"].cast(pl.Int64).to_numpy(), item.out, name)
    else:
        stored = write_frame(item.out, f"{name}.arrow", kept)
    return Compared(
        links=stored, fragments=fragments, num_links=links.height, num_entries=num_entries
    )


def _tagged(frame: pl.DataFrame) -> pl.DataFrame:
    if "tag" not in frame.columns:
        frame = frame.with_columns(pl.lit(0, dtype=pl.UInt32).alias("tag"))
    return frame.select(TAGGED.names())


def _compare(
    pairs: pl.DataFrame, left: Sets, right: Sets
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the similarity of each pair, and whether they are two entries of forms."""
    from assets.mixtures.shingle_kernels import jaccard

    if not pairs.height:
        return np.zeros(0, dtype=np.float64), np.zeros(0, dtype=np.bool_)
    left_at = np.searchsorted(left.rows, pairs["left"].to_numpy()).astype(np.int64)
    right_at = np.searchsorted(right.rows, pairs["right"].to_numpy()).astype(np.int64)
    out = np.empty(pairs.height, dtype=np.float64)
    jaccard(left.members, left.bounds, left_at, right.members, right.bounds, right_at, out)
    one, two = left.entries[left_at], right.entries[right_at]
    return out, (one != two) & (one != 0) & (two != 0)


def _own_sets(part: Part, rows: pl.Series, shingle_words: int) -> Sets:
    """Return the shingle sets of some documents of a part, cut from their texts."""
    if not len(rows):
        none = np.zeros(0, dtype=np.uint64)
        return Sets(rows=none, entries=none, members=none, bounds=np.zeros(1, dtype=np.int64))
    at = (rows - part.first_row).cast(pl.Int64)
    texts = read_documents(part, ["text"])["text"].gather(at)
    entries = read_signatures(part, ["entry"])["entry"].gather(at)
    hashes = pl.read_parquet(part.templates.local(), columns=["shingle"])["shingle"].to_numpy()
    members, bounds = sets_of(texts, shingle_words, TemplateTable(hashes))
    return Sets(rows=rows.to_numpy(), entries=entries.to_numpy(), members=members, bounds=bounds)


def _packed(sets: Sets) -> pl.DataFrame:
    column = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(),
        len(sets.rows),
        [None, pa.py_buffer(sets.bounds * 8), pa.py_buffer(sets.members.astype("<u8"))],
    )
    members = pl.Series("members", column, dtype=pl.Binary)
    return pl.DataFrame({"row": sets.rows, "entry": sets.entries, "members": members}, schema=SETS)


def _received(file: StoredFile) -> Sets:
    frame = read_frame(file)
    buffers = frame["members"].to_arrow().buffers()
    bounds = np.frombuffer(buffers[1], dtype=np.int64)[: frame.height + 1] // 8
    members = np.zeros(0, dtype=np.uint64)
    if bounds[-1]:
        members = np.frombuffer(buffers[2], dtype="<u8", count=int(bounds[-1]))
    return Sets(
        rows=frame["row"].to_numpy(),
        entries=frame["entry"].to_numpy(),
        members=members,
        bounds=bounds,
    )
