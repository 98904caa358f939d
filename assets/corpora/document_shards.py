"""The two shard-wise functions behind corpora/documents: read raw files, then merge one part.

Reading spools rows by the range of ids they belong to; merging sorts one range. Memory is that of
a spool or of a part, whatever the size of the corpus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import polars as pl

from assets.corpora.document_schema import (
    DOCUMENT_SCHEMA,
    DROPPED_SCHEMA,
    QUARANTINE_SCHEMA,
    part_of,
)
from assets.corpora.document_tables import write_documents
from assets.corpora.examine import examine
from assets.corpora.readers.catalogue import read_file
from assets.corpora.readers.record import Bad, Record
from assets.corpora.sources import Source
from assets.corpora.tombstoned import RequestFiles, Tombstones, drop_tombstoned
from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import part_name

BATCH_BYTES = 8 << 20
"""Text examined at a time; our choice."""
SPOOL_BYTES = 64 << 20
"""Text a reader holds before it writes a fragment for every part; our choice."""

NUM_SAMPLES = 3
"""Dropped documents shown per reason: those with the smallest ids, so the choice is fair."""

REPEATED = "repeated_record"

_RECORD_OVERHEAD_BYTES = 200
"""Counted per record, so that a file of empty records cannot fill memory either."""


@dataclass(frozen=True, kw_only=True)
class ReadItem:
    """Some raw files of a source, in their order."""

    index: int
    source: Source
    files: tuple[tuple[str, StoredFile], ...]
    """Name in the snapshot, and the file."""
    first_file: int
    """Number of the first of them among the source's files."""
    extra_files: tuple[tuple[str, StoredFile], ...]
    """Files that the reader looks things up in."""
    num_parts: int
    scratch: Folder
    out: Folder
    requests: tuple[RequestFiles, ...] = ()
    """Requests to forget that bear on the source."""


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """Rows of one part from one reader."""

    part: int
    kept: StoredFile
    dropped: StoredFile


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    read: int
    quarantine: StoredFile
    quarantined: dict[str, int]
    """By reason."""
    tallies: dict[str, int]
    fragments: tuple[Fragment, ...]


def read_files(item: ReadItem) -> ReadResult:
    """Read, examine and spool all records of some files."""
    spool = _Spool(item)
    records = islice(_records(item), item.source.max_records)
    for batch in _batches(records):
        spool.add(batch)
    return spool.close()


@dataclass(frozen=True, kw_only=True)
class MergeItem:
    """All fragments of one part."""

    part: int
    fragments: tuple[Fragment, ...]
    out: Folder


@dataclass(frozen=True, kw_only=True)
class MergeResult:
    documents: StoredFile
    dropped: StoredFile
    kept: int
    text_bytes: int
    reasons: dict[str, int]
    languages: dict[str, int]
    titles: tuple[str, ...]
    samples: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """By reason: doc_id, title and excerpt of the first by id."""


def merge_part(item: MergeItem) -> MergeResult:
    """Sort one part by doc_id; a record that stands twice is dropped, the first is kept."""
    rows = _read([fragment.kept for fragment in item.fragments], DOCUMENT_SCHEMA)
    rows = rows.sort("doc_id", "provenance")
    first = rows["doc_id"].is_first_distinct()
    kept = rows.filter(first)
    repeated = rows.filter(~first).with_columns(
        pl.lit(REPEATED).alias("reason"), pl.lit("").alias("excerpt")
    )
    dropped = pl.concat(
        [
            _read([fragment.dropped for fragment in item.fragments], DROPPED_SCHEMA),
            repeated.select(*DROPPED_SCHEMA),
        ]
    ).sort("doc_id", "native_id", "reason", "excerpt")
    return MergeResult(
        documents=item.out.write(
            part_name("documents", item.part), lambda path: write_documents(kept, path)
        ),
        dropped=_write(item.out, "dropped", item.part, dropped),
        kept=kept.height,
        text_bytes=int(kept["text"].str.len_bytes().sum() or 0),
        reasons=_counts(dropped, "reason"),
        languages=_counts(kept, "language"),
        titles=tuple(kept["title"].head(NUM_SAMPLES)),
        samples=_samples(dropped),
    )


def _records(item: ReadItem) -> Iterator[Record | Bad]:
    extra = {name: stored.local() for name, stored in item.extra_files}
    for number, (name, stored) in enumerate(item.files, item.first_file):
        for found in read_file(
            item.source.reader, stored.local(), name, item.source.reading, extra
        ):
            yield _unnamed(found, number) if item.source.deidentify == "safe_harbor" else found


def _unnamed(found: Record | Bad, number: int) -> Record | Bad:
    """Take away ids and names that a source's owner gave: they are identifiers themselves.

    A record is then known by the number of its file in the snapshot and its offset there.
    """
    file = f"file-{number:05d}"
    if isinstance(found, Bad):
        return replace(found, file=file)
    return replace(found, file=file, native_id=f"{file}:{found.offset}", metadata={})


def _batches(records: Iterator[Record | Bad]) -> Iterator[list[Record | Bad]]:
    batch: list[Record | Bad] = []
    size = 0
    for record in records:
        batch.append(record)
        size += _RECORD_OVERHEAD_BYTES + (len(record.text) if isinstance(record, Record) else 0)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Spool:
    """Rows in memory up to a bound, then fragments by part."""

    def __init__(self, item: ReadItem) -> None:
        self._item = item
        self._kept: list[pl.DataFrame] = []
        self._dropped: list[pl.DataFrame] = []
        self._quarantined: list[pl.DataFrame] = []
        self._fragments: list[Fragment] = []
        self._tallies: Counter[str] = Counter()
        self._read = self._held_bytes = self._flushes = 0
        self._tombstones = Tombstones(item.requests) if item.requests else None

    def add(self, batch: Sequence[Record | Bad]) -> None:
        examined = examine(batch, self._item.source)
        kept, dropped = examined.kept, examined.dropped
        if self._tombstones is not None:
            kept, dropped = drop_tombstoned(kept, dropped, self._tombstones)
        self._read += len(batch)
        self._kept.append(kept)
        self._dropped.append(dropped)
        self._quarantined.append(examined.quarantined)
        self._tallies.update(examined.tallies)
        self._held_bytes += int(kept.estimated_size() + dropped.estimated_size())
        if self._held_bytes >= SPOOL_BYTES:
            self._flush()

    def close(self) -> ReadResult:
        self._flush()
        quarantined = pl.concat([pl.DataFrame(schema=QUARANTINE_SCHEMA), *self._quarantined])
        return ReadResult(
            read=self._read,
            quarantine=_write(self._item.out, "quarantine", self._item.index, quarantined),
            quarantined=_counts(quarantined, "reason"),
            tallies=dict(self._tallies),
            fragments=tuple(self._fragments),
        )

    def _flush(self) -> None:
        num_parts = self._item.num_parts
        kept = _by_part([pl.DataFrame(schema=DOCUMENT_SCHEMA), *self._kept], num_parts)
        dropped = _by_part(
            [pl.DataFrame(schema=DROPPED_SCHEMA), *self._dropped], self._item.num_parts
        )
        for part in sorted({*kept, *dropped}):
            place = f"{self._item.index:05d}/{self._flushes:05d}/{part:05d}"
            self._fragments.append(
                Fragment(
                    part=part,
                    kept=self._spill(f"kept/{place}", kept.get(part), DOCUMENT_SCHEMA),
                    dropped=self._spill(f"dropped/{place}", dropped.get(part), DROPPED_SCHEMA),
                )
            )
        self._kept, self._dropped, self._held_bytes = [], [], 0
        self._flushes += 1

    def _spill(
        self, name: str, rows: pl.DataFrame | None, schema: dict[str, type[pl.String]]
    ) -> StoredFile:
        frame = pl.DataFrame(schema=schema) if rows is None else rows
        return self._item.scratch.write(
            f"{name}.parquet", lambda path: frame.write_parquet(path, compression="lz4")
        )


def _by_part(frames: list[pl.DataFrame], num_parts: int) -> dict[int, pl.DataFrame]:
    rows = pl.concat(frames)
    parts = [part_of(doc_id, num_parts) for doc_id in rows["doc_id"]]
    split = rows.with_columns(pl.Series("_part", parts, dtype=pl.Int64)).partition_by(
        "_part", as_dict=True, include_key=False
    )
    return {int(key[0]): part for key, part in split.items()}


def _read(files: list[StoredFile], schema: dict[str, type[pl.String]]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *[pl.read_parquet(f.local()) for f in files]])


def _write(out: Folder, table: str, index: int, rows: pl.DataFrame) -> StoredFile:
    return out.write(
        part_name(table, index), lambda path: rows.write_parquet(path, compression="zstd")
    )


def _counts(rows: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(rows.group_by(column).len().sort(column).iter_rows())


def _samples(dropped: pl.DataFrame) -> dict[str, list[dict[str, str]]]:
    shown = dropped.group_by("reason", maintain_order=True).head(NUM_SAMPLES)
    samples: dict[str, list[dict[str, str]]] = {}
    for row in shown.select("reason", "doc_id", "title", "excerpt").iter_rows(named=True):
        samples.setdefault(row.pop("reason"), []).append(row)
    return samples
