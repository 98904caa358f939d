"""Proof by true Jaccard: every pair is compared on the shingles of its two texts.

A join in two hops. Each part cuts the shingle sets of its documents that some pair names, once,
and sends those of left documents to the parts of the right ones, which compare. A worker holds
the compared documents of one part and what one other part sends at a time, never the corpus. Where
shingles are at hand, or the pairs are few, a worker opens both sides itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import (
    Fragments,
    read_frame,
    read_frames,
    scatter,
    write_frame,
)
from assets.mixtures.deduplication.parts import Part, part_of_rows
from assets.mixtures.deduplication.relations import RELATIONS, Kind
from assets.mixtures.deduplication.sets import Sets, own_sets, packed, read_sets

PAIRS = pl.Schema({"left": pl.UInt64, "right": pl.UInt64})
TAGGED = pl.Schema({"left": pl.UInt64, "right": pl.UInt64, "tag": pl.UInt32})
"""A pair to compare, and who wants to know."""
ROWS = pl.Schema({"row": pl.UInt64})


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """Pairs to compare, from one worker."""

    pairs: Fragments
    """To the part of the left document."""
    rights: Fragments
    """Right documents of pairs across parts, to their own parts."""


@dataclass(frozen=True, kw_only=True)
class CutItem:
    part: Part
    pairs: tuple[StoredFile, ...]
    """Those whose left document is in this part."""
    rights: tuple[StoredFile, ...]
    """Its documents that pairs of other parts name."""
    shingle_words: int
    first_rows: tuple[int, ...]
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Sent:
    pairs: Fragments
    sets: Fragments
    own: StoredFile
    """Sets of the part's documents that are the right ones of some pair."""
    num_pairs: int


@dataclass(frozen=True, kw_only=True)
class CompareItem:
    part: Part
    pairs: tuple[StoredFile, ...]
    """From every part that sent some, in the order of `sets`."""
    sets: tuple[StoredFile | None, ...]
    """None where the pairs are within the part itself."""
    own: StoredFile
    threshold: float | None
    """Pairs from here on are links; None: every similarity is wanted, and none is a link."""
    num_tags: int
    """0: what comes out is for the part; otherwise for the receiver that a pair's tag names."""
    out: Folder


@dataclass(frozen=True, kw_only=True)
class DirectItem:
    part: Part
    pairs: tuple[StoredFile, ...]
    """Those whose left document is in this part."""
    parts: tuple[Part, ...]
    """All: their shingles or texts are opened by whoever needs them."""
    rights: range
    """Parts of the right documents; pairs with others are not for this worker."""
    shingle_words: int
    threshold: float | None
    num_tags: int
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Compared:
    relations: Fragments
    """To the part of the right document, or to the receiver that a pair's tag names."""
    num_pairs: int
    num_links: int
    num_entries: int
    """Pairs at the threshold that are two entries of a form, so no link."""


def cut_sets(item: CutItem) -> Sent:
    """Cut the sets that pairs name, and send pairs and left sets to the parts of the right ones."""
    pairs = _distinct(item.pairs)
    receivers = part_of_rows(pairs["right"].to_numpy(), item.first_rows)
    away = receivers != item.part.index
    inside = pairs["right"].filter(pl.Series(~away))
    rights = pl.concat([read_frames(item.rights, ROWS)["row"], inside.alias("row")])
    named = pl.concat([pairs["left"].alias("row"), rights]).unique().sort()
    sets = packed(own_sets(item.part, named, item.shingle_words))
    wanted = pl.DataFrame({"row": pairs["left"].filter(pl.Series(away)), "to": receivers[away]})
    wanted = wanted.unique().sort("to", "row")
    leaving = sets[np.searchsorted(named.to_numpy(), wanted["row"].to_numpy())]
    name = f"{item.part.index:05d}"
    staying = pl.concat([rights, pairs["left"].filter(pl.Series(~away)).alias("row")])
    stays = np.isin(named.to_numpy(), staying.to_numpy())
    return Sent(
        pairs=scatter(pairs, receivers, item.out.child("pairs"), name),
        sets=scatter(leaving, wanted["to"].to_numpy(), item.out.child("sets"), name),
        own=write_frame(item.out, f"own/{name}.arrow", sets.filter(pl.Series(stays))),
        num_pairs=pairs.height,
    )


def compare_sets(item: CompareItem) -> Compared:
    """Compare the pairs whose right document is in this part; keep those at the threshold."""
    own = read_sets(item.own)
    found = []
    for pairs, file in zip(item.pairs, item.sets, strict=True):
        found.append(
            _with_similarity(read_frame(pairs), own if file is None else read_sets(file), own)
        )
    return _compared(found, item, item.part.index, f"{item.part.index:05d}")


def compare_direct(item: DirectItem) -> Compared:
    """Compare the pairs whose left document is in this part, opening those of the right ones."""
    pairs = _distinct(item.pairs)
    first_rows = [part.first_row for part in item.parts]
    receivers = part_of_rows(pairs["right"].to_numpy(), first_rows)
    is_ours = (receivers >= item.rights.start) & (receivers < item.rights.stop)
    pairs, receivers = pairs.filter(pl.Series(is_ours)), receivers[is_ours]
    left = own_sets(item.part, pairs["left"].unique().sort(), item.shingle_words)
    found = []
    for index in np.unique(receivers).tolist():
        those = pairs.filter(pl.Series(receivers == index))
        rows = those["right"].unique().sort()
        right = own_sets(item.parts[index], rows, item.shingle_words)
        found.append(_with_similarity(those, left, right))
    name = f"{item.part.index:05d}-{item.rights.start:05d}"
    return _compared(found, item, first_rows, name)


def _distinct(files: Sequence[StoredFile]) -> pl.DataFrame:
    frames = [read_frame(file) for file in files]
    pairs = pl.concat([TAGGED.to_frame(), *(_tagged(frame) for frame in frames)])
    return pairs.unique().sort("left", "right", "tag")


def _with_similarity(pairs: pl.DataFrame, left: Sets, right: Sets) -> pl.DataFrame:
    similarity, differ = _compare(pairs, left, right)
    return pairs.with_columns(pl.Series("similarity", similarity), pl.Series("differ", differ))


def _compared(
    found: Sequence[pl.DataFrame],
    item: CompareItem | DirectItem,
    to: int | Sequence[int],
    name: str,
) -> Compared:
    """Keep the pairs at the threshold, for one part or the parts of these first rows."""
    none = pl.DataFrame(schema={**TAGGED, "similarity": pl.Float64, "differ": pl.Boolean})
    compared = pl.concat([none, *found]).sort("left", "right")
    links, kind, num_entries = compared, Kind.SIMILARITY, 0
    if item.threshold is not None:
        kind = Kind.LINK
        links = links.filter(pl.col("similarity") >= item.threshold)
        num_entries = int(links["differ"].sum())
        links = links.filter(~pl.col("differ"))
    kept = links.with_columns(pl.lit(kind, dtype=pl.UInt8).alias("kind")).select(RELATIONS.names())
    if item.num_tags:
        receivers = links["tag"].cast(pl.Int64).to_numpy()
    elif isinstance(to, int):
        receivers = np.full(kept.height, to, dtype=np.int64)
    else:
        receivers = part_of_rows(kept["right"].to_numpy(), to)
    return Compared(
        relations=scatter(kept, receivers, item.out, name),
        num_pairs=compared.height,
        num_links=links.height,
        num_entries=num_entries,
    )


def propose(pairs: pl.DataFrame, first_rows: Sequence[int], out: Folder, name: str) -> Proposed:
    """Send pairs to the parts of their left documents, and tell the right ones' parts."""
    receivers = part_of_rows(pairs["left"].to_numpy(), first_rows)
    elsewhere = part_of_rows(pairs["right"].to_numpy(), first_rows) != receivers
    away = pairs["right"].filter(pl.Series(elsewhere))
    rights = pl.DataFrame({"row": away.unique().sort()}, schema=ROWS)
    to = part_of_rows(rights["row"].to_numpy(), first_rows)
    return Proposed(
        pairs=scatter(pairs, receivers, out.child("pairs"), name),
        rights=scatter(rights, to, out.child("rights"), name),
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
