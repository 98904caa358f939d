"""The steps of near-duplicate search: n-grams, signatures, bands, buckets, stars."""

from __future__ import annotations

import itertools
import random
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixtures.candidates import MAX_BUCKET, WINDOW, candidate_pairs
from assets.mixtures.clusters import stars
from assets.mixtures.minhash import band_keys, signatures
from assets.mixtures.ngrams import ngrams_of, shingles_of
from assets.mixtures.similarity import ShingleSets
from assets.mixtures.words import words_of

short_texts = st.lists(
    st.lists(st.sampled_from(["a", "b", "c"]), max_size=9).map(" ".join), min_size=1, max_size=9
)


@given(short_texts, st.integers(1, 4))
def test_ngrams_are_all_runs_of_words_within_a_document(texts: list[str], length: int) -> None:
    words = words_of(pl.Series(texts))
    ((_, found),) = ngrams_of(words, [length])
    expected = [
        [tuple(split[i : i + length]) for i in range(len(split) - length + 1)]
        for split in (re.findall(r"\w+", text) for text in texts)
    ]
    assert np.diff(found.bounds).tolist() == [len(grams) for grams in expected]
    flat = list(itertools.chain(*expected))
    phrases = [tuple(words.phrase(place, length).split()) for place in found.positions]
    assert phrases == flat
    assert len(set(found.hashes.tolist())) == len(set(flat))


def test_several_lengths_come_in_rising_order() -> None:
    words = words_of(pl.Series(["a b c d"]))
    counts = [(length, len(found.hashes)) for length, found in ngrams_of(words, [3, 1, 3])]
    assert counts == [(1, 4), (3, 2)]


def test_an_ngram_of_no_words_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lengths \[0, 5\] must be at least 1"):
        list(ngrams_of(words_of(pl.Series(["a b"])), [5, 0]))


def test_signatures_estimate_the_true_similarity() -> None:
    """Over 200 pairs the mean error of 128 hashes stays near zero, as theory says."""
    rng = np.random.default_rng(3)
    errors = []
    for _ in range(200):
        union = rng.integers(0, 1 << 64, 200, dtype=np.uint64)
        shared = int(rng.integers(20, 180))
        left, right = union[: shared + 10], np.concatenate([union[:shared], union[shared + 10 :]])
        pair = np.concatenate([left, right])
        bounds = np.array([0, len(left), len(pair)])
        first, second = signatures(pair, bounds, num_hashes=128, seed=1)
        errors.append(float((first == second).mean()) - shared / 200)
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.05


def test_signatures_do_not_depend_on_neighbours_or_repeated_shingles() -> None:
    shingles, bounds = shingles_of(pl.Series(["a b c d e", "f g h a b", "a b c d e a b c"]), 3)
    together = signatures(shingles, bounds, num_hashes=16, seed=1)
    for row in range(3):
        alone = shingles[bounds[row] : bounds[row + 1]]
        twice = np.concatenate([alone, alone])
        single = signatures(twice, np.array([0, len(twice)]), num_hashes=16, seed=1)
        assert single[0].tolist() == together[row].tolist()


def test_a_document_without_shingles_has_no_signature() -> None:
    with pytest.raises(ValueError, match="without shingles has no signature"):
        signatures(np.zeros(1, np.uint64), np.array([0, 1, 1]), num_hashes=4, seed=1)


def test_band_keys_are_equal_exactly_where_bands_are() -> None:
    signature = np.array([[1, 2, 3, 4], [1, 2, 3, 5], [9, 2, 3, 4]], dtype=np.uint32)
    first, second = band_keys(signature, 2)
    assert (first[0] == first[1], first[0] == first[2]) == (True, False)
    assert (second[0] == second[1], second[0] == second[2]) == (False, True)


@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=30))
def test_candidates_are_all_pairs_that_share_a_band(rows: list[list[int]]) -> None:
    keys = np.array(rows, dtype=np.uint64).T
    found = candidate_pairs(keys)
    expected = [
        (left, right)
        for left, right in itertools.combinations(range(len(rows)), 2)
        if any(a == b for a, b in zip(rows[left], rows[right], strict=True))
    ]
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == expected
    assert found.num_pairs_skipped == 0


def test_a_bucket_of_ten_thousand_is_linear_and_counted() -> None:
    keys = np.zeros((1, 10_000), dtype=np.uint64)
    found = candidate_pairs(keys)
    compared = 10_000 * WINDOW - WINDOW * (WINDOW + 1) // 2
    assert len(found.left) == compared
    assert found.num_pairs_skipped == 10_000 * 9_999 // 2 - compared
    assert (found.num_large_buckets, found.largest_bucket) == (1, 10_000)


def test_the_bound_begins_above_the_largest_full_bucket() -> None:
    full = candidate_pairs(np.zeros((2, MAX_BUCKET), dtype=np.uint64))
    assert len(full.left) == MAX_BUCKET * (MAX_BUCKET - 1) // 2
    assert full.num_large_buckets == 0
    assert candidate_pairs(np.zeros((2, MAX_BUCKET + 1), dtype=np.uint64)).num_large_buckets == 2


def test_in_a_large_bucket_documents_that_share_the_next_band_are_compared() -> None:
    rng = random.Random(1)
    partners = list(range(500)) * 2
    rng.shuffle(partners)
    keys = np.array([[7] * 1000, partners], dtype=np.uint64)
    found = set(zip(*(side.tolist() for side in _pairs_of(keys)), strict=True))
    for partner in range(500):
        left, right = (row for row, value in enumerate(partners) if value == partner)
        assert (left, right) in found


def _pairs_of(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = candidate_pairs(keys)
    return found.left, found.right


@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=12), min_size=2, max_size=8))
def test_similarity_is_that_of_the_sets(contents: list[list[int]]) -> None:
    shingles = np.array(list(itertools.chain(*contents)), dtype=np.uint64)
    bounds = np.cumsum([0, *map(len, contents)])
    pairs = np.array(list(itertools.combinations(range(len(contents)), 2)), dtype=np.int64)
    sets = ShingleSets(shingles, bounds, np.arange(len(contents)))
    found = sets.jaccard(pairs[:, 0], pairs[:, 1])
    for (left, right), value in zip(pairs.tolist(), found.tolist(), strict=True):
        one, two = set(contents[left]), set(contents[right])
        assert value == len(one & two) / len(one | two)


@given(
    st.integers(2, 12).flatmap(
        lambda size: st.tuples(
            st.just(size),
            st.sets(
                st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(
                    lambda pair: pair[0] < pair[1]
                )
            ),
        )
    )
)
def test_a_star_keeps_no_two_linked_rows_and_drops_none_without_a_link(
    case: tuple[int, set[tuple[int, int]]],
) -> None:
    size, links = case
    ordered = sorted(links, key=lambda pair: (pair[1], pair[0]))
    left = np.array([a for a, _ in ordered], dtype=np.int64)
    right = np.array([b for _, b in ordered], dtype=np.int64)
    kept, link = stars(size, left, right)
    stay = {row for row in range(size) if kept[row] == row}
    assert 0 in stay
    assert not any(a in stay and b in stay for a, b in links)
    for row in range(size):
        if row not in stay:
            assert (int(kept[row]), row) in links
            assert ordered[link[row]] == (kept[row], row)
            assert kept[row] in stay
