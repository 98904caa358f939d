"""Exact duplicates: documents of equal text hash, within a source and across sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import (
    Fragments,
    column,
    hash_strings,
    read_frame,
    read_table,
    scatter,
    write_table,
)
from assets.mixtures.deduplication.keys import (
    GROUP_BITS,
    U32,
    KeyFiles,
    group_order,
    read_run,
    shared_places,
)
from assets.mixtures.deduplication.parts import part_of_rows
from assets.mixtures.deduplication.relations import RELATIONS, Kind, SourceRows, numbered

TEXTS = pa.schema(
    [
        ("key", pa.uint64()),
        ("check", pa.uint64()),
        ("row", pa.uint32()),
        ("doc_id", pa.large_string()),
    ]
)
"""Two hashes of the text hash, which together stand for it."""
_NUMBERS = ("key", "check", "row")
_CHECK = 0x5851F42D4C957F2D
"""Seed of the second hash; any number would do."""
_FREE_BITS = 8
"""Lowest bits that the first look at a key leaves out, because it needs a number that is none."""


@dataclass(frozen=True, kw_only=True)
class OwnItem:
    """Keys of one source that begin alike."""

    number: int
    bits: int
    files: tuple[tuple[int, StoredFile], ...]
    """(first row of the part, keys of the part)."""
    first_rows: tuple[int, ...]
    """Of all parts."""
    out: Folder
    scratch: Folder


@dataclass(frozen=True, kw_only=True)
class OwnTexts:
    keys: StoredFile
    copies: Fragments
    """To the part of the copy."""
    num_copies: int


@dataclass(frozen=True, kw_only=True)
class AcrossItem:
    """Keys of all sources that begin alike."""

    number: int
    bits: int
    sources: tuple[KeyFiles, ...]
    rows: tuple[SourceRows, ...]
    first_rows: tuple[int, ...]
    out: Folder


@dataclass(frozen=True, kw_only=True)
class AcrossTexts:
    copies: Fragments
    num_copies: int


def text_keys(text_hashes: pl.Series, doc_ids: pl.Series) -> pa.Table:
    """Return the keys of the documents of a part, under its own rows."""
    rows: U32 = np.arange(len(doc_ids), dtype=np.uint32)
    return pa.table(
        {
            "key": hash_strings(text_hashes),
            "check": hash_strings(text_hashes, _CHECK),
            "row": rows,
            "doc_id": doc_ids.to_arrow(compat_level=pl.CompatLevel.oldest()),
        },
        schema=TEXTS,
    )


def match_own_texts(item: OwnItem) -> OwnTexts:
    """Tell each copy within a source of the first document of its text; keep the keys of firsts."""
    from assets.mixtures.deduplication.bucket_kernels import find_shared

    tables = [_from_row(read_table(file), first) for first, file in item.files]
    table = pa.concat_tables([TEXTS.empty_table(), *tables]).combine_chunks()
    keys = column(table, "key")
    order, bounds = group_order(keys, item.bits, item.number, GROUP_BITS)
    places = find_shared(keys[order], bounds[np.newaxis], np.uint64(_FREE_BITS), False)
    texts = pl.DataFrame(
        {"place": places} | {name: column(table, name)[order[places]] for name in _NUMBERS}
    )
    copies = texts.with_columns(pl.col("row").min().over("key", "check").alias("left"))
    copies = copies.filter(pl.col("row") != pl.col("left")).sort("row")
    kept = np.delete(order, copies["place"].to_numpy())
    return OwnTexts(
        keys=write_table(item.out, f"texts/{item.number:05d}.arrow", table.take(pa.array(kept))),
        copies=_send(
            copies["left"].cast(pl.UInt64),
            copies["row"].cast(pl.UInt64),
            item.first_rows,
            item.scratch,
            f"{item.number:05d}",
        ),
        num_copies=copies.height,
    )


def _from_row(table: pa.Table, first_row: int) -> pa.Table:
    """Number the documents of a part within the source."""
    rows = column(table, "row") + np.uint32(first_row)
    return table.set_column(table.schema.get_field_index("row"), "row", pa.array(rows))


def match_texts_across(item: AcrossItem) -> AcrossTexts:
    """Tell each document whose text another source has of the one with the smallest doc_id."""
    runs = [read_run(source, item.bits, item.number) for source in item.sources]
    of_run, places = shared_places(runs, item.bits, item.number, _FREE_BITS)
    if not len(places):
        return AcrossTexts(copies=(), num_copies=0)
    found = [
        _candidates(run.table.take(pa.array(places[of_run == number])), item.rows[number], number)
        for number, run in enumerate(runs)
    ]
    texts = pl.concat(found).sort("doc_id")
    several = pl.col("source").n_unique().over("key", "check") > 1
    copies = (
        texts.filter(several)
        .with_columns(pl.col("row").first().over("key", "check").alias("left"))
        .filter(pl.col("row") != pl.col("left"))
        .sort("row")
    )
    return AcrossTexts(
        copies=_send(
            copies["left"], copies["row"], item.first_rows, item.out, f"{item.number:05d}"
        ),
        num_copies=copies.height,
    )


def _candidates(table: pa.Table, rows: SourceRows, source: int) -> pl.DataFrame:
    """Return those of some documents of a source that are in the mixture, under its rows."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    frame = frame.with_columns(pl.col("row").cast(pl.UInt64))
    if rows.moved is not None:
        moved = read_frame(rows.moved)
        frame = frame.join(moved, on="row", how="left", maintain_order="left").with_columns(
            pl.coalesce("doc_id_right", "doc_id").alias("doc_id")
        )
    merged, is_taken = numbered(frame["row"].to_numpy(), rows)
    return (
        frame.with_columns(pl.Series("row", merged), pl.lit(source).alias("source"))
        .filter(pl.Series(is_taken))
        .select("key", "check", "row", "doc_id", "source")
    )


def _send(
    first: pl.Series, copy: pl.Series, first_rows: Sequence[int], out: Folder, name: str
) -> Fragments:
    frame = pl.DataFrame({"left": first, "right": copy}).select(
        "left",
        "right",
        pl.lit(1.0).alias("similarity"),
        pl.lit(Kind.COPY, dtype=pl.UInt8).alias("kind"),
    )
    assert frame.schema == RELATIONS
    return scatter(frame, part_of_rows(copy.to_numpy(), first_rows), out.child("copies"), name)
