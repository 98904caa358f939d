"""Exact duplicates: documents of equal text hash, found by receivers of a range of hashes."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import (
    Fragments,
    hash_strings,
    partition_of,
    read_frames,
    scatter,
    write_frame,
)
from assets.mixtures.deduplication.parts import Part, part_of_rows, read_signatures

TEXTS = pl.Schema({"row": pl.UInt64, "doc_id": pl.String, "text_hash": pl.String})
COPIES = pl.Schema({"row": pl.UInt64, "first": pl.UInt64})
"""A copy, and the document of the same text with the smallest doc_id."""
PREFIX_CHARS = 4
"""Documents are written in ranges of this prefix of their doc_id (65,536 of them for hex)."""


@dataclass(frozen=True, kw_only=True)
class ListItem:
    part: Part
    num_partitions: int
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Listed:
    fragments: Fragments
    sizes: StoredFile
    """Bytes of text per prefix of doc_id."""
    num_taken: int
    text_bytes: int
    num_exact_only: int


@dataclass(frozen=True, kw_only=True)
class MatchItem:
    partition: int
    files: tuple[StoredFile, ...]
    first_rows: tuple[int, ...]
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Matched:
    fragments: Fragments
    num_copies: int


@dataclass(frozen=True, kw_only=True)
class ListTextsItem(ListItem):
    min_shingles: int


def list_texts(item: ListTextsItem) -> Listed:
    """Send each taken document to the receiver of its text hash."""
    columns = ["doc_id", "text_hash", "text_bytes", "num_shingles", "num_template_shingles"]
    frame = read_signatures(item.part, columns)
    few = frame["num_shingles"] - frame["num_template_shingles"] < item.min_shingles
    prefix = pl.col("doc_id").str.slice(0, PREFIX_CHARS).alias("prefix")
    sizes = frame.group_by(prefix).agg(pl.col("text_bytes").cast(pl.UInt64).sum()).sort("prefix")
    receivers = partition_of(hash_strings(frame["text_hash"]), item.num_partitions)
    name = f"{item.part.index:05d}"
    return Listed(
        fragments=scatter(frame.select(TEXTS.names()), receivers, item.out, name),
        sizes=write_frame(item.out, f"sizes/{name}.arrow", sizes),
        num_taken=frame.height,
        text_bytes=int(sizes["text_bytes"].sum()),
        num_exact_only=int(few.sum()),
    )


def match_texts(item: MatchItem) -> Matched:
    """Send each copy, with the first document of its text, to the part that holds it."""
    frame = read_frames(item.files, TEXTS)
    frame = frame.filter(pl.col("text_hash").is_duplicated()).sort("doc_id")
    first = pl.col("row").first().over("text_hash").alias("first")
    copies = frame.select("row", first).filter(pl.col("row") != pl.col("first")).sort("row")
    receivers = part_of_rows(copies["row"].to_numpy(), item.first_rows)
    return Matched(
        fragments=scatter(copies, receivers, item.out, f"{item.partition:05d}"),
        num_copies=copies.height,
    )
