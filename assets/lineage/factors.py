"""What turns hours into energy, CO2 and money: each factor with its source, all of them settable.

Plain values, handed in by orchestration/cost_settings.py; nothing here is read from anywhere, and
nothing of it enters an artifact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from assets.lineage.usage import CPU


@dataclass(frozen=True, kw_only=True)
class Factor:
    value: float
    unit: str
    source: str
    """A publication, a data sheet, "our choice", or the setting that gave it."""


@dataclass(frozen=True, kw_only=True)
class DeviceRate:
    """One kind of accelerator."""

    name: str
    watts: Factor
    """Of the device, for hours whose energy nobody measured."""
    host_watts: Factor
    """Its share of the node around it."""
    price: Factor
    """Of an hour of one device, its share of the node included."""


@dataclass(frozen=True, kw_only=True)
class Factors:
    """All that is assumed; see docs/cost.md."""

    devices: Mapping[str, DeviceRate]
    """By the short name that a driver's name of the device contains: h200."""
    default_device: str
    """Kind of devices that a record does not name, and of those to come; "" is not known."""
    core_watts: Factor
    """Of one busy processor core, with its share of the machine."""
    core_price: Factor
    """Of an hour of one busy core."""
    pue: Factor
    carbon: Factor
    currency: str

    def device_of(self, told: str) -> str:
        """Return a kind of the table, `cpu`, or "" for a device that the table does not know."""
        name = (told or self.default_device).lower()
        if name == CPU:
            return CPU
        found = [kind for kind in self.devices if kind in name]
        return max(found, key=len) if found else ""

    def to_dict(self, kinds: set[str]) -> dict[str, Any]:
        """Return the factors with their sources, of the devices only those of some kinds."""
        plain = {
            field.name: vars(getattr(self, field.name))
            for field in fields(self)
            if isinstance(getattr(self, field.name), Factor)
        }
        devices = {
            kind: {name: vars(getattr(rate, name)) for name in ("watts", "host_watts", "price")}
            for kind, rate in self.devices.items()
            if kind in kinds
        }
        return {**plain, "devices": devices, "currency": self.currency}
