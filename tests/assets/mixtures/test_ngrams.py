"""Runs of consecutive words: all of them, never across the end of a document."""

from __future__ import annotations

import itertools
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixtures.ngrams import ngrams_of
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
