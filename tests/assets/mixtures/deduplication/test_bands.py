"""Bands and buckets: who is compared with whom, and how often a hash occurs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.lineage.storage import Folder
from assets.mixtures.deduplication.bands import (
    KEYS,
    MAX_BUCKET,
    WINDOW,
    Buckets,
    band_keys,
    match_bands,
)
from assets.mixtures.deduplication.count_kernels import first_places, frequent, is_shared, ranges_of
from assets.mixtures.deduplication.frames import read_frame, write_frame
from assets.mixtures.deduplication.shingles import TemplateTable
from assets.mixtures.deduplication.texts import MatchItem


def test_band_keys_are_equal_exactly_where_bands_are() -> None:
    signature = np.array([[1, 2, 3, 4], [1, 2, 3, 5], [9, 2, 3, 4]], dtype=np.uint32)
    first, second = band_keys(signature, 2)
    assert (first[0] == first[1], first[0] == first[2]) == (True, False)
    assert (second[0] == second[1], second[0] == second[2]) == (False, True)


def test_bands_that_do_not_divide_the_signature_are_refused() -> None:
    with pytest.raises(ValueError, match="4 hashes do not split into 3 bands"):
        band_keys(np.zeros((1, 4), dtype=np.uint32), 3)


def bucket(folder: Path, size: int) -> tuple[Buckets, pl.DataFrame]:
    """Match documents that share one band, in two parts of equal size."""
    rows = np.arange(size, dtype=np.uint64)
    keys = pl.DataFrame({"key": rows * 0 + 7, "next": rows % 5, "row": rows}).cast(dict(KEYS))
    scratch = Folder(uri=str(folder))
    found = match_bands(
        MatchItem(
            partition=0,
            files=(write_frame(scratch, "keys.arrow", keys),),
            first_rows=(0, size // 2),
            out=scratch.child("out"),
        )
    )
    return found, pl.concat(read_frame(file) for _, file in found.fragments)


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
    ((part, file),) = found.rights
    assert part == 1
    away = pairs.filter((pl.col("left") < 10) & (pl.col("right") >= 10))
    assert read_frame(file)["row"].to_list() == sorted(set(away["right"]))


hashes = st.lists(st.integers(0, 40).map(lambda value: value << 58), max_size=60)


@given(hashes, st.integers(1, 5), st.integers(1, 4))
def test_counts_are_those_of_counting_one_by_one(
    values: list[int], num_ranges: int, least: int
) -> None:
    members = np.array(values, dtype=np.uint64)
    grouped, bounds = ranges_of(members, num_ranges)
    found, counts, top = frequent(grouped, bounds, least)
    expected = {value: values.count(value) for value in values if value}
    often = {value: count for value, count in expected.items() if count >= least}
    assert dict(zip(found.tolist(), counts.tolist(), strict=True)) == often
    assert top == max(expected.values(), default=0)
    wanted = np.sort(found)
    assert is_shared(members, wanted).tolist() == [value in often for value in values]
    places = first_places(members, wanted, TemplateTable(wanted).slots)
    assert places.tolist() == [values.index(value) for value in wanted.tolist()]
