"""The limit: which forecasts let a run start, and what is said of one that does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assets.lineage.cost_text import few
from assets.lineage.figures import Figure
from assets.ports import CostVerdict
from orchestration.cost_settings import Limit
from orchestration.forecast.forecast import Forecast, Forecaster

_NAMED = 3
"""Artifacts of unknown cost that a sentence names (our choice)."""


class ForecastGate:
    """The CostGate of an installation; remembers its verdict on each run."""

    def __init__(self, forecaster: Forecaster, limit: Limit) -> None:
        self._forecaster, self._limit = forecaster, limit
        self._verdicts: dict[str, CostVerdict] = {}

    @property
    def has_limit(self) -> bool:
        return self._limit.is_set

    def judge(self, targets: Sequence[tuple[str, str]], run_id: str = "") -> CostVerdict:
        if run_id in self._verdicts:
            return self._verdicts[run_id]
        verdict = judge(
            self._forecaster.forecast(targets), self._limit, self._forecaster.factors.currency
        )
        if run_id:
            self._verdicts[run_id] = verdict
        return verdict


def judge(forecast: Forecast, limit: Limit, currency: str) -> CostVerdict:
    """Return the verdict on a forecast.

    Work that nobody has a figure for does not stand against a limit, or nothing could ever be made
    for the first time; a training or judging job without one does, for it may cost anything.
    """
    told = sentence(forecast, currency)
    reasons = [*_above(forecast, limit, currency), *_unpriced(forecast, limit)]
    refusal = f"{told} {' '.join(reasons)}" if reasons else ""
    return CostVerdict(forecast=told, refusal=refusal)


def sentence(forecast: Forecast, currency: str) -> str:
    """Return what a run is forecast to take, in one sentence."""
    if not forecast.artifacts:
        return "Nothing is to be made."
    figures = forecast.total
    parts = [
        _about(figures.wall_s, "{}", _duration),
        _about(figures.cpu_hours, "{} core hours"),
        _about(figures.device_hours, "{} device hours"),
        _about(figures.price, f"{currency} {{}}"),
    ]
    number, unknown = len(forecast.artifacts), len(forecast.unknown)
    made = "1 artifact is to be made" if number == 1 else f"{number} artifacts are to be made"
    known = ", ".join(part for part in parts if part) or "next to nothing"
    if not unknown:
        return f"{made}: about {known}."
    if unknown == number:
        return f"{made}, at a cost that is not known."
    return f"{made}: about {known} for {number - unknown} of them; of {unknown} it is not known."


def _above(forecast: Forecast, limit: Limit, currency: str) -> list[str]:
    price, hours = forecast.total.price.value, forecast.total.device_hours.value
    reasons = []
    if limit.price is not None and price is not None and price > limit.price:
        reasons.append(
            f"{currency} {few(price)} is above the limit of {currency} {few(limit.price)} "
            "(MATERIA_MAX_COST, --max-cost)."
        )
    if limit.device_hours is not None and hours is not None and hours > limit.device_hours:
        reasons.append(
            f"{few(hours)} device hours are above the limit of {few(limit.device_hours)} "
            "(MATERIA_MAX_DEVICE_HOURS, --max-hours)."
        )
    return reasons


def _unpriced(forecast: Forecast, limit: Limit) -> list[str]:
    wanted = ["price"] if limit.price is not None else []
    wanted += ["device_hours"] if limit.device_hours is not None else []
    names = [
        each.key
        for each in forecast.artifacts
        if each.has_job and any(getattr(each.figures, field).value is None for field in wanted)
    ]
    if not names:
        return []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [
        f"What the jobs of {', '.join(names[:_NAMED])}{more} will cost cannot be told: say with "
        "MATERIA_COST_DEVICE what they run on."
    ]


def _about(figure: Figure, words: str, text: Callable[[float], str] = few) -> str:
    """Return a figure in words, with its bounds if it has any; "" for none or nothing."""
    if not figure.value:
        return ""
    told = words.format(text(figure.value))
    if figure.low is None or figure.high is None:
        return told
    return f"{told} ({text(figure.low)} to {text(figure.high)})"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{few(seconds / 3600)} h"
