"""MATERIA_COST_* and MATERIA_MAX_*: prices, energy and the limit, over the defaults of the table.

Parsed here, read by settings.py. The defaults are those of training/planning: one table for what
is planned and for what was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from assets.lineage.factors import DeviceRate, Factor, Factors
from assets.lineage.usage import CPU
from training.planning.cost import CARBON_G_PER_KWH, PUE
from training.planning.hardware import HARDWARE, Hardware

_CORES_OF_THE_TABLE = 2
"""The table's `cpu` is two cores."""
_OF_THE_PLANNER = "our choice (docs/planning.md)"
_PER_HOUR, _WATTS, _GRAMS = "an hour", "W", "g of CO2 a kWh"

_CORES = HARDWARE[CPU]
_CORE_WATTS = Factor(
    value=(_CORES.device_watts + _CORES.host_watts) / _CORES_OF_THE_TABLE,
    unit=_WATTS,
    source=_CORES.source,
)
_CORE_PRICE = Factor(
    value=_CORES.price_per_hour / _CORES_OF_THE_TABLE, unit=_PER_HOUR, source=_OF_THE_PLANNER
)
_PUE = Factor(value=PUE, unit="", source="Uptime Institute, survey of 2024, average")
_CARBON = Factor(
    value=CARBON_G_PER_KWH, unit=_GRAMS, source="IEA, Electricity 2025: world average of 2024"
)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Most that a run may be forecast to cost before somebody has to agree; None is no limit."""

    price: float | None = None
    device_hours: float | None = None

    @property
    def is_set(self) -> bool:
        return self.price is not None or self.device_hours is not None


def factors_from(env: Mapping[str, str]) -> Factors:
    """Read the factors; raises ValueError naming the variable that is wrong."""
    device = env.get("MATERIA_COST_DEVICE", "")
    if device and device not in HARDWARE:
        raise ValueError(
            f"MATERIA_COST_DEVICE={device!r} is not in the table: use {', '.join(HARDWARE)}"
        )
    price = _given("MATERIA_COST_DEVICE_PRICE", env.get("MATERIA_COST_DEVICE_PRICE"), _PER_HOUR)
    watts = _given("MATERIA_COST_DEVICE_WATTS", env.get("MATERIA_COST_DEVICE_WATTS"), _WATTS)
    core_price = _given("MATERIA_COST_CORE_PRICE", env.get("MATERIA_COST_CORE_PRICE"), _PER_HOUR)
    core_watts = _given("MATERIA_COST_CORE_WATTS", env.get("MATERIA_COST_CORE_WATTS"), _WATTS)
    pue = _given("MATERIA_COST_PUE", env.get("MATERIA_COST_PUE"), "")
    carbon = _given("MATERIA_COST_CARBON", env.get("MATERIA_COST_CARBON"), _GRAMS)
    if pue and pue.value < 1:
        raise ValueError(
            f"MATERIA_COST_PUE={pue.value:g} is below 1: no data centre draws less than it runs"
        )
    return Factors(
        devices={name: _rate(row, price, watts) for name, row in HARDWARE.items() if name != CPU},
        default_device=device,
        core_watts=core_watts or _CORE_WATTS,
        core_price=core_price or _CORE_PRICE,
        pue=pue or _PUE,
        carbon=carbon or _CARBON,
        currency=env.get("MATERIA_COST_CURRENCY", "USD"),
    )


def limit_from(env: Mapping[str, str]) -> Limit:
    """Read the limit; raises ValueError naming the variable that is wrong."""
    return Limit(
        price=number("MATERIA_MAX_COST", env.get("MATERIA_MAX_COST")),
        device_hours=number("MATERIA_MAX_DEVICE_HOURS", env.get("MATERIA_MAX_DEVICE_HOURS")),
    )


def number(name: str, text: str | None) -> float | None:
    """Return a number of at least 0, or None for none; raises ValueError."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name}={text!r} is not a number of 0 or more")
    return value


def _given(name: str, text: str | None, unit: str) -> Factor | None:
    value = number(name, text)
    return None if value is None else Factor(value=value, unit=unit, source=name)


def _rate(row: Hardware, price: Factor | None, watts: Factor | None) -> DeviceRate:
    """Return the table's row, with what the installation pays and draws instead of it."""
    own = Factor(value=row.device_watts, unit=_WATTS, source=row.source)
    around = Factor(value=row.host_watts, unit=_WATTS, source=_OF_THE_PLANNER)
    return DeviceRate(
        name=row.name,
        watts=watts or own,
        host_watts=replace(around, value=0.0, source=watts.source) if watts else around,
        price=price or Factor(value=row.price_per_hour, unit=_PER_HOUR, source=_OF_THE_PLANNER),
    )
