"""Figures of an earlier artifact, grown to those of one to come, with their bounds."""

from __future__ import annotations

from dataclasses import replace

from assets.lineage.figures import Figure, Figures, estimated
from assets.lineage.usage import CPU
from orchestration.forecast.growth import Growth

_GROWING = (
    "wall_s", "cpu_hours", "device_hours", "device_energy_kwh", "energy_kwh", "co2_kg", "price"
)  # fmt: skip
"""Figures that follow from time; tokens and operations follow from the work alone."""


def scaled(before: Figures, scale: float, growth: Growth) -> Figures:
    """Return figures of so many times the work, and bounds of those that follow from time."""
    return Figures(
        **{
            name: _grown(figure, growth) if name in _GROWING else figure.times(scale)
            for name, figure in before.items()
        }
    )


def on_idle_cores(figures: Figures, device: str) -> Figures:
    """Return figures whose time by the clock may be as low as what cores are busy.

    What an earlier artifact waited for, other work on its machine, may be gone. Accelerators work
    while cores wait for them: there nothing changes.
    """
    if device not in ("", CPU):
        return figures
    cores = figures.cpu_hours
    return replace(
        figures,
        wall_s=_as_low_as(figures.wall_s, cores.times(3600)),
        device_hours=_as_low_as(figures.device_hours, cores),
    )


def _as_low_as(clock: Figure, busy: Figure) -> Figure:
    if clock.low is None or clock.high is None or busy.low is None:
        return clock
    return clock.between(min(clock.low, busy.low), clock.high)


def _grown(figure: Figure, growth: Growth) -> Figure:
    low, high = figure.times(growth.low).value, figure.times(growth.high).value
    return figure.times(growth.likely).between(low or 0.0, high or 0.0)


def forecast_figure(value: Growth, factor: float = 1.0) -> Figure:
    grown = value.times(factor)
    return estimated(grown.likely).between(grown.low, grown.high)
