"""What the release took, by family and in all; what nobody has priced is not recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assets.lineage.manifest import Cost, Manifest


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one artifact cost beyond time and operations."""

    energy_kwh: float
    co2_kg: float
    money: float
    currency: str


@dataclass(frozen=True, kw_only=True)
class Spent:
    """One row: own cost of the artifacts of a family, or of all of them."""

    name: str
    artifacts: int
    cost: Cost
    price: Price | None
    """None: not recorded for all of its artifacts, and then no sum is given."""


def spent_on(
    chain: Sequence[Manifest], prices: Mapping[str, Price] | None = None
) -> tuple[Spent, ...]:
    """Return a row per family in the order of the graph, and one for all; prices by fingerprint.

    This is the place where prices enter the passport; without them its columns say so.
    """
    families = list(dict.fromkeys(manifest.family for manifest in chain))
    rows = [
        _row(family, [m for m in chain if m.family == family], prices or {}) for family in families
    ]
    return (*rows, _row("all", chain, prices or {}))


def _row(name: str, manifests: Sequence[Manifest], prices: Mapping[str, Price]) -> Spent:
    found = [prices[m.fingerprint] for m in manifests if m.fingerprint in prices]
    return Spent(
        name=name,
        artifacts=len(manifests),
        cost=sum((m.cost for m in manifests), Cost()),
        price=_sum(found) if found and len(found) == len(manifests) else None,
    )


def _sum(prices: Sequence[Price]) -> Price | None:
    currencies = {price.currency for price in prices}
    if len(currencies) > 1:
        return None  # sums of several currencies mean nothing
    return Price(
        energy_kwh=sum(price.energy_kwh for price in prices),
        co2_kg=sum(price.co2_kg for price in prices),
        money=sum(price.money for price in prices),
        currency=currencies.pop(),
    )
