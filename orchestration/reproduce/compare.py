"""Two files of one name: equal, apart by so much, or different, and what that was measured by.

Weights: relative Euclidean distance of each tensor. Numbers in JSON and tables: relative
difference. Everything else has to be equal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from assets.lineage.difference import flatten
from orchestration.reproduce.tensors import TensorFile, relative_distances

WEIGHTS, LOSSES, METRICS = "weights", "losses", "metrics"
DRAWN = (".png", ".html", ".md", ".css")
"""Drawn from the numbers beside them: said, but they do not decide."""

_SMALL = 1e-6
"""Numbers this near to each other are the same, however small they are (our choice)."""
_LOSS_FILES = ("journal.jsonl", "result.json")


@dataclass(frozen=True, kw_only=True)
class Tolerances:
    """Largest relative differences that still count as equal: our choice.

    Two ranks instead of one, another order of adding up, put the weights of recipe smoke's first
    stage 5e-6 apart, its moments 9e-6 and its losses 2e-6; longer trainings get a hundred times.
    """

    weights: float = 1e-3
    losses: float = 1e-3
    metrics: float = 1e-3

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value < 1:
                raise ValueError(f"tolerance for {name} {value} is not in [0, 1)")

    def of(self, kind: str) -> float:
        return float(vars(self)[kind])


@dataclass(frozen=True, kw_only=True)
class FileDifference:
    path: str
    kind: str
    """weights, losses, metrics; "bytes" where nothing but equality counts; "drawn"."""
    largest: float | None
    """Largest relative difference; None where there is no such number."""
    where: str
    """The tensor, field or column that differs most."""
    tolerance: float | None
    verdict: str
    """within, different, or ignored."""

    def to_dict(self) -> dict[str, Any]:
        # JSON has no infinity.
        largest = self.largest if self.largest is None or math.isfinite(self.largest) else None
        return {**vars(self), "largest": largest}


def compare_files(path: str, old: Path, new: Path, tolerances: Tolerances) -> FileDifference:
    """Return how two files differ whose bytes are not equal."""
    suffix = Path(path).suffix
    if suffix in DRAWN:
        return FileDifference(
            path=path, kind="drawn", largest=None, where="", tolerance=None, verdict="ignored"
        )
    kind = _kind(path)
    try:
        apart = _read(suffix, old, new)
    except (ValueError, OSError, pl.exceptions.PolarsError) as problem:
        return _different(path, f"cannot be compared: {problem}")
    if apart is None:
        return _different(path, "")
    what, largest, where = apart
    if what:
        return _different(path, what)
    verdict = "within" if largest <= tolerances.of(kind) else "different"
    return FileDifference(
        path=path, kind=kind, largest=largest, where=where, tolerance=tolerances.of(kind),
        verdict=verdict,
    )  # fmt: skip


Apart = tuple[str, float, str]
"""What makes them incomparable or "", the largest relative difference, and where it is."""


def _kind(path: str) -> str:
    if path.endswith(".safetensors"):
        return WEIGHTS
    return LOSSES if Path(path).name in _LOSS_FILES else METRICS


def _read(suffix: str, old: Path, new: Path) -> Apart | None:
    if suffix == ".safetensors":
        return _weights(TensorFile(old), TensorFile(new))
    if suffix == ".json":
        return _numbers(json.loads(old.read_text()), json.loads(new.read_text()))
    if suffix == ".jsonl":
        return _numbers(_lines(old), _lines(new))
    if suffix == ".parquet":
        return _table(pl.read_parquet(old), pl.read_parquet(new))
    return None


def _different(path: str, why: str) -> FileDifference:
    return FileDifference(
        path=path, kind="bytes", largest=None, where=why, tolerance=None, verdict="different"
    )


def _weights(old: TensorFile, new: TensorFile) -> Apart:
    if old.shapes != new.shapes:
        names = sorted(
            name
            for name in old.shapes.keys() | new.shapes.keys()
            if old.shapes.get(name) != new.shapes.get(name)
        )
        return f"tensors differ in name, type or shape: {', '.join(names[:3])}", 0.0, ""
    name, largest = max(relative_distances(old, new), key=lambda pair: pair[1], default=("", 0.0))
    return "", largest, name


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _numbers(old: Any, new: Any) -> Apart:
    before, after = flatten(old), flatten(new)
    if before.keys() != after.keys():
        odd = sorted(before.keys() ^ after.keys())
        return f"fields are not the same: {', '.join(odd[:3])}", 0.0, ""
    largest, where = 0.0, ""
    for field, a in before.items():
        b = after[field]
        if a == b:
            continue
        if not (_is_number(a) and _is_number(b)):
            return f"{field} is {b!r:.60}, was {a!r:.60}", 0.0, field
        apart = _relative(float(a), float(b))
        if apart > largest:
            largest, where = apart, field
    return "", largest, where


def _table(old: pl.DataFrame, new: pl.DataFrame) -> Apart:
    if old.schema != new.schema or old.height != new.height:
        what = f"{new.height} rows of {len(new.columns)} columns, were {old.height} of "
        return f"{what}{len(old.columns)}", 0.0, ""
    largest, where = 0.0, ""
    for name, kind in old.schema.items():
        if old[name].equals(new[name], null_equal=True):
            continue
        if not kind.is_float():
            rows = int((old[name].ne_missing(new[name])).sum())
            return f"column {name} differs in {rows} of {old.height} rows", 0.0, name
        pairs = zip(old[name].to_list(), new[name].to_list(), strict=True)
        apart = max(_of_column(pairs), default=0.0)
        if apart > largest:
            largest, where = apart, name
    return "", largest, where


def _of_column(pairs: Any) -> Iterator[float]:
    for a, b in pairs:
        if a != b:
            yield math.inf if a is None or b is None else _relative(a, b)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _relative(a: float, b: float) -> float:
    if math.isnan(a) and math.isnan(b):
        return 0.0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    apart = abs(a - b)
    return 0.0 if apart <= _SMALL else apart / max(abs(a), abs(b))
