"""What is known of two documents, with rows numbered within a source or over a whole mixture.

A source's relations are found when it is signed, and stand in its artifact under the numbers of
its own rows; a mixture that takes only some of its documents numbers them anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import Fragments, read_frame, read_frames, scatter
from assets.mixtures.deduplication.parts import part_of_rows
from assets.mixtures.words import U64

RELATIONS = pl.Schema(
    {"left": pl.UInt64, "right": pl.UInt64, "similarity": pl.Float64, "kind": pl.UInt8}
)
"""A file holds those whose right document is in one part. Of a copy, left is the document that
stands for the text: of one source that of smallest doc_id, which alone has links."""
MOVED = pl.Schema({"row": pl.UInt64, "to": pl.UInt64, "doc_id": pl.String})
"""A text whose first document is left out is stood for by the next one, of this doc_id."""


class Kind(IntEnum):
    COPY = 0
    """Equal texts."""
    LINK = 1
    """Similar enough to be merged."""
    SIMILARITY = 2
    """Compared for the record, whatever came out."""


@dataclass(frozen=True, kw_only=True)
class SourceRows:
    """How rows of a source become rows of a mixture."""

    first_row: int
    num_taken: int
    gone: StoredFile | None = None
    """Rows of the source that are left out, rising."""
    moved: StoredFile | None = None


@dataclass(frozen=True, kw_only=True)
class RenumberItem:
    index: int
    """Of the part."""
    relations: StoredFile
    rows: SourceRows
    threshold: float
    first_rows: tuple[int, ...]
    opened: tuple[StoredFile, ...] | None
    """Rows of the mixture whose clusters are open; None: all of the part."""
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Renumbered:
    index: int
    relations: Fragments
    """To the part of the right document."""
    num_copies: int
    num_links: int


def renumber(item: RenumberItem) -> Renumbered:
    """Write the relations of documents that a mixture takes, under its rows."""
    frame = read_frame(item.relations)
    left, has_left = numbered(frame["left"].to_numpy(), item.rows)
    right, has_right = numbered(frame["right"].to_numpy(), item.rows)
    # Where another document stands for a text now, a copy of it may be that one itself.
    stays = has_left & has_right & (left != right)
    is_turned = (frame["kind"].to_numpy() != Kind.COPY) & (left > right)
    is_weak = (pl.col("kind") == Kind.LINK) & (pl.col("similarity") < item.threshold)
    frame = frame.with_columns(
        pl.Series("left", np.where(is_turned, right, left)),
        pl.Series("right", np.where(is_turned, left, right)),
        pl.when(is_weak).then(Kind.SIMILARITY).otherwise("kind").cast(pl.UInt8).alias("kind"),
    ).filter(pl.Series(stays))
    if item.opened is not None:
        opened = np.concatenate([read_frame(file)["row"].to_numpy() for file in item.opened])
        frame = frame.filter(pl.Series(np.isin(frame["right"].to_numpy(), opened)))
    kinds = frame["kind"].to_numpy()
    receivers = part_of_rows(frame["right"].to_numpy(), item.first_rows)
    return Renumbered(
        index=item.index,
        relations=scatter(frame, receivers, item.out, f"{item.index:05d}"),
        num_copies=int((kinds == Kind.COPY).sum()),
        num_links=int((kinds == Kind.LINK).sum()),
    )


def numbered(rows: U64, source: SourceRows) -> tuple[U64, npt.NDArray[np.bool_]]:
    """Return the rows in the mixture of rows of a source, and which of them are in it."""
    if source.moved is not None:
        moved = read_frame(source.moved)
        was, now = moved["row"].to_numpy(), moved["to"].to_numpy()
        if len(was):
            at = np.minimum(np.searchsorted(was, rows), len(was) - 1)
            rows = np.where(was[at] == rows, now[at], rows)
    is_gone = np.zeros(len(rows), dtype=np.bool_)
    if source.gone is not None:
        gone = read_frame(source.gone)["row"].to_numpy()
        before = np.searchsorted(gone, rows)
        is_gone = np.append(gone, np.uint64(1 << 63))[before] == rows
        rows = rows - before.astype(np.uint64)
    return rows + np.uint64(source.first_row), ~is_gone & (rows < np.uint64(source.num_taken))


def find_moved(relations: Sequence[StoredFile], gone: pl.Series, ids: pl.DataFrame) -> pl.DataFrame:
    """Return who stands for each text whose first document is gone, while a copy is not.

    `ids` are (row, doc_id) of the source's documents that are left.
    """
    copies = read_frames(relations, RELATIONS).filter(
        (pl.col("kind") == Kind.COPY)
        & pl.col("left").is_in(gone.implode())
        & ~pl.col("right").is_in(gone.implode())
    )
    moved = copies.group_by(pl.col("left").alias("row")).agg(pl.col("right").min().alias("to"))
    named = moved.join(ids, left_on="to", right_on="row", how="left")
    return named.sort("row").select(MOVED.names())
