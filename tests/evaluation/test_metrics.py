"""Metrics and intervals against published and hand-made values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluation.metrics import bounded_exp, proportion, ratio, wilson_interval


@pytest.mark.parametrize(
    ("num_correct", "num_items", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I, method 3 (score, no continuity).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(
    num_correct: int, num_items: int, low: float, high: float
) -> None:
    assert wilson_interval(num_correct, num_items) == pytest.approx((low, high), abs=5e-5)


def test_wilson_stays_inside_the_unit_interval_at_both_ends() -> None:
    assert wilson_interval(0, 7)[0] == 0.0
    assert wilson_interval(7, 7)[1] == 1.0


@pytest.mark.parametrize(("num_correct", "num_items"), [(0, 0), (3, 2), (-1, 5)])
def test_wilson_refuses_what_is_no_proportion(num_correct: int, num_items: int) -> None:
    with pytest.raises(ValueError, match=f"{num_correct} correct of {num_items} items"):
        wilson_interval(num_correct, num_items)


def test_a_proportion_is_the_share_of_true_values() -> None:
    estimate = proportion(np.array([True, False, True, True]))
    assert estimate.value == 0.75
    assert estimate.ci_low < 0.75 < estimate.ci_high


def test_perplexity_weighs_items_by_their_tokens() -> None:
    nll, tokens = np.array([2.0, 12.0]), np.array([2.0, 6.0])
    assert ratio(nll, tokens, seed=1, exponentiate=True).value == pytest.approx(math.exp(14 / 8))
    assert ratio(nll, tokens, seed=1, exponentiate=False).value == pytest.approx(14 / 8)


def test_a_constant_cost_per_token_has_an_interval_of_no_width() -> None:
    tokens = np.array([3.0, 5.0, 11.0])
    estimate = ratio(2 * tokens, tokens, seed=5, exponentiate=True)
    assert estimate.ci_low == estimate.value == estimate.ci_high == pytest.approx(math.exp(2))


def test_the_bootstrap_agrees_with_the_normal_interval_of_a_mean() -> None:
    nll = np.random.default_rng(0).normal(3.0, 1.0, 400)
    estimate = ratio(nll, np.ones(400), seed=9, exponentiate=False)
    half = 1.96 * nll.std(ddof=1) / math.sqrt(400)
    assert estimate.ci_low == pytest.approx(nll.mean() - half, abs=0.15 * half)
    assert estimate.ci_high == pytest.approx(nll.mean() + half, abs=0.15 * half)


def test_the_bootstrap_depends_on_its_seed_only() -> None:
    nll, ones = np.arange(1.0, 30.0), np.ones(29)
    first = ratio(nll, ones, seed=3, exponentiate=False)
    assert ratio(nll, ones, seed=3, exponentiate=False) == first
    assert ratio(nll, ones, seed=4, exponentiate=False) != first


@pytest.mark.parametrize("nats", [math.nan, math.inf, 701.0])
def test_a_diverged_model_has_no_perplexity(nats: float) -> None:
    with pytest.raises(ValueError, match="the model has diverged"):
        bounded_exp(nats)


def test_a_ratio_needs_something_to_divide_by() -> None:
    with pytest.raises(ValueError, match="0 items"):
        ratio(np.array([]), np.array([]), seed=0, exponentiate=True)
