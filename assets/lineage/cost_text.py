"""Costs as words: numbers people read, and the marks that say how each is known.

`~` stands before an estimate, `?` for what nobody knows, `+?` behind a sum of which parts are
unknown, and nothing at all before a measurement.
"""

from __future__ import annotations

from assets.lineage.cost import CostReport
from assets.lineage.figures import Figure, Figures

TITLES = {
    "wall_s": "time, s",
    "cpu_hours": "core hours",
    "device_hours": "device hours",
    "tokens": "tokens",
    "flops": "FLOP",
    "device_energy_kwh": "devices, kWh",
    "energy_kwh": "energy, kWh",
    "co2_kg": "CO2, kg",
    "price": "price",
}
"""Columns in their order; the currency is added to the last."""

LEGEND = (
    "No mark: measured. ~: estimated, by the factors below or, for FLOP, by formula. ?: not known; "
    "+?: without the parts that are not known."
)


def title_of(field: str, currency: str) -> str:
    return f"{TITLES[field]}, {currency}" if field == "price" else TITLES[field]


def cells(figures: Figures) -> list[str]:
    return [told(name, figure) for name, figure in figures.items()]


def told(field: str, figure: Figure) -> str:
    """Return a figure with its marks; "" where there is nothing to count."""
    if figure.basis == "none":
        return ""
    if figure.value is None:
        return "?"
    number = f"{figure.value:.3g}" if field == "flops" else few(figure.value)
    mark = "~" if figure.basis == "estimated" else ""
    return f"{mark}{number}{' +?' if figure.num_unknown else ''}"


def few(value: float) -> str:
    """Return three significant digits without powers of ten where people can do without."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.2g}"


def markdown(report: CostReport, currency: str) -> str:
    """Return own, inherited and total as a table, for the asset's page."""
    columns = (("own", report.own), ("inherited", report.inherited), ("total", report.total))
    head = "| | " + " | ".join(name for name, _ in columns) + " |"
    rows = []
    for name in TITLES:
        values = [told(name, getattr(figures, name)) for _, figures in columns]
        if any(values):
            rows.append(f"| {title_of(name, currency)} | " + " | ".join(values) + " |")
    return "\n".join([head, "|---|---:|---:|---:|", *rows, "", LEGEND, *gone(report)])


def gone(report: CostReport) -> list[str]:
    """Return a sentence about ancestors that the sums miss, if there are any."""
    if not report.num_gone:
        return []
    return [
        f"{report.num_gone} artifacts that went into it are no longer in the lake: not counted."
    ]
