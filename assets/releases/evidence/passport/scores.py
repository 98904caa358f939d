"""Scores with their intervals and chance, and what decontamination removed for each benchmark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.lineage.tables import has_table, table
from assets.ports import Lake
from assets.releases.evidence.facts import Facts

WIDTH = 200.0
"""Of the picture in a row."""


@dataclass(frozen=True, kw_only=True)
class Score:
    model: str
    value: float
    low: float | None
    high: float | None
    near_chance: bool
    x: float
    x_low: float
    x_high: float


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    name: str
    title: str
    metric: str
    better: str
    chance: float | None
    x_chance: float | None
    items: int
    scores: tuple[Score, ...]
    removed: int | None
    """Documents taken out of the corpus because they hold an item; None: it was not searched."""
    items_matched: int | None


def benchmarks_of(lake: Lake, facts: Facts) -> tuple[Benchmark, ...]:
    """Return a row per benchmark in the scorecard's order."""
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in facts.scores:
        rows.setdefault((row["benchmark"], row["metric"]), []).append(row)
    removed, matched = _contamination(lake, facts)
    return tuple(
        _benchmark(name, metric, found, removed.get(name), matched.get(name))
        for (name, metric), found in rows.items()
    )


def _contamination(lake: Lake, facts: Facts) -> tuple[dict[str, int], dict[str, int]]:
    """Return documents removed and items matched of each benchmark that was searched for."""
    removed: dict[str, int] = {}
    matched: dict[str, int] = {}
    for manifest in facts.all("mixtures/decontaminated"):
        if not (has_table(manifest, "matrix") and has_table(manifest, "removed")):
            continue
        matrix = table(lake, manifest, "matrix", ["benchmark", "num_documents"])
        counted = matrix.group_by("benchmark").agg(pl.col("num_documents").sum())
        removed |= dict(counted.iter_rows())
        items = table(lake, manifest, "removed", ["benchmark", "item_id"])
        found = dict(items.group_by("benchmark").agg(pl.col("item_id").n_unique()).iter_rows())
        matched |= {name: found.get(name, 0) for name in removed}
    return removed, matched


def _benchmark(
    name: str, metric: str, rows: Sequence[dict[str, Any]], removed: int | None, matched: int | None
) -> Benchmark:
    chance = rows[0]["chance"]
    scale = _Scale.of(rows, chance)
    return Benchmark(
        name=name,
        title=rows[0]["title"],
        metric=metric.replace("_", " "),
        better="higher" if rows[0].get("higher_is_better", True) else "lower",
        chance=chance,
        x_chance=None if chance is None else scale.x(chance),
        items=max(row["n"] for row in rows),
        scores=tuple(_score(row, scale) for row in rows),
        removed=removed,
        items_matched=matched,
    )


def _score(row: dict[str, Any], scale: _Scale) -> Score:
    value, low, high = row["value"], row["ci_low"], row["ci_high"]
    return Score(
        model=row["model"],
        value=value,
        low=low,
        high=high,
        near_chance=row.get("above_chance") is False,
        x=scale.x(value),
        x_low=scale.x(value if low is None else low),
        x_high=scale.x(value if high is None else high),
    )


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """Shares from 0 to 1; all else, such as perplexity, over its own range by logarithm."""

    low: float
    high: float
    logarithmic: bool

    @classmethod
    def of(cls, rows: Sequence[dict[str, Any]], chance: float | None) -> _Scale:
        names = ("value", "ci_low", "ci_high")
        values = [row[name] for row in rows for name in names if row[name] is not None]
        values += [] if chance is None else [chance]
        if min(values) >= 0 and max(values) <= 1:
            return cls(low=0.0, high=1.0, logarithmic=False)
        if min(values) <= 0:
            return cls(low=min(values), high=max(values), logarithmic=False)
        return cls(low=min(values) / 1.1, high=max(values) * 1.1, logarithmic=True)

    def x(self, value: float) -> float:
        if self.logarithmic:
            part = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(4 + (WIDTH - 8) * min(1.0, max(0.0, part)), 1)
