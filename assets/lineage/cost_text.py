"""Costs as words: numbers people read, and the marks that say how each is known.

`~` stands before an estimate, `?` for what nobody knows, `+?` behind a sum of which parts are
unknown, and nothing at all before a measurement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assets.lineage.cost import CostReport
from assets.lineage.figures import Figure, Figures

Columns = Mapping[str, tuple[str, float]]
"""Field -> its heading, and what its values are multiplied by."""

_UNITS: Mapping[str, Sequence[tuple[str, float]]] = {
    "wall_s": (("time, h", 1 / 3600), ("time, s", 1)),
    "cpu_hours": (("core hours", 1), ("core s", 3600)),
    "device_hours": (("device hours", 1), ("device s", 3600)),
    "tokens": (("tokens", 1),),
    "flops": (("FLOP", 1),),
    "device_energy_kwh": (("devices, kWh", 1), ("devices, Wh", 1e3)),
    "energy_kwh": (("energy, kWh", 1), ("energy, Wh", 1e3)),
    "co2_kg": (("CO2, kg", 1), ("CO2, g", 1e3)),
    "price": (("price", 1),),
}
"""Units of each column, the largest first; the currency is added to the last."""

LEGEND = (
    "No mark: measured. ~: estimated, by the factors below or, for FLOP, by formula. ?: not known; "
    "+?: without the parts that are not known."
)


def columns_of(total: Figures, currency: str) -> Columns:
    """Return the columns, each in the largest unit in which the sum is at least 1."""
    columns = {}
    for field, units in _UNITS.items():
        value = getattr(total, field).value or 0.0
        title, scale = next((unit for unit in units if value * unit[1] >= 1), units[-1])
        columns[field] = (f"{title}, {currency}" if field == "price" else title, scale)
    return columns


def cells(figures: Figures, columns: Columns) -> list[str]:
    return [told(name, getattr(figures, name), scale) for name, (_, scale) in columns.items()]


def told(field: str, figure: Figure, scale: float = 1.0) -> str:
    """Return a figure with its marks; "" where there is nothing to count."""
    if figure.basis == "none":
        return ""
    if figure.value is None:
        return "?"
    number = f"{figure.value:.3g}" if field == "flops" else few(figure.value * scale)
    mark = "~" if figure.basis == "estimated" else ""
    return f"{mark}{number}{' +?' if figure.num_unknown else ''}"


def bounds(figure: Figure, scale: float = 1.0) -> str:
    """Return what a forecast figure lies between; "" where it has no bounds."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{few(figure.low * scale)} to {few(figure.high * scale)}"


def few(value: float) -> str:
    """Return three significant digits without powers of ten where people can do without."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.2g}"


def markdown(report: CostReport, currency: str) -> str:
    """Return own, inherited and total as a table, for the asset's page."""
    sums = (("own", report.own), ("inherited", report.inherited), ("total", report.total))
    head = "| | " + " | ".join(name for name, _ in sums) + " |"
    rows = []
    for name, (title, scale) in columns_of(report.total, currency).items():
        values = [told(name, getattr(figures, name), scale) for _, figures in sums]
        if any(values):
            rows.append(f"| {title} | " + " | ".join(values) + " |")
    return "\n".join([head, "|---|---:|---:|---:|", *rows, "", LEGEND, *gone(report)])


def gone(report: CostReport) -> list[str]:
    """Return a sentence about ancestors that the sums miss, if there are any."""
    if not report.num_gone:
        return []
    return [
        f"{report.num_gone} artifacts that went into it are no longer in the lake: not counted."
    ]
