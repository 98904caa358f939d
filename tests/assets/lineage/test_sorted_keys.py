"""Sorted keys: every key is found at its places, however the file came to be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assets.lineage import sorted_keys
from assets.lineage.sorted_keys import MAX_PLACES, KeyWriter, SortedKeys, merge


def random_keys(count: int, seed: int = 0) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.random.default_rng(seed).integers(0, 1 << 64, count, dtype=np.uint64)


def written(
    path: Path, keys: np.ndarray[tuple[int], np.dtype[np.uint64]], first: int = 0
) -> SortedKeys:
    writer = KeyWriter(path)
    places = np.arange(first, first + len(keys), dtype=np.uint64)
    for at in range(0, len(keys), 1000):
        writer.add(keys[at : at + 1000], places[at : at + 1000])
    assert writer.finish() == len(keys)
    return SortedKeys.open(path)


@pytest.mark.parametrize("run_entries", [sorted_keys.RUN_ENTRIES, 700])
def test_every_key_is_found_at_its_place_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_entries: int
) -> None:
    monkeypatch.setattr(sorted_keys, "RUN_ENTRIES", run_entries)
    keys = random_keys(5000)
    found = written(tmp_path / "a", keys)
    assert all(found.places(int(key)) == [place] for place, key in enumerate(keys))
    assert all(found.places(int(key)) == [] for key in random_keys(500, seed=1))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_file_is_the_same_however_much_is_sorted_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = random_keys(3000) & np.uint64(0xFF << 56)  # many equal ones
    written(tmp_path / "a", keys)
    monkeypatch.setattr(sorted_keys, "RUN_ENTRIES", 100)
    monkeypatch.setattr(sorted_keys, "MAX_MERGED", 4)
    written(tmp_path / "b", keys)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_places_of_one_key_rise(tmp_path: Path) -> None:
    keys = np.full(2500, 7, dtype=np.uint64)
    assert written(tmp_path / "a", keys).places(7) == list(range(2500))


def test_merged_files_answer_as_one_with_their_places_moved(tmp_path: Path) -> None:
    one, two = random_keys(400), np.append(random_keys(300, seed=1), random_keys(400)[:5])
    written(tmp_path / "a", one)
    written(tmp_path / "b", two)
    assert merge([(tmp_path / "a", 0), (tmp_path / "b", 400)], tmp_path / "c") == 705
    found = SortedKeys.open(tmp_path / "c")
    assert [found.places(int(key)) for key in one[:5]] == [[n, 700 + n] for n in range(5)]
    assert found.places(int(two[7])) == [407]


def test_places_go_up_to_forty_bits(tmp_path: Path) -> None:
    last = MAX_PLACES - 1
    writer = KeyWriter(tmp_path / "a")
    writer.add(np.array([5, 6], dtype=np.uint64), np.array([0, last], dtype=np.uint64))
    writer.finish()
    assert SortedKeys.open(tmp_path / "a").places(6) == [0, last]  # 40 bits of 5 and 6 are equal


def test_a_file_without_entries_answers_nothing(tmp_path: Path) -> None:
    assert KeyWriter(tmp_path / "a").finish() == 0
    assert SortedKeys.open(tmp_path / "a").places(123) == []


@pytest.mark.parametrize("keep", [0, 8, 100, -8])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    written(tmp_path / "a", random_keys(10))
    content = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(content[:keep])
    with pytest.raises(ValueError, match="was cut short or is none of ours: remove the folder"):
        SortedKeys.open(tmp_path / "a")
