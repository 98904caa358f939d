"""Figures that say how they are known: measured, estimated, or not at all. Never a zero for that.

Values and their addition only; assets/lineage/cost.py fills them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

Basis = Literal["measured", "estimated", "unknown", "none"]
"""none: there is nothing to measure, as with the tokens of a copied file."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    value: float | None
    basis: Basis
    num_unknown: int = 0
    """Parts of a sum that are not known: the value is that of the others."""
    low: float | None = None
    """Of a forecast: what it will hardly be below. None elsewhere; so is `high`."""
    high: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the plain fields; bounds only where there are any."""
        bounds = ("low", "high")
        return {k: v for k, v in vars(self).items() if k not in bounds or v is not None}

    def times(self, factor: float) -> Figure:
        """Return a product with a stated factor, which makes an estimate of it."""
        if self.value is None:
            return self
        return Figure(
            value=self.value * factor,
            basis="estimated",
            num_unknown=self.num_unknown,
            low=None if self.low is None else self.low * factor,
            high=None if self.high is None else self.high * factor,
        )

    def between(self, low: float, high: float) -> Figure:
        """Return the figure with bounds; what is not known has none."""
        return self if self.value is None else replace(self, low=low, high=high)


UNKNOWN = Figure(value=None, basis="unknown", num_unknown=1)
NOTHING = Figure(value=None, basis="none")


def measured(value: float | None) -> Figure:
    return UNKNOWN if value is None else Figure(value=float(value), basis="measured")


def estimated(value: float | None) -> Figure:
    return UNKNOWN if value is None else Figure(value=float(value), basis="estimated")


def add(parts: Iterable[Figure]) -> Figure:
    """Return the sum of what is known, with how many parts are not."""
    taken = [part for part in parts if part.basis != "none"]
    known = [part for part in taken if part.value is not None]
    num_unknown = sum(part.num_unknown for part in taken)
    if not known:
        return Figure(value=None, basis="unknown" if taken else "none", num_unknown=num_unknown)
    all_measured = all(part.basis == "measured" for part in known)
    is_bounded = any(part.low is not None for part in known)
    return Figure(
        value=sum(part.value for part in known if part.value is not None),
        basis="measured" if all_measured else "estimated",
        num_unknown=num_unknown,
        low=_sum((part.low, part.value) for part in known) if is_bounded else None,
        high=_sum((part.high, part.value) for part in known) if is_bounded else None,
    )


def _sum(bounds_or_values: Iterable[tuple[float | None, float | None]]) -> float:
    """Add up bounds; a part that has none stands for itself."""
    return sum(value or 0.0 if bound is None else bound for bound, value in bounds_or_values)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one artifact took, or several together."""

    wall_s: Figure
    """Of the work, waiting for a scheduler included."""
    cpu_hours: Figure
    """Hours of one busy core."""
    device_hours: Figure
    """Hours that one rank was held, on an accelerator or on a processor."""
    tokens: Figure
    flops: Figure
    device_energy_kwh: Figure
    """Of the accelerators by their own counters, without anything around them."""
    energy_kwh: Figure
    """Of everything, with the data centre."""
    co2_kg: Figure
    price: Figure

    def to_dict(self) -> dict[str, Any]:
        return {name: figure.to_dict() for name, figure in self.items()}

    def items(self) -> list[tuple[str, Figure]]:
        return [(field.name, getattr(self, field.name)) for field in fields(self)]


ALL_UNKNOWN = Figures(**{field.name: UNKNOWN for field in fields(Figures)})
"""Of something of which there is no record at all."""


def total(parts: Iterable[Figures]) -> Figures:
    taken = list(parts)
    return Figures(
        **{
            field.name: add(getattr(part, field.name) for part in taken)
            for field in fields(Figures)
        }
    )
