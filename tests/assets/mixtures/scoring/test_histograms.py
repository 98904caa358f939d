"""Distributions of parts add up to that of the whole, and quantiles are read from them."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from assets.mixtures.scoring.histograms import RANGES, Distributions


def frame(values: list[float | None]) -> pl.DataFrame:
    count = len(values)
    return pl.DataFrame(
        {
            **{name: pl.Series(values, dtype=pl.Float32) for name in RANGES},
            **{name: ["a"] * count for name in ("department", "content_type", "topic")},
        }
    )


def test_quantiles_are_close_to_those_of_the_values() -> None:
    values = list(np.linspace(0, 1, 501))
    found = Distributions()
    found.add(pl.Series(["s"] * len(values)), frame(values))
    assert found.quantiles()["s"]["quality"] == pytest.approx([0.1, 0.25, 0.5, 0.75, 0.9], abs=2e-3)


def test_parts_add_up_in_any_order() -> None:
    draw = np.random.Generator(np.random.PCG64(3))
    values = draw.random(90).tolist()
    sources = pl.Series(["s", "t", "s"] * 30)
    whole, parts = Distributions(), []
    whole.add(sources, frame(values))
    for first in range(0, 90, 30):
        part = Distributions()
        part.add(sources[first : first + 30], frame(values[first : first + 30]))
        parts.append(part)
    forth, back = Distributions().merge(parts), Distributions().merge(reversed(parts))
    assert forth.quantiles() == back.quantiles() == whole.quantiles()
    assert forth.shares("topic") == {"s": {"a": 60}, "t": {"a": 30}}


def test_missing_scores_have_no_quantile_and_outliers_stay_in_range() -> None:
    found = Distributions()
    found.add(pl.Series(["s"] * 2), frame([None, None]))
    assert all(math.isnan(value) for value in found.quantiles()["s"]["medical"])
    found.add(pl.Series(["s"]), frame([99.0]))
    assert found.quantiles()["s"]["bits_per_byte"][2] == pytest.approx(9.995)
