"""What the release took, by family and in all: what was measured, and what follows from factors.

Energy, CO2 and money are those of assets/lineage/cost.py; without factors they are not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.lineage.cost import cost_of
from assets.lineage.cost_text import LEGEND, columns_of, told
from assets.lineage.factor_rows import factor_rows
from assets.lineage.factors import Factors
from assets.lineage.figures import total
from assets.lineage.manifest import Cost, Manifest

_FIELDS = ("cpu_hours", "energy_kwh", "co2_kg", "price")
"""Figures that stand beside the measured cost of every manifest."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """One row: own cost of the artifacts of a family, or of all of them."""

    name: str
    artifacts: int
    cost: Cost
    figures: tuple[str, ...]
    """As `materia cost` tells them, with its marks."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    heads: tuple[str, ...]
    """Of the figures; none without factors."""
    rows: tuple[Spent, ...]
    """Families in the order of the graph, then all."""
    factors: tuple[tuple[str, str, str], ...]
    """Name, value, source of each that a figure rests on."""
    legend: str


def costs_of(chain: Sequence[Manifest], factors: Factors | None) -> Costs:
    """Return the table; a figure that a record does not give is marked, and never a zero."""
    groups = [(f, [m for m in chain if m.family == f]) for f in _families(chain)]
    groups.append(("all", list(chain)))
    if factors is None:
        rows = tuple(_row(name, members, ()) for name, members in groups)
        return Costs(heads=(), rows=rows, factors=(), legend="")
    known = {manifest.fingerprint: cost_of(manifest, factors) for manifest in chain}
    every = columns_of(total(cost.own for cost in known.values()), factors.currency)
    columns = {name: every[name] for name in _FIELDS}

    def figures(members: Sequence[Manifest]) -> tuple[str, ...]:
        whole = total(known[m.fingerprint].own for m in members)
        cells = [told(f, getattr(whole, f), scale) for f, (_, scale) in columns.items()]
        return tuple(cell or "0" for cell in cells)

    return Costs(
        heads=tuple(title for title, _ in columns.values()),
        rows=tuple(_row(name, members, figures(members)) for name, members in groups),
        factors=tuple(factor_rows({cost.device for cost in known.values()}, factors)),
        legend=LEGEND,
    )


def _families(chain: Sequence[Manifest]) -> list[str]:
    return list(dict.fromkeys(manifest.family for manifest in chain))


def _row(name: str, members: Sequence[Manifest], figures: tuple[str, ...]) -> Spent:
    cost = sum((manifest.cost for manifest in members), Cost())
    return Spent(name=name, artifacts=len(members), cost=cost, figures=figures)
