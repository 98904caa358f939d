"""Every n-gram is found wherever its entries lie in a file, and seldom with many reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assets.lineage.scattered_file import ScatteredFile
from assets.tokenizers.gram_search import ROUNDS, GramSearch
from assets.tokenizers.spans import KEY_BITS, PLACE_BITS

WINDOW = 8


def searched(
    folder: Path, held: np.ndarray, asked: np.ndarray, partition: int = 0, bits: int = 0
) -> tuple[GramSearch, np.ndarray]:
    """Return a search that has gone through its rounds, and the file's entries."""
    entries = np.sort(held.astype(np.uint64) << np.uint64(PLACE_BITS) | np.uint64(77))
    entries.tofile(folder / "grams.bin")
    search = GramSearch(
        ScatteredFile(folder / "grams.bin", "u8"),
        asked,
        partition=partition,
        partition_bits=bits,
        window=WINDOW,
    )
    for _ in range(ROUNDS):
        search.ask()
        search.look()
    search.ask_ranges()
    return search, entries


@pytest.mark.parametrize("shape", ["uniform", "one gram fills half", "all low", "few", "none"])
@pytest.mark.parametrize(("partition", "bits"), [(0, 0), (0, 5), (31, 5)])
def test_a_key_is_found_wherever_its_entries_lie(
    tmp_path: Path, shape: str, partition: int, bits: int
) -> None:
    rng = np.random.default_rng(3)
    keys = rng.integers(0, 1 << KEY_BITS, {"few": 5, "none": 0}.get(shape, 4000))
    if shape == "one gram fills half":
        keys[:2000] = keys[-1]
    if shape == "all low":
        keys %= 1000
    asked = np.array([*keys[-300:], *range(40), 500, (1 << KEY_BITS) - 1])
    search, entries = searched(tmp_path, keys, asked, partition, bits)
    for key, (first, end) in zip(asked.tolist(), search.found(), strict=True):
        found = np.flatnonzero(entries >> np.uint64(PLACE_BITS) == np.uint64(key))
        assert end - first == len(found)
        assert not len(found) or (first, end) == (found[0], found[-1] + 1)


@pytest.mark.parametrize(("partition", "bits"), [(0, 0), (0, 3), (5, 3)])
def test_among_winnowed_grams_a_key_is_met_by_guesses_alone(
    tmp_path: Path, partition: int, bits: int
) -> None:
    rng = np.random.default_rng(4)
    hashes = rng.random(1_000_000)
    least = np.lib.stride_tricks.sliding_window_view(hashes, WINDOW).argmin(axis=1)
    kept = hashes[np.unique(least + np.arange(len(least)))] * (1 << KEY_BITS + bits)
    keys = kept.astype(np.int64)
    keys = keys[keys >> KEY_BITS == partition] & ((1 << KEY_BITS) - 1)
    asked = rng.integers(0, 1 << KEY_BITS, 400)
    search, entries = searched(tmp_path, keys, asked, partition, bits)
    low, high = search._ranges()
    true = np.searchsorted(entries, asked.astype(np.uint64) << np.uint64(PLACE_BITS))
    assert np.median(high - low) < 300, "of twelve thousand entries and more"
    assert ((low < true) | (low == 0)).all()
    assert ((true < high) | (high == len(entries))).all()
