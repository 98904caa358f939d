"""The index of benchmark n-grams: words are compared, a key alone proves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.mixtures.contamination import ItemIndex
from assets.mixtures.contamination_kernels import filter_bits, ngram_keys
from assets.mixtures.item_ngrams import ngrams_of_items
from assets.mixtures.words import words_of
from assets.recipes.data import BenchmarkCap, ContaminationCaps

ITEM = "one two three four five six seven eight nine ten eleven twelve thirteen"
OTHER = " ".join(reversed(ITEM.split()))


def caps(max_items: int = 1000) -> ContaminationCaps:
    cap = BenchmarkCap(
        benchmark="",
        max_items_per_ngram=max_items,
        max_documents_per_ngram=1000,
        alarm_removed_share=1.0,
        max_removed_share=1.0,
        min_removed_documents=0,
    )
    return ContaminationCaps(caps=(cap,))


def index_of(texts: Sequence[str], ngram_words: int, max_items: int = 1000) -> ItemIndex:
    rows = {
        "benchmark": ["b"] * len(texts),
        "item_id": [str(n) for n in range(len(texts))],
        "text": list(texts),
    }
    schema = dict.fromkeys(rows, pl.String)
    return ItemIndex(pl.DataFrame(rows, schema=schema), ngram_words, caps(max_items))


def test_a_collision_of_keys_finds_nothing() -> None:
    index = index_of([ITEM], 13)
    words = words_of(pl.Series([OTHER]))
    keys, _, _ = ngram_keys(words.hashes, words.bounds, 13)
    table = index._tables[0]
    index._tables[0] = replace(table, keys=keys, bits=filter_bits(keys, table.log2_bits))
    shared = index.scan(pl.Series([OTHER]))
    assert shared.ngrams.height == shared.wholes.height == 0


def test_items_whose_ngrams_collide_are_refused() -> None:
    words = words_of(pl.Series([ITEM, OTHER]))
    forged = replace(words, hashes=np.ones_like(words.hashes))
    with pytest.raises(ValueError, match="two different n-grams of the benchmarks have one key"):
        ngrams_of_items(forged, np.zeros(2, dtype=np.int64), 13)


def test_no_items_match_nothing() -> None:
    shared = index_of([], 13).scan(pl.Series([ITEM, ""]))
    assert shared.ngrams.height == shared.wholes.height == 0


def test_items_that_are_not_sorted_are_refused() -> None:
    rows = pl.DataFrame({"benchmark": ["b", "a"], "item_id": ["1", "1"], "text": ["", ""]})
    with pytest.raises(ValueError, match="must be sorted by benchmark"):
        ItemIndex(rows, 13, caps())


def test_a_short_text_of_too_many_items_is_generic() -> None:
    short = "where does the spleen lie in a horse"
    index = index_of([short] * 3, 13, max_items=2)
    assert index.scan(pl.Series([short])).wholes.height == 0
    assert index.generic_ngrams.rows() == [(short, "b", 3, "0")]
    assert index.is_unchecked.all()


words = st.lists(st.sampled_from("ab"), max_size=40).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(words, min_size=1, max_size=6),
    st.lists(words, min_size=1, max_size=6),
    st.sampled_from([8, 9, 11]),
)
def test_hits_are_those_of_comparing_everything_with_everything(
    items: list[str], texts: list[str], length: int
) -> None:
    index = index_of(items, length)
    shared = index.scan(pl.Series(texts))
    pairs = shared.ngrams.join(index.pairs, on="slot")
    counted = pairs.group_by("row", "item").len().sort("row", "item").rows()
    expected, wholes = [], []
    for row, text in enumerate(texts):
        for number, item in enumerate(items):
            num_words = len(item.split())
            both = grams(text, length) & grams(item, length)
            if both:
                expected.append((row, number, len(both)))
            stands = num_words >= 8 and bool(grams(text, num_words) & grams(item, num_words))
            if stands or (num_words and text.split() == item.split()):
                wholes.append((row, number))
    assert counted == expected
    assert shared.wholes.sort("row", "item").rows() == wholes


@given(st.lists(st.text(max_size=60), max_size=5), st.lists(st.text(max_size=60), max_size=5))
@settings(max_examples=60, deadline=None)
def test_wild_text_never_crashes(items: list[str], texts: list[str]) -> None:
    index_of(items, 9).scan(pl.Series(texts, dtype=pl.String))


def grams(text: str, length: int) -> set[tuple[str, ...]]:
    split = text.split()
    return {tuple(split[i : i + length]) for i in range(len(split) - length + 1)}
