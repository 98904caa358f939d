"""The linear classifiers: what they read, that they learn, that they do so the same way twice."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixtures.scoring.linear import bodies_of, join_bodies, logits_of, softmax, train
from assets.mixtures.scoring.linear_kernels import chunk_edge, chunk_table, num_chunks
from assets.mixtures.scoring.text import tokens_of
from tests.assets.mixtures.scoring.conftest import CARDIOLOGY, GENERAL, NEUROLOGY, prose


def words(text: str, *, title: bool = True) -> list[int]:
    return bodies_of(tokens_of(pl.Series([text])), title=title).words.tolist()


def test_layout_numbers_and_case_do_not_reach_the_classifier() -> None:
    plain = words("the heart pumps blood")
    assert words("The heart\n- pumps 45 (blood)!") == plain
    assert words("METHODS: the heart pumps blood") == plain
    assert words("the heart\nSynonyms: pumps blood") == plain


def test_a_title_is_read_or_not() -> None:
    text = "Case report\n\nthe heart pumps blood"
    assert words(text, title=False) == words("the heart pumps blood")
    assert words(text, title=True) == words("case report the heart pumps blood")


def test_a_single_line_is_no_title() -> None:
    assert words("the heart pumps", title=False) == words("the heart pumps")
    assert words("the heart pumps\n\n", title=False) == words("the heart pumps")


@given(st.integers(0, 5000), st.integers(3, 200))
def test_chunks_cover_a_text_and_have_about_the_same_length(length: int, chunk_words: int) -> None:
    bounds = np.array([7, 7 + length], dtype=np.int64)
    number = num_chunks(length, chunk_words)
    edges = [chunk_edge(bounds, 0, index, number) for index in range(number + 1)] if number else []
    sizes = np.diff(edges)
    assert sum(sizes) == length
    assert number <= 1 or (sizes.max() - sizes.min() <= 1 and sizes.max() <= 1.5 * chunk_words)


def test_a_book_gives_a_bounded_number_of_chunks() -> None:
    bounds = np.array([0, 100_000], dtype=np.int64)
    out = [np.empty(5000, np.int64) for _ in range(3)]
    assert chunk_table(bounds, 60, 64, *out) == 64
    assert out[0][63] > 90_000


def learn(seed: int):  # type: ignore[no-untyped-def]
    texts = [prose((CARDIOLOGY, NEUROLOGY, GENERAL)[i % 3], i) for i in range(90)]
    bodies = bodies_of(tokens_of(pl.Series(texts)), title=True)
    labels = np.array([i % 3 for i in range(90)], dtype=np.int32)
    rows = np.arange(90)
    weights, bias = train(bodies, rows, labels, num_labels=3, chunk_words=30, epochs=3, seed=seed)
    return bodies, labels, weights, bias


def test_it_learns_and_holds_on_new_text() -> None:
    _, _, weights, bias = learn(1)
    texts = [prose((CARDIOLOGY, NEUROLOGY, GENERAL)[i % 3], 1000 + i) for i in range(30)]
    logits = logits_of(bodies_of(tokens_of(pl.Series(texts)), title=True), weights, bias, 30)
    assert (logits.argmax(axis=1) == np.arange(30) % 3).all()


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second, other = learn(1), learn(1), learn(2)
    assert first[2].tobytes() == second[2].tobytes()
    assert first[2].tobytes() != other[2].tobytes()


def test_a_text_without_words_gets_the_bias() -> None:
    _, _, weights, bias = learn(1)
    logits = logits_of(bodies_of(tokens_of(pl.Series(["", "12 !"])), title=True), weights, bias, 30)
    assert logits == pytest.approx(np.stack([bias, bias]))


def test_joined_bodies_are_those_of_the_whole() -> None:
    texts = pl.Series([prose(GENERAL, i) for i in range(5)])
    whole = bodies_of(tokens_of(texts), title=True)
    parts = [bodies_of(tokens_of(part), title=True) for part in (texts[:2], texts[2:])]
    assert join_bodies(parts).words.tolist() == whole.words.tolist()
    assert join_bodies(parts).bounds.tolist() == whole.bounds.tolist()
    assert join_bodies([]).bounds.tolist() == [0]


def test_softmax_survives_large_logits() -> None:
    assert softmax(np.array([[1e4, 0.0]])) == pytest.approx(np.array([[1.0, 0.0]]))
