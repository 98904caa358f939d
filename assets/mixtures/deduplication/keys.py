"""Keys of a source's documents, by which those of equal text or of an equal band are found.

A source's keys are cut by their highest bits into as many files as its size asks for, a power of
two, so that any two sources can be matched piece by piece; in a file they stand in groups of some
thousands. A mixture opens the files and sorts nothing anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import Fragments, column, read_table, write_table
from assets.mixtures.words import I64, U64

U32 = npt.NDArray[np.uint32]

FILE_BYTES = 32 << 20
"""Stored documents per file of keys: some 60,000 of them with 2 million band keys. Our choice."""
PIECE_FILES = 4
"""Full files that one worker matches at a time, at most about; our choice."""
GROUP_BITS = 7
"""A file has 128 groups, of 16,000 keys when it is full: a table of them fits the second-level
cache."""
NEXT_BITS = 24
"""Lowest bits of a band's stored key, which are the highest of the next band's: who shares both
stands together in a large bucket. The other 40 tell buckets apart: among a hundred million
documents some 150,000 pairs meet by chance, and the proof sends them away."""
MAX_ROWS = 1 << 32
_SLOTS_PER_KEY = 4
"""Bits, rounded up to a power of two: of the keys of one source, at most a fifth looks at a bit of
another one by chance. Our choice."""
_MIN_SLOT_BITS = 10


@dataclass(frozen=True, kw_only=True)
class KeyFiles:
    """All keys of a source, by their highest bits."""

    files: tuple[StoredFile, ...]

    @property
    def bits(self) -> int:
        return (len(self.files) - 1).bit_length()


@dataclass(frozen=True, kw_only=True)
class Run:
    """Keys of one source that begin with certain bits, in groups."""

    keys: U64
    places: I64 | int
    """Of each key in its file, or of the first one where they stand as in the file."""
    bounds: I64
    """Where each group begins."""
    table: pa.Table
    """The file."""


def bits_for(stored_bytes: int, file_bytes: int = FILE_BYTES) -> int:
    """Return by how many highest bits the keys of a source of this size are cut into files."""
    return max(0, -(-stored_bytes // file_bytes) - 1).bit_length()


def piece_bits(sources: Sequence[KeyFiles]) -> int:
    """Return by how many bits the keys of several sources are cut into pieces of work."""
    total = sum(len(source.files) for source in sources)
    pieces = max(max(len(source.files) for source in sources), -(-total // PIECE_FILES))
    return (pieces - 1).bit_length()


def packed_keys(keys: U64) -> U64:
    """Return stored keys of [documents, bands] keys: each with the beginning of the next band's."""
    low = np.uint64((1 << NEXT_BITS) - 1)
    packed: U64 = (keys & ~low) | (np.roll(keys, -1, axis=1) >> np.uint64(64 - NEXT_BITS))
    return packed


def send_keys(table: pa.Table, bits: int, out: Folder, writer: str) -> Fragments:
    """Write the rows of a table to the files of the highest bits of their keys."""
    if not table.num_rows:
        return ()
    if not bits:
        return ((0, write_table(out, f"00000/{writer}.arrow", table)),)
    order, bounds = group_order(column(table, "key"), bits, 0, 0)
    table = table.take(pa.array(order))
    return tuple(
        (number, write_table(out, f"{number:05d}/{writer}.arrow", table.slice(first, last - first)))
        for number, (first, last) in enumerate(pairwise(bounds.tolist()))
        if last > first
    )


def group_order(keys: U64, bits: int, number: int, more_bits: int) -> tuple[I64, I64]:
    """Return the order of keys that begin with the `bits` bits of `number` by the next bits.

    And where each of the 2**more_bits groups begins (without bits of a file, that of all bits).
    """
    from assets.mixtures.deduplication.bucket_kernels import group_places

    if not more_bits:
        more_bits, bits = bits, 0
    shift = np.uint64(64 - bits - more_bits)
    return group_places(keys, shift, np.uint64(number << more_bits), 1 << more_bits)  # type: ignore[no-any-return]


def read_run(source: KeyFiles, bits: int, number: int) -> Run:
    """Return the keys of a source that belong to the piece `number` of 2**bits."""
    from assets.mixtures.deduplication.bucket_kernels import find_bound, group_bounds

    own = source.bits
    table = read_table(source.files[number >> (bits - own)])
    keys: U64 = column(table, "key")
    # In a file, keys stand in the order of so many of their bits.
    sorted_bits = min(bits, own + GROUP_BITS)
    shift, group = np.uint64(64 - sorted_bits), number >> (bits - sorted_bits)
    first, last = 0, len(keys)
    if sorted_bits:
        first = find_bound(keys, shift, np.uint64(group))
        last = find_bound(keys, shift, np.uint64(group + 1))
    keys = keys[first:last]
    if own == bits:
        shift = np.uint64(64 - bits - GROUP_BITS)
        bounds = group_bounds(keys, shift, np.uint64(number << GROUP_BITS), 1 << GROUP_BITS)
        return Run(keys=keys, places=first, bounds=bounds, table=table)
    places = np.arange(first, last)
    if bits > sorted_bits:
        inside = keys >> np.uint64(64 - bits) == np.uint64(number)
        keys, places = keys[inside], places[inside]
    order, bounds = group_order(keys, bits, number, GROUP_BITS)
    return Run(keys=keys[order], places=places[order], bounds=bounds, table=table)


def shared_places(runs: Sequence[Run], bits: int, number: int, drop_bits: int) -> tuple[I64, I64]:
    """Return (run, place in its file) of the keys that two runs hold, lowest bits apart.

    The runs are of the piece `number` of 2**bits.
    """
    from assets.mixtures.deduplication.bucket_kernels import find_shared

    met = _met(runs, bits, number, drop_bits)
    first = np.cumsum([0, *(len(at) for at in met)])
    keys = np.concatenate([run.keys[at] for run, at in zip(runs, met, strict=True)])
    bounds = [
        np.searchsorted(at, run.bounds) + start
        for run, at, start in zip(runs, met, first, strict=False)
    ]
    found = find_shared(keys, np.stack(bounds), np.uint64(drop_bits), True)
    of_run = np.searchsorted(first, found, side="right") - 1
    places = np.empty(len(found), dtype=np.int64)
    for place, run in enumerate(runs):
        own = of_run == place
        at = met[place][found[own] - first[place]]
        places[own] = at + run.places if isinstance(run.places, int) else run.places[at]
    return of_run, places


def _met(runs: Sequence[Run], bits: int, number: int, drop_bits: int) -> list[I64]:
    """Return the places of keys that another run may hold: all that do, and a few by chance.

    A bit per key and run, set from the smallest run on: the largest, which may be all that was
    there before, is read and nothing of it is written.
    """
    from assets.mixtures.deduplication.bucket_kernels import mark_met, mark_seen, met_places

    total = sum(len(run.keys) for run in runs)
    slot_bits = min(
        max(_MIN_SLOT_BITS, (_SLOTS_PER_KEY * total).bit_length()), 64 - bits - drop_bits
    )
    shift, begin = np.uint64(64 - bits - slot_bits), np.uint64(number << slot_bits)
    seen, met = np.zeros((2, 1 << slot_bits >> 3), dtype=np.uint8)
    rising = sorted((run for run in runs if len(run.keys)), key=lambda run: len(run.keys))
    for place, run in enumerate(rising):
        if place:
            mark_met(run.keys, shift, begin, seen, met)
        if place < len(rising) - 1:
            mark_seen(run.keys, shift, begin, seen)
    return [met_places(run.keys, shift, begin, met) for run in runs]
