"""What the release took, by family and in all; what nobody has priced is not recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assets.lineage.manifest import Cost, Manifest


@dataclass(frozen=True, kw_only=True)
class Price:
    """What artifacts cost beyond time and operations; None is what no record tells."""

    energy_kwh: float | None = None
    co2_kg: float | None = None
    money: float | None = None
    currency: str = ""

    @property
    def is_told(self) -> bool:
        return any(part is not None for part in (self.energy_kwh, self.co2_kg, self.money))


Pricing = Callable[[Manifest], Price]
"""What one artifact cost by itself: the place where prices enter evidence."""


def unpriced(manifest: Manifest) -> Price:
    """Return that nothing is recorded, which is so until a pricing is given."""
    return Price()


@dataclass(frozen=True, kw_only=True)
class Spent:
    """One row: own cost of the artifacts of a family, or of all of them."""

    name: str
    artifacts: int
    cost: Cost
    price: Price
    """A sum has a part only where every artifact has it."""


def spent_on(chain: Sequence[Manifest], pricing: Pricing = unpriced) -> tuple[Spent, ...]:
    """Return a row per family in the order of the graph, and one for all."""
    families = list(dict.fromkeys(manifest.family for manifest in chain))
    rows = [_row(family, [m for m in chain if m.family == family], pricing) for family in families]
    return (*rows, _row("all", chain, pricing))


def _row(name: str, manifests: Sequence[Manifest], pricing: Pricing) -> Spent:
    prices = [pricing(manifest) for manifest in manifests]
    currencies = {price.currency for price in prices}
    one_currency = len(currencies) == 1
    return Spent(
        name=name,
        artifacts=len(manifests),
        cost=sum((m.cost for m in manifests), Cost()),
        price=Price(
            energy_kwh=_sum([price.energy_kwh for price in prices]),
            co2_kg=_sum([price.co2_kg for price in prices]),
            money=_sum([price.money for price in prices]) if one_currency else None,
            currency=currencies.pop() if one_currency else "",
        ),
    )


def _sum(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
