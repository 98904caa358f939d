"""The index of benchmark n-grams: words are compared, a hash alone proves nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.mixtures.contamination import ItemIndex
from assets.mixtures.ngrams import shingles_of

ITEM = "one two three four five six seven eight nine ten eleven twelve thirteen"
OTHER = " ".join(reversed(ITEM.split()))


def test_a_collision_of_hashes_removes_nothing() -> None:
    index = ItemIndex(pl.Series([ITEM]), 13)
    (collision,), _ = shingles_of(pl.Series([OTHER]), 13)
    table = index._tables[13]
    index._tables[13] = replace(
        table, hashes=np.array([collision]), maybe=np.ones_like(table.maybe)
    )
    assert index.matches(pl.Series([OTHER])).height == 0


def test_no_items_match_nothing() -> None:
    index = ItemIndex(pl.Series([], dtype=pl.String), 13)
    assert index.matches(pl.Series([ITEM, ""])).height == 0


words = st.lists(st.sampled_from("ab"), max_size=40).map(" ".join)


@given(st.lists(words, min_size=1, max_size=6), st.lists(words, min_size=1, max_size=6))
def test_matches_are_those_of_comparing_every_ngram(items: list[str], texts: list[str]) -> None:
    found = ItemIndex(pl.Series(items), 9).matches(pl.Series(texts))
    expected = []
    for row, text in enumerate(texts):
        for number, item in enumerate(items):
            length = min(9, len(item.split()))
            if length >= 8 and (shared := grams(text, length) & grams(item, length)):
                expected.append((row, number, len(shared)))
    assert found.select("row", "item", "num_shared").rows() == expected


def grams(text: str, length: int) -> set[tuple[str, ...]]:
    split = text.split()
    return {tuple(split[i : i + length]) for i in range(len(split) - length + 1)}
