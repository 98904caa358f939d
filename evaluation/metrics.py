"""Scores and their intervals, pure numpy: accuracy, perplexity, Wilson, bootstrap.

It knows no benchmark and no file; every interval is a 95% interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
RESAMPLES = 1000
"""Bootstrap resamples: the noise of a 95% percentile end is then far below its width."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with the ends of its interval."""

    value: float
    ci_low: float
    ci_high: float


def proportion(correct: npt.NDArray[np.bool_]) -> Estimate:
    """Return the share of true values with its Wilson interval."""
    num_correct, num_items = int(correct.sum()), int(correct.size)
    low, high = wilson_interval(num_correct, num_items)
    return Estimate(value=num_correct / num_items, ci_low=low, ci_high=high)


def wilson_interval(num_correct: int, num_items: int) -> tuple[float, float]:
    """Return the score interval of Wilson (1927), which stays inside 0..1 and works at 0 and 1."""
    if num_items < 1 or not 0 <= num_correct <= num_items:
        raise ValueError(f"{num_correct} correct of {num_items} items is no proportion")
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    share = num_correct / num_items
    denominator = 1 + z * z / num_items
    centre = (share + z * z / (2 * num_items)) / denominator
    spread = share * (1 - share) / num_items + z * z / (4 * num_items * num_items)
    half = z * math.sqrt(spread) / denominator
    # Exact at the ends, where rounding leaves about 1e-17.
    low = 0.0 if num_correct == 0 else centre - half
    high = 1.0 if num_correct == num_items else centre + half
    return low, high


def ratio(nll: FloatArray, units: FloatArray, *, seed: int, exponentiate: bool) -> Estimate:
    """Return sum(nll) / sum(units), or e to that power, with a bootstrap interval over items.

    Perplexity is e^(nats per token); bits per byte is the plain ratio of bits to bytes.
    """
    if nll.size == 0 or units.sum() <= 0:
        raise ValueError(f"a ratio over {nll.size} items and {units.sum():g} units has no value")
    means = bootstrap_ratios(nll, units, seed=seed)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    ends = [float(nll.sum() / units.sum()), float(low), float(high)]
    value, ci_low, ci_high = (bounded_exp(x) for x in ends) if exponentiate else ends
    return Estimate(value=value, ci_low=ci_low, ci_high=ci_high)


def bootstrap_ratios(nll: FloatArray, units: FloatArray, *, seed: int) -> FloatArray:
    """Return the ratio of sums of RESAMPLES draws of the items with replacement.

    Depends on the seed and the number of items only through its indices, so two models judged on
    the same items with the same seed are resampled alike.
    """
    generator = np.random.default_rng(seed)
    ratios = np.empty(RESAMPLES)
    for index in range(RESAMPLES):
        drawn = generator.integers(0, nll.size, nll.size)
        ratios[index] = nll[drawn].sum() / units[drawn].sum()
    return ratios


def bounded_exp(nats: float) -> float:
    """Return e^nats; raises ValueError where that is no finite number."""
    if not math.isfinite(nats) or nats > 700:
        raise ValueError(f"{nats} nats per unit has no finite perplexity: the model has diverged")
    return math.exp(nats)
