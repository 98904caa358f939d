"""The factors that costs rest on, as rows that people read: each with its value and its source."""

from __future__ import annotations

from collections.abc import Set

from assets.lineage.cost_text import few
from assets.lineage.factors import Factors


def factor_rows(devices: Set[str], factors: Factors) -> list[tuple[str, str, str]]:
    """Return (name, value with unit, source), of devices only those of some kinds."""
    named = [
        ("one busy core", factors.core_watts),
        ("one core", factors.core_price),
        ("data centre over machines (PUE)", factors.pue),
        ("electricity", factors.carbon),
    ]
    for kind in sorted(devices & factors.devices.keys()):
        rate = factors.devices[kind]
        named += [
            (f"one {kind}", rate.watts),
            (f"around one {kind}", rate.host_watts),
            (f"one {kind}", rate.price),
        ]
    rows = []
    for name, factor in named:
        unit = f"{factors.currency} {factor.unit}" if factor.unit == "an hour" else factor.unit
        rows.append((name, f"{few(factor.value)} {unit}".strip(), factor.source))
    return rows
