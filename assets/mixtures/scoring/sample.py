"""A bounded, fair sample of every source: drawn by document id, whatever the files or their order.

Two passes over the parts, both shard-wise: bytes per source and draw, then the rows below the cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.scoring.text import draws, read_batches
from assets.mixtures.scoring.text_kernels import I64, U64

if TYPE_CHECKING:
    from assets.ports import Compute

BINS = 4096
"""Draws are cut at one of so many places: a cap is kept to about this part of a source."""
_SHIFT = np.uint64(64 - 12)
COLUMNS = ("doc_id", "source", "title", "text", "domain", "provenance")

Histogram = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class SizePart:
    """One part to be measured."""

    documents: StoredFile
    seed: int


@dataclass(frozen=True, kw_only=True)
class TakePart:
    """One part to take rows from."""

    documents: StoredFile
    seed: int
    cuts: tuple[tuple[str, int], ...]
    """Source and the number of bins that are taken."""
    out: Folder
    name: str


def sample(
    files: Sequence[StoredFile], *, caps: int, seed: int, compute: Compute, scratch: Folder
) -> pl.DataFrame:
    """Return at most about `caps` bytes of text of every source, sorted by doc_id."""
    sizes = compute.map(
        sizes_of_part, [SizePart(documents=file, seed=seed) for file in files], "sizes"
    )
    cuts = tuple(sorted(cut_bins(sizes, caps).items()))
    taken = compute.map(
        take_from_part,
        [
            TakePart(documents=file, seed=seed, cuts=cuts, out=scratch, name=f"sample/{i:05d}")
            for i, file in enumerate(files)
        ],
        "sample",
    )
    frames = [pl.read_parquet(file.local()) for file in taken]
    return pl.concat(frames).sort("doc_id")


def sizes_of_part(item: SizePart) -> Histogram:
    """Return bytes of text per source and bin of the draw."""
    found: dict[str, I64] = {}
    for batch in read_batches(item.documents.local(), ("doc_id", "source", "text")):
        bins = bins_of(draws(batch.frame["doc_id"], item.seed))
        sources = batch.frame["source"].fill_null("").to_numpy()
        for source in sorted(set(sources)):
            chosen = sources == source
            counts = np.bincount(bins[chosen], weights=batch.num_bytes[chosen], minlength=BINS)
            found[source] = found.get(source, np.zeros(BINS, np.int64)) + counts.astype(np.int64)
    return tuple((name, tuple(map(int, bins))) for name, bins in sorted(found.items()))


def take_from_part(item: TakePart) -> StoredFile:
    """Write the rows whose draw lies below the cut of their source."""
    cuts = pl.DataFrame(
        {"source": [name for name, _ in item.cuts], "cut": [cut for _, cut in item.cuts]},
        schema={"source": pl.String, "cut": pl.Int64},
    )
    kept: list[pl.DataFrame] = []
    for batch in read_batches(item.documents.local(), COLUMNS):
        bins = pl.Series("bin", bins_of(draws(batch.frame["doc_id"], item.seed)))
        frame = batch.frame.with_columns(bins).join(
            cuts, on="source", how="left", maintain_order="left"
        )
        kept.append(frame.filter(pl.col("bin") < pl.col("cut")).drop("bin", "cut"))

    def write(path: Path) -> None:
        rows = pl.concat(kept) if kept else pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))
        rows.write_parquet(path, compression="zstd")

    return item.out.write(f"{item.name}.parquet", write)


def cut_bins(sizes: Sequence[Histogram], cap: int) -> Mapping[str, int]:
    """Return how many bins of each source fit under the cap, at least one."""
    totals: dict[str, I64] = {}
    for part in sizes:
        for source, bins in part:
            totals[source] = totals.get(source, np.zeros(BINS, np.int64)) + np.array(bins, np.int64)
    return {
        source: max(1, int(np.searchsorted(np.cumsum(bins), cap, side="right")))
        for source, bins in totals.items()
    }


def bins_of(drawn: U64) -> I64:
    """Return the bin of each draw."""
    return (drawn >> _SHIFT).astype(np.int64)
