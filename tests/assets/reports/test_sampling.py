"""The sample of items."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.reports.sampling import sample

IDS = [f"item-{index}" for index in range(200)]


@given(st.permutations(IDS[:40]), st.integers(1, 60))
def test_the_order_of_the_rows_does_not_matter(ids: list[str], limit: int) -> None:
    assert sample(ids, limit=limit, seed=7) == sample(IDS[:40], limit=limit, seed=7)


def test_the_sample_is_the_one_it_was() -> None:
    assert sample(IDS, limit=4, seed=11) == ["item-137", "item-172", "item-45", "item-81"]


def test_a_larger_sample_keeps_the_smaller_one() -> None:
    assert set(sample(IDS, limit=30, seed=1)) < set(sample(IDS, limit=31, seed=1))


def test_all_items_are_taken_when_there_are_few() -> None:
    assert sample(["b", "a"], limit=100, seed=0) == ["a", "b"]


def test_another_seed_gives_another_sample() -> None:
    assert sample(IDS, limit=50, seed=1) != sample(IDS, limit=50, seed=2)


def test_every_item_is_about_as_likely_as_any_other() -> None:
    counts = dict.fromkeys(IDS, 0)
    for seed in random.Random(0).sample(range(10**6), 400):
        for item in sample(IDS, limit=100, seed=seed):
            counts[item] += 1
    # 400 draws at one half: a standard deviation of 10.
    assert min(counts.values()) > 150 and max(counts.values()) < 250


def test_a_sample_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="a sample of 0 items shows nothing"):
        sample(IDS, limit=0, seed=1)
