"""Files of keys in order, each with a place: written in bounded memory, merged, asked by two reads.

    magic, number of entries        uint64 each
    bounds                          uint64[65,537]: where the entries of each first 16 bits begin
    entries                         uint64, sorted: the key's next 24 bits, then 40 of the place

Two keys may meet in 40 bits, so whoever asks looks at the place itself. Knows no documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from assets.lineage.scattered_file import ScatteredFile

U64 = npt.NDArray[np.uint64]

PLACE_BITS = 40
MAX_PLACES = 1 << PLACE_BITS
_PARTITION_BITS = 16
_REST_BITS = 24
_PARTITIONS = 1 << _PARTITION_BITS
_MAGIC = int.from_bytes(b"MATKEYS1", "little")
_HEAD = 2 + _PARTITIONS + 1
_HEADER_BYTES = 8 * _HEAD
MAX_MERGED = 256
"""Files merged at a time: each is held open (our choice)."""
RUN_ENTRIES = 1 << 22
"""Entries sorted at a time: some 150 MB with what sorting takes (our choice). At most 2**24: a
row number must fit beside 40 bits of a key."""


@dataclass(frozen=True, kw_only=True)
class SortedKeys:
    """One file, mapped."""

    file: ScatteredFile
    bounds: U64
    entries: U64

    @classmethod
    def open(cls, path: Path) -> SortedKeys:
        """Map a file; raises ValueError for one that is none of ours or was cut short."""
        size, file = path.stat().st_size, ScatteredFile(path, "u8")
        whole = file.values if size >= _HEADER_BYTES else np.zeros(2, dtype=np.uint64)
        if int(whole[0]) != _MAGIC or 8 * int(whole[1]) + _HEADER_BYTES != size:
            raise ValueError(
                f"{path} was cut short or is none of ours: remove the folder {path.parent}, it is "
                "made anew"
            )
        return cls(file=file, bounds=whole[2:_HEAD], entries=whole[_HEAD:])

    def places(self, key: int) -> list[int]:
        """Return the places of a key, rising; a few may be another key's."""
        partition = key >> (64 - _PARTITION_BITS)
        first, end = int(self.bounds[partition]), int(self.bounds[partition + 1])
        rest = (key >> PLACE_BITS - _PARTITION_BITS) & ((1 << _REST_BITS) - 1)
        self.file.expect(np.array([[_HEAD + first, _HEAD + end]]))
        inside = self.entries[first:end]
        least = np.uint64(rest << PLACE_BITS)
        most = np.uint64(rest << PLACE_BITS | (MAX_PLACES - 1))
        low, high = np.searchsorted(inside, least), np.searchsorted(inside, most, side="right")
        return [int(entry) & (MAX_PLACES - 1) for entry in inside[low:high]]


class KeyWriter:
    """Takes keys with places in any order of keys, places rising, and writes one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._runs: list[Path] = []
        self._keys: list[U64] = []
        self._places: list[U64] = []
        self._held = self._num_runs = 0

    def add(self, keys: U64, places: U64) -> None:
        for first in range(0, len(keys), RUN_ENTRIES):
            part = slice(first, first + RUN_ENTRIES)
            if self._held + len(keys[part]) > RUN_ENTRIES:
                self._flush()
            self._keys.append(keys[part])
            self._places.append(places[part])
            self._held += len(keys[part])

    def finish(self) -> int:
        """Write the file whole; return its number of entries."""
        self._flush()
        try:
            while len(self._runs) > MAX_MERGED:
                self._runs = [
                    self._joined(self._runs[first : first + MAX_MERGED])
                    for first in range(0, len(self._runs), MAX_MERGED)
                ]
            return merge([(run, 0) for run in self._runs], self._path)
        finally:
            for run in self._runs:
                run.unlink(missing_ok=True)

    def _joined(self, runs: Sequence[Path]) -> Path:
        joined = self._new_run()
        merge([(run, 0) for run in runs], joined)
        for run in runs:
            run.unlink()
        return joined

    def _new_run(self) -> Path:
        self._num_runs += 1
        return self._path.with_name(f"{self._path.name}.run{self._num_runs}")

    def _flush(self) -> None:
        if self._held or not self._runs:
            keys = np.concatenate([np.zeros(0, np.uint64), *self._keys])
            places = np.concatenate([np.zeros(0, np.uint64), *self._places])
            self._runs.append(self._new_run())
            _write_run(self._runs[-1], keys, places)
        self._keys, self._places, self._held = [], [], 0


def merge(files: Sequence[tuple[Path, int]], out: Path) -> int:
    """Write one file from several, with a number added to the places of each; return its entries.

    The numbers rise with the files, so that places of equal keys do.
    """
    held = [SortedKeys.open(path).bounds for path, _ in files]
    bounds: U64 = np.stack(held).sum(axis=0, dtype=np.uint64)
    temporary = out.with_name(f"{out.name}.tmp")
    with ExitStack() as stack, temporary.open("wb") as handle:
        # Read, not mapped: pages of a map would count as ours until the system wants them back.
        opened = [
            _Input(handle=stack.enter_context(path.open("rb")), bounds=own, shift=np.uint64(shift))
            for (path, shift), own in zip(files, held, strict=True)
        ]
        for each in opened:
            each.handle.seek(_HEADER_BYTES)
        np.array([_MAGIC, bounds[-1]], dtype="<u8").tofile(handle)
        bounds.astype("<u8").tofile(handle)
        for first, end in _ranges(bounds):
            _merged(opened, first, end).astype("<u8").tofile(handle)
    temporary.replace(out)
    return int(bounds[-1])


@dataclass(frozen=True, kw_only=True)
class _Input:
    """A file that is merged, read from its beginning to its end."""

    handle: BinaryIO
    bounds: U64
    shift: np.uint64


def _ranges(bounds: U64) -> Iterator[tuple[int, int]]:
    """Cut the partitions into ranges of at most RUN_ENTRIES, or one partition if it has more."""
    first = 0
    while first < _PARTITIONS:
        most = bounds[first] + np.uint64(RUN_ENTRIES)
        end = max(first + 1, int(np.searchsorted(bounds, most, side="right")) - 1)
        yield first, end
        first = end


def _merged(opened: Sequence[_Input], first: int, end: int) -> U64:
    entries, partitions = [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
    for each in opened:
        bounds = each.bounds[first : end + 1]
        entries.append(np.fromfile(each.handle, "<u8", int(bounds[-1] - bounds[0])) + each.shift)
        numbers = np.arange(end - first, dtype=np.uint64)
        partitions.append(np.repeat(numbers, np.diff(bounds).astype(np.int64)))
    together = np.concatenate(entries)
    if end - first == 1:
        together.sort()
        return together
    return together[_order(np.concatenate(partitions), together >> np.uint64(PLACE_BITS))]


def _write_run(path: Path, keys: U64, places: U64) -> None:
    partition = keys >> np.uint64(64 - _PARTITION_BITS)
    rest = (keys >> np.uint64(PLACE_BITS - _PARTITION_BITS)) & np.uint64((1 << _REST_BITS) - 1)
    order = _order(partition, rest)
    counts = np.bincount(partition.astype(np.int64), minlength=_PARTITIONS)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    with path.open("wb") as handle:
        np.array([_MAGIC, len(keys)], dtype="<u8").tofile(handle)
        bounds.astype("<u8").tofile(handle)
        (rest << np.uint64(PLACE_BITS) | places)[order].astype("<u8").tofile(handle)


def _order(partitions: U64, rests: U64) -> npt.NDArray[np.int64]:
    """Return the order by partition and rest, of equals the first first.

    The row stands in the lowest bits of what is sorted: plain sorting of numbers is ten times as
    fast as finding an order.
    """
    rows = np.arange(len(partitions), dtype=np.uint64)
    key = partitions << np.uint64(2 * _REST_BITS) | rests << np.uint64(_REST_BITS) | rows
    key.sort()
    return (key & np.uint64((1 << _REST_BITS) - 1)).astype(np.int64)
