"""Selection of readings: budgets are reached, weights respected, caps hold, the seed decides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.mixtures.selection import best_first, repeats_for, weights_of
from assets.recipes.data import UpsamplingSpec


def test_documents_with_many_copies_are_read_as_often_as_their_weight_says() -> None:
    """2,000 documents of weight 1 and of weight 5 under one budget: readings are as 1 to 5."""
    ids = [f"{n:032x}" for n in range(4000)]
    weights = np.repeat(np.array([1, 5]), 2000)
    repeats = repeats_for(
        ids,
        np.full(4000, 100),
        weights,
        np.zeros(4000, dtype=np.int64),
        budget_tokens=900_000,
        max_repeats=10,
        seed=1,
    )
    light, heavy = repeats[:2000].sum(), repeats[2000:].sum()
    assert light + heavy == 9000
    assert heavy / light == pytest.approx(5, rel=0.05)


def test_a_source_of_few_long_documents_gets_its_share_within_one_of_them() -> None:
    """50 books of 9,000 tokens beside 5,000 notes of 90: as many tokens each, whatever the seed."""
    ids = [f"{n:032x}" for n in range(5050)]
    tokens = np.repeat(np.array([9000, 90]), [50, 5000])
    strata = np.repeat(np.array([1, 2]), [50, 5000])
    for seed in range(10):
        repeats = repeats_for(
            ids,
            tokens,
            np.ones_like(tokens),
            strata,
            budget_tokens=60_000,
            max_repeats=10,
            seed=seed,
        )
        books = int((tokens * repeats)[:50].sum())
        assert abs(books - 30_000) <= 9000


@settings(max_examples=200, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 50), min_size=0, max_size=30),
    budget=st.integers(0, 2000),
    cap=st.integers(0, 10),
    data=st.data(),
)
def test_the_budget_is_reached_by_the_last_reading_or_everything_is_at_the_cap(
    sizes: list[int], budget: int, cap: int, data: st.DataObject
) -> None:
    each = {"min_size": len(sizes), "max_size": len(sizes)}
    weights = data.draw(st.lists(st.floats(0.01, 30), **each))
    caps = np.array(data.draw(st.lists(st.integers(0, cap), **each)), dtype=np.int64)
    tokens = np.array(sizes, dtype=np.int64)
    repeats = repeats_for(
        [str(n) for n in range(len(sizes))],
        tokens,
        np.array(weights, dtype=np.float64),
        np.arange(len(sizes)) % 3,
        budget_tokens=budget,
        max_repeats=caps,
        seed=9,
    )
    total = int((tokens * repeats).sum())
    assert (repeats >= 0).all() and (repeats <= caps).all()
    if total < budget:
        assert (repeats == caps).all()
    else:
        assert total - budget < max(1, tokens.max(initial=1))


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=20),
    budget=st.integers(0, 1000),
    heavier=st.floats(1.0, 20.0),
    data=st.data(),
)
def test_a_document_of_more_weight_is_never_read_less(
    sizes: list[int], budget: int, heavier: float, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(sizes) - 1))
    weights = np.array(
        data.draw(st.lists(st.floats(0.1, 10), min_size=len(sizes), max_size=len(sizes)))
    )
    found = []
    for factor in (1.0, heavier):
        changed = weights.copy()
        changed[place] *= factor
        repeats = repeats_for(
            [str(n) for n in range(len(sizes))],
            np.array(sizes, dtype=np.int64),
            changed,
            np.arange(len(sizes)) % 2,
            budget_tokens=budget,
            max_repeats=5,
            seed=3,
        )
        found.append(int(repeats[place]))
    assert found[0] <= found[1]


@pytest.mark.parametrize("budget", [1, 500, 20_000, 200_000])
def test_leaving_late_readings_out_changes_nothing(budget: int) -> None:
    """The reference takes every reading of every document at once."""
    rng = np.random.default_rng(4)
    ids = [f"{n:032x}" for n in range(300)]
    tokens, weights = rng.integers(1, 200, 300), rng.uniform(0.05, 20, 300)
    strata, caps = rng.integers(0, 4, 300), rng.integers(0, 8, 300)
    found = repeats_for(
        ids, tokens, weights, strata, budget_tokens=budget, max_repeats=caps, seed=2
    )
    assert found.tolist() == reference(ids, tokens, weights, strata, caps, budget, 2)


def reference(
    ids: list[str],
    tokens: np.ndarray,
    weights: np.ndarray,
    strata: np.ndarray,
    caps: np.ndarray,
    budget: int,
    seed: int,
) -> list[int]:
    from assets.mixtures.selection import _draws

    draws = _draws(ids, seed)
    readings = []
    for stratum in sorted(set(strata.tolist())):
        members = [n for n in range(len(ids)) if strata[n] == stratum]
        ordered = sorted(
            ((copy - draws[n]) / weights[n], n) for n in members for copy in range(1, caps[n] + 1)
        )
        whole = sum(tokens[n] * weights[n] for n in members)
        through = 0
        for _, n in ordered:
            readings.append(((through + tokens[n] / 2) / max(whole, 1), n))
            through += tokens[n]
    readings.sort(key=lambda reading: reading[0])
    repeats, total = [0] * len(ids), 0
    for _, n in readings:
        if total >= budget:
            break
        repeats[n] += 1
        total += tokens[n]
    return repeats


def test_best_first_takes_the_best_once_before_anything_twice() -> None:
    tokens = np.array([10, 10, 10, 10])
    quality = np.array([0.1, 0.9, 0.5, 0.9])
    caps = np.full(4, 2)
    ids = ["d", "b", "c", "a"]

    def read(budget: int) -> list[int]:
        return best_first(ids, tokens, quality, caps, budget_tokens=budget).tolist()

    assert read(9) == [0, 0, 0, 0]
    assert read(10) == [0, 0, 0, 1]
    assert read(29) == [0, 1, 0, 1]
    assert read(40) == [1, 1, 1, 1]
    assert read(59) == [1, 1, 1, 2]
    assert read(1000) == [2, 2, 2, 2]


@given(
    sizes=st.lists(st.integers(0, 50), max_size=20),
    budget=st.integers(0, 500),
    cap=st.integers(0, 4),
)
def test_best_first_never_exceeds_its_budget(sizes: list[int], budget: int, cap: int) -> None:
    tokens = np.array(sizes, dtype=np.int64)
    repeats = best_first(
        [str(n) for n in range(len(sizes))],
        tokens,
        np.linspace(0, 1, len(sizes)),
        np.full(len(sizes), cap),
        budget_tokens=budget,
    )
    assert int((tokens * repeats).sum()) <= budget
    assert (repeats <= cap).all()


def test_weights_follow_the_steps_and_never_exceed_the_cap() -> None:
    spec = UpsamplingSpec(weights=((1, 1), (2, 3), (6, 5), (101, 8), (1001, 30)), max_repeats=10)
    counts = np.array([0, 1, 2, 5, 6, 100, 101, 1000, 1001, 10**6])
    assert weights_of(counts, spec).tolist() == [1, 1, 3, 3, 5, 5, 8, 8, 10, 10]


def test_weights_that_do_not_begin_at_one_copy_are_refused() -> None:
    with pytest.raises(ValueError, match="must begin at a count of 1"):
        weights_of(np.array([1]), UpsamplingSpec(weights=((2, 3),), max_repeats=10))


def test_a_cap_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="max_repeats 0 is below 1"):
        weights_of(np.array([1]), UpsamplingSpec(weights=((1, 1),), max_repeats=0))
