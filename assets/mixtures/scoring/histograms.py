"""Distributions that add up: fixed bins per source and score, from which quantiles are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from assets.mixtures.scoring.text_kernels import I64

RANGES: Mapping[str, tuple[float, float]] = {
    "medical": (0.0, 1.0),
    "educational": (0.0, 1.0),
    "knowledge_density": (0.0, 1.0),
    "reasoning_density": (0.0, 1.0),
    "quality": (0.0, 1.0),
    "bits_per_byte": (0.0, 10.0),
}
NUM_BINS = 1000
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)

Counted = dict[tuple[str, str, str], int]


@dataclass
class Distributions:
    """Counts of one part; those of all parts are their sum, in any order."""

    bins: dict[tuple[str, str], I64] = field(default_factory=dict)
    """(source, score) -> documents per bin; the last bin counts what has no score."""
    classes: Counted = field(default_factory=dict)
    """(source, column, class) -> documents."""

    def add(self, sources: pl.Series, scores: pl.DataFrame) -> None:
        """Count the rows of one batch."""
        frame = scores.with_columns(sources.alias("source"))
        for (source,), rows in frame.group_by("source", maintain_order=True):
            for name, (low, high) in RANGES.items():
                values = rows[name].cast(pl.Float64).to_numpy()
                known = ~np.isnan(values)
                places = np.full(len(values), NUM_BINS, dtype=np.int64)
                scaled = (values[known] - low) / (high - low) * NUM_BINS
                places[known] = np.clip(scaled, 0, NUM_BINS - 1).astype(np.int64)
                self._bump((str(source), name), np.bincount(places, minlength=NUM_BINS + 1))
            for name in ("department", "content_type", "topic"):
                for value, number in rows[name].value_counts().iter_rows():
                    key = (str(source), name, str(value))
                    self.classes[key] = self.classes.get(key, 0) + number

    def merge(self, others: Iterable[Distributions]) -> Distributions:
        """Add the counts of others to these and return them."""
        for other in others:
            for place, counts in other.bins.items():
                self._bump(place, counts)
            for key, number in other.classes.items():
                self.classes[key] = self.classes.get(key, 0) + number
        return self

    def quantiles(self) -> dict[str, dict[str, list[float]]]:
        """Return QUANTILES per source and score; NaN where no document has the score."""
        found: dict[str, dict[str, list[float]]] = {}
        for (source, name), counts in sorted(self.bins.items()):
            found.setdefault(source, {})[name] = _quantiles(counts[:NUM_BINS], RANGES[name])
        return found

    def shares(self, column: str) -> dict[str, dict[str, int]]:
        """Return documents per source and class, the largest class first."""
        rows = sorted(
            (source, -number, value)
            for (source, name, value), number in self.classes.items()
            if name == column
        )
        found: dict[str, dict[str, int]] = {}
        for source, number, value in rows:
            found.setdefault(source, {})[value] = -number
        return found

    def _bump(self, place: tuple[str, str], counts: I64) -> None:
        self.bins[place] = self.bins.get(place, np.zeros(NUM_BINS + 1, np.int64)) + counts


def _quantiles(counts: I64, limits: tuple[float, float]) -> list[float]:
    """Return the middle of the bin that each quantile falls into."""
    total = int(counts.sum())
    if not total:
        return [float("nan")] * len(QUANTILES)
    low, high = limits
    ranks: Sequence[float] = [share * total for share in QUANTILES]
    places = np.searchsorted(np.cumsum(counts), ranks, side="left")
    return [round(low + (int(place) + 0.5) / NUM_BINS * (high - low), 4) for place in places]
