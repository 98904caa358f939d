"""The document index: from the id or the hash of a text to the rows of tables that name it.

Derived and disposable: it lies in the lake's folder for derived files, takes in what was committed
since before it answers, and is made anew when it is gone. What is told is read from the artifacts'
own tables and compared, so a meeting of two keys shows nothing that is not there.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assets.lineage.index_tables import VIEWS, IndexTables, Placed, Segment
from assets.lineage.manifest import Address, Manifest
from assets.lineage.sorted_keys import MAX_PLACES, U64, KeyWriter, SortedKeys, merge
from assets.lineage.table_pieces import column_batches, rows
from assets.lineage.tables import has_file, has_table
from assets.lineage.workspace import table_paths
from assets.ports import Lake

logger = logging.getLogger(__name__)

_SMALL_ENTRIES = 1 << 16
"""A smaller file counts as one of this size when files are merged: its bounds are as large."""
_RUN_ROWS = 64
"""Rows of one document read at first; more are read while they are all of it."""
_MASK = (1 << 64) - 1


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a table that names what was asked for."""

    manifest: Manifest
    table: str
    column: str
    path: str
    number: int
    """In its file."""
    asked: str
    values: dict[str, Any]


class DocumentIndex:
    """The index of one lake, open for questions."""

    def __init__(self, lake: Lake, tables: IndexTables, folder: Path) -> None:
        self._lake, self._tables, self._folder = lake, tables, folder
        self._files: dict[int, SortedKeys] = {}
        self._manifests: dict[str, Manifest | None] = {}

    @classmethod
    @contextmanager
    def open(
        cls, lake: Lake, progress: Callable[[str], None] = logger.info
    ) -> Iterator[DocumentIndex]:
        """Open the index of a lake, with everything that is committed by now."""
        folder = lake.derived / "documents"
        tables = IndexTables(folder)
        try:
            _refresh(lake, tables, folder, progress)
            yield cls(lake, tables, folder)
        finally:
            tables.close()

    def rows(
        self,
        asked: Sequence[str],
        views: Sequence[tuple[str, str, str]],
        columns: Sequence[str] | None = None,
    ) -> list[Row]:
        """Return the rows of (node, table, column) that name one of some ids or hashes.

        By view as they are given, artifacts oldest first, then as they stand; `columns` are those
        read, as far as a table has them.
        """
        found: dict[tuple[int, str, str, str, int], Row] = {}
        for value in dict.fromkeys(asked):
            for placed, number in self._placed(value):
                view = (placed.address.node, placed.table, placed.column)
                order = next((i for i, each in enumerate(views) if _meets(each, view)), None)
                manifest = None if order is None else self._manifest(placed.address)
                if order is None or manifest is None or not has_file(manifest, placed.path):
                    continue
                for row in self._run(manifest, placed, number, value, columns):
                    key = (order, manifest.finished_at, manifest.fingerprint, row.path, row.number)
                    found[key] = row
        return [found[key] for key in sorted(found)]

    def _placed(self, value: str) -> list[tuple[Placed, int]]:
        """Return (table, row) of the entries of a key; asks again when files were just merged."""
        for _ in range(3):
            try:
                return list(self._entries(key_of(value)))
            except FileNotFoundError:
                self._files.clear()
        raise LookupError(f"{self._folder} lacks a file: remove the folder, it is made anew")

    def _entries(self, key: int) -> Iterator[tuple[Placed, int]]:
        for segment in self._tables.segments():
            if segment.id not in self._files:
                self._files[segment.id] = SortedKeys.open(_file(self._folder, segment.id))
            for place in self._files[segment.id].places(key):
                placed = self._tables.at(segment.id, place)
                if placed is not None:
                    yield placed, place - placed.first_place

    def _manifest(self, address: Address) -> Manifest | None:
        if address.fingerprint not in self._manifests:
            found = self._lake.find(address.family, address.name, address.fingerprint)
            self._manifests[address.fingerprint] = found
        return self._manifests[address.fingerprint]

    def _run(
        self,
        manifest: Manifest,
        placed: Placed,
        first: int,
        value: str,
        columns: Sequence[str] | None,
    ) -> Iterator[Row]:
        """Read the rows from one on, as long as they name the value."""
        source = self._lake.source(manifest, manifest.file(placed.path))
        wanted = None if columns is None else [placed.column, *columns]
        size = _RUN_ROWS
        while True:
            values = rows(source, first, size, wanted)
            same = values[placed.column].eq_missing(value)
            count = len(same) if same.all() else int(same.arg_min() or 0)
            for number, row in enumerate(values.head(count).iter_rows(named=True), first):
                yield Row(
                    manifest=manifest,
                    table=placed.table,
                    column=placed.column,
                    path=placed.path,
                    number=number,
                    asked=value,
                    values=row,
                )
            if count < size:
                return
            first, size = first + count, 4 * size


def key_of(value: str) -> int:
    """Return the key of an id or a hash: of one string what hash_strings returns of many."""
    key = 0xCBF29CE484222325
    for byte in value.encode():
        key = ((key ^ byte) * 0x100000001B3) & _MASK
    key = ((key ^ (key >> 32)) * 0xD6E8FEB86659FD93) & _MASK
    return key ^ (key >> 32)


def _meets(wanted: tuple[str, str, str], view: tuple[str, str, str]) -> bool:
    family = view[0].partition("/")[0]
    return wanted[1:] == view[1:] and wanted[0] in (view[0], f"{family}/*")


def _file(folder: Path, segment: int) -> Path:
    return folder / f"{segment:06d}.keys"


def _refresh(
    lake: Lake, tables: IndexTables, folder: Path, progress: Callable[[str], None]
) -> None:
    """Take in the artifacts that are not in the index yet, as one more file."""
    revision = lake.revision()  # before the lake is listed: what comes later is another one
    if tables.revision() == revision:
        return
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = tables.missing(_covered(lake))  # another process may have been first
        if missing:
            _forget_strays(tables, folder)
            _add(lake, tables, folder, missing, progress)
            _merge_small(tables, folder)
        tables.set_revision(revision)


def _covered(lake: Lake) -> list[Address]:
    """Return the artifacts that have tables to look into."""
    found: list[Address] = []
    for node in dict.fromkeys(view.node for view in VIEWS):
        family, _, name = node.partition("/")
        found += lake.addresses(family, None if name == "*" else name)
    return found


def _add(
    lake: Lake,
    tables: IndexTables,
    folder: Path,
    addresses: Sequence[Address],
    progress: Callable[[str], None],
) -> None:
    number = tables.next_segment()
    writer = KeyWriter(_file(folder, number))
    placed: list[Placed] = []
    indexed: list[Address] = []
    places = 0
    told = time.monotonic()
    for count, address in enumerate(addresses, 1):
        manifest = lake.find(address.family, address.name, address.fingerprint)
        if manifest is None:
            continue  # taken away meanwhile
        indexed.append(address)
        for each in _tables_of(lake, manifest, address):
            held = _add_table(lake, manifest, each, writer, places)
            placed.append(Placed(**{**vars(each), "first_place": places, "rows": held}))
            places += held
        if places > MAX_PLACES:
            raise ValueError(f"{places:,} rows are more than an index of {MAX_PLACES:,} can name")
        if time.monotonic() - told > 1.0:
            told = time.monotonic()
            progress(f"indexing documents: {count:,} of {len(addresses):,} artifacts")
    entries = writer.finish()
    tables.add(indexed, placed, entries, places)


def _tables_of(lake: Lake, manifest: Manifest, address: Address) -> Iterator[Placed]:
    for view in VIEWS:
        if view.covers(manifest.family, manifest.name) and has_table(manifest, view.table):
            for path in table_paths(manifest, view.table):
                yield Placed(
                    address=address, path=path, table=view.table, column=view.column,
                    first_place=0, rows=0,
                )  # fmt: skip


def _add_table(
    lake: Lake, manifest: Manifest, table: Placed, writer: KeyWriter, first_place: int
) -> int:
    """Add the keys of one file of a table, one for a run of equal ones; return its rows."""
    from assets.mixtures.deduplication.frames import hash_strings

    held, before = 0, ""
    for values in column_batches(lake.source(manifest, manifest.file(table.path)), table.column):
        begins = (values != values.shift(1, fill_value=before)) & (values != "")
        at = begins.arg_true().to_numpy().astype(np.uint64)
        keys: U64 = hash_strings(values)[at]
        writer.add(keys, at + np.uint64(first_place + held))
        held += len(values)
        before = values[-1]
    return held


def _merge_small(tables: IndexTables, folder: Path) -> None:
    """Keep every file larger than all smaller ones together: a question opens a few files."""
    segments = tables.segments()
    sizes = [max(_SMALL_ENTRIES, segment.entries) for segment in segments]
    first = next((i for i in range(len(sizes)) if sizes[i] <= sum(sizes[i + 1 :])), None)
    if first is None:
        return
    merged: list[tuple[Segment, int]] = []
    places = 0
    for segment in segments[first:]:
        merged.append((segment, places))
        places += segment.places
    out = _file(folder, tables.next_segment())
    entries = merge([(_file(folder, segment.id), shift) for segment, shift in merged], out)
    tables.replace(merged, entries, places)
    _forget_strays(tables, folder)


def _forget_strays(tables: IndexTables, folder: Path) -> None:
    """Remove files that are no part of the index: merged ones, and those of a broken attempt."""
    known = {_file(folder, segment.id) for segment in tables.segments()}
    strays: Iterable[Path] = set(folder.glob("*.keys*")) - known
    for path in strays:
        path.unlink(missing_ok=True)
