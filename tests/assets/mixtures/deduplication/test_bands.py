"""Bands and buckets: who is compared with whom, and how often a hash occurs."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.lineage.storage import Folder
from assets.mixtures.deduplication.bands import (
    KEYS,
    MAX_BUCKET,
    WINDOW,
    OwnBandsItem,
    OwnBuckets,
    band_keys,
    match_own_bands,
)
from assets.mixtures.deduplication.bucket_kernels import bucket_pairs, find_shared, group_keys
from assets.mixtures.deduplication.count_kernels import first_places, frequent
from assets.mixtures.deduplication.frames import column, read_frame, read_table, write_table
from assets.mixtures.deduplication.keys import (
    GROUP_BITS,
    NEXT_BITS,
    KeyFiles,
    bits_for,
    piece_bits,
    read_run,
    send_keys,
    shared_places,
)
from assets.mixtures.deduplication.shingles import TemplateTable
from assets.mixtures.deduplication.sketch_kernels import fold_keys
from assets.mixtures.word_hash import MIXERS
from assets.mixtures.words import U64


def test_band_keys_are_equal_exactly_where_bands_are() -> None:
    signatures = np.array([[1, 2, 3, 4], [1, 2, 3, 5], [9, 2, 3, 4]], dtype=np.uint32)
    keys = np.zeros((3, 2), dtype=np.uint64)
    for signature, out in zip(signatures, keys, strict=True):
        fold_keys(signature, np.uint64(7), MIXERS, out)
    first, second = keys.T
    assert (first[0] == first[1], first[0] == first[2]) == (True, False)
    assert (second[0] == second[1], second[0] == second[2]) == (False, True)


def test_a_stored_key_is_the_band_and_the_beginning_of_the_next_one() -> None:
    keys = np.array([[1 << 40, 2 << 40], [3 << 40, 4 << 40], [5 << 40, 6 << 40]], dtype=np.uint64)
    table = band_keys(keys, np.array([True, False, True]))
    assert column(table, "row").tolist() == [0, 0, 2, 2]
    expected = [(1 << 40) + 2, (2 << 40) + 1, (5 << 40) + 6, (6 << 40) + 5]
    assert column(table, "key").tolist() == expected


def bucket(folder: Path, size: int) -> tuple[OwnBuckets, pl.DataFrame]:
    """Match documents that share one band, in two parts of equal size."""
    half = size // 2
    scratch = Folder(uri=str(folder))
    files = []
    for first, count in ((0, half), (half, size - half)):
        rows = np.arange(count, dtype=np.uint32)
        keys = (7 << NEXT_BITS) + (rows + first) % 5
        table = pa.table({"key": keys.astype(np.uint64), "row": rows}, schema=KEYS)
        files.append((first, write_table(scratch, f"keys{first}.arrow", table)))
    found = match_own_bands(
        OwnBandsItem(
            number=0,
            bits=0,
            files=tuple(files),
            first_rows=(0, half),
            copies=(),
            out=scratch.child("out"),
            scratch=scratch.child("scratch"),
        )
    )
    return found, pl.concat(read_frame(file) for _, file in found.proposed.pairs)


def test_the_bound_begins_above_the_largest_full_bucket(tmp_path: Path) -> None:
    full, pairs = bucket(tmp_path / "full", MAX_BUCKET)
    assert pairs.height == MAX_BUCKET * (MAX_BUCKET - 1) // 2
    assert (full.num_large, full.largest, full.num_skipped) == (0, MAX_BUCKET, 0)
    assert bucket(tmp_path / "large", MAX_BUCKET + 1)[0].num_large == 1


def test_a_large_bucket_is_linear_and_counted(tmp_path: Path) -> None:
    found, pairs = bucket(tmp_path, 3000)
    assert pairs.height <= 3000 * (WINDOW + 1)
    assert pairs.height + found.num_skipped == 3000 * 2999 // 2
    assert set(pairs["left"]) | set(pairs["right"]) == set(range(3000))


def test_right_documents_of_pairs_across_parts_are_told_to_their_own_part(tmp_path: Path) -> None:
    found, pairs = bucket(tmp_path, 20)
    ((part, file),) = found.proposed.rights
    assert part == 1
    away = pairs.filter((pl.col("left") < 10) & (pl.col("right") >= 10))
    assert read_frame(file)["row"].to_list() == sorted(set(away["right"]))


hashes = st.lists(st.integers(0, 40).map(lambda value: value << 58), max_size=60)


@settings(deadline=None)
@given(st.lists(hashes, max_size=6), st.integers(1, 4))
def test_frequent_hashes_are_those_of_counting_documents_one_by_one(
    documents: list[list[int]], least: int
) -> None:
    members = np.array(list(chain.from_iterable(documents)), dtype=np.uint64)
    bounds = np.cumsum([0, *map(len, documents)])
    found, counts = frequent(members, bounds, least)
    expected = Counter(value for each in documents for value in set(each) if value)
    often = {value: count for value, count in expected.items() if count >= least}
    assert dict(zip(found.tolist(), counts.tolist(), strict=True)) == often
    wanted = np.sort(found)
    places = first_places(members, wanted, TemplateTable(wanted).slots)
    assert places.tolist() == [members.tolist().index(value) for value in wanted.tolist()]


keys = st.lists(st.integers(0, 12).map(lambda value: value * 0x0123_4567_89AB_CDEF), max_size=40)


@settings(deadline=None)
@given(st.lists(keys, min_size=1, max_size=4), st.integers(1, 6))
def test_shared_keys_are_those_that_counting_finds(sources: list[list[int]], bits: int) -> None:
    groups = 1 << bits
    runs = [_grouped(values, bits) for values in sources]
    first = np.cumsum([0, *(len(own) for own, _ in runs)])
    joined = np.concatenate([own for own, _ in runs])
    bounds = np.stack([own + start for (_, own), start in zip(runs, first, strict=False)])
    within = find_shared(joined, np.arange(2)[np.newaxis] * len(joined), np.uint64(8), False)
    everything = [value >> 8 for value in joined.tolist()]
    expected = [at for at, value in enumerate(everything) if everything.count(value) > 1]
    assert sorted(within.tolist()) == expected
    across = find_shared(joined, bounds, np.uint64(8), True)
    sets = [{value >> 8 for value in own.tolist()} for own, _ in runs]
    held = [sum(value in own for own in sets) for value in everything]
    assert sorted(across.tolist()) == [at for at, count in enumerate(held) if count > 1]
    assert groups == bounds.shape[1] - 1


def _grouped(
    values: list[int], bits: int
) -> tuple[U64, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    own = np.array(values, dtype=np.uint64)
    rows = np.arange(len(own), dtype=np.uint32)
    none = np.zeros(len(own) + 1, dtype=np.bool_)
    found, _, bounds = group_keys(own, rows, none, np.uint64(64 - bits), np.uint64(0), 1 << bits)
    return found, bounds


@pytest.mark.parametrize("file_bits", [(0, 0), (0, 2), (3, 1), (0, 9)])
def test_sources_of_any_size_meet_in_the_same_pieces(
    tmp_path: Path, file_bits: tuple[int, int]
) -> None:
    rng = np.random.default_rng(3)
    shared = rng.integers(0, 1 << 63, 50, dtype=np.uint64) * np.uint64(2)
    sources, given = [], []
    for number, bits in enumerate(file_bits):
        own = np.append(shared, rng.integers(0, 1 << 63, 300, dtype=np.uint64))
        given.append(own)
        sources.append(_files(Folder(uri=str(tmp_path / str(number))), own, bits))
    bits = piece_bits(sources)
    assert bits >= max(file_bits)
    met: list[int] = []
    for piece in range(1 << bits):
        runs = [read_run(source, bits, piece) for source in sources]
        of_run, places = shared_places(runs, bits, piece, 8)
        for number, run in enumerate(runs):
            rows = column(run.table, "row")[places[of_run == number]]
            met += given[number][rows].tolist()
    assert sorted(met) == sorted([*shared.tolist()] * 2)


def _files(folder: Folder, own: U64, bits: int) -> KeyFiles:
    rows = np.arange(len(own), dtype=np.uint32)
    sent = dict(send_keys(pa.table({"key": own, "row": rows}, schema=KEYS), bits, folder, "all"))
    files = []
    none = np.zeros(len(own), dtype=np.bool_)
    for number in range(1 << bits):
        table = read_table(sent[number]) if number in sent else KEYS.empty_table()
        found, held, _ = group_keys(
            column(table, "key"),
            column(table, "row"),
            none,
            np.uint64(64 - bits - GROUP_BITS),
            np.uint64(number << GROUP_BITS),
            1 << GROUP_BITS,
        )
        table = pa.table({"key": found, "row": held}, schema=KEYS)
        files.append(write_table(folder, f"keys/{number:05d}.arrow", table))
    return KeyFiles(files=tuple(files))


def test_key_files_follow_the_size_of_a_source() -> None:
    sizes = [0, 1, 10, 11, 20, 21, 40, 41]
    assert [bits_for(size, 10) for size in sizes] == [0, 0, 0, 1, 1, 2, 2, 3]


def test_pairs_of_one_run_are_left_out_across_runs_and_those_skipped_are_counted() -> None:
    rows = np.arange(100, dtype=np.uint64)
    runs = (np.arange(100) % 2).astype(np.int64)
    left, right, skipped = bucket_pairs(rows, runs, np.array([0, 100]), 64, 16, True)
    assert ((left + right) % 2 == 1).all()
    assert len(left) + skipped == 50 * 50
