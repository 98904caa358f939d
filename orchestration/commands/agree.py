"""What a run is forecast to cost, shown before it starts; above the limit somebody has to agree."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from assets.lineage.cost_text import Columns, bounds, cells, columns_of
from assets.lineage.factors import Factors
from assets.lineage.figures import Figures
from assets.ports import TooCostly
from orchestration.commands.console import console, print_json
from orchestration.cost_settings import Limit
from orchestration.forecast.forecast import Forecast
from orchestration.forecast.gate import judge, sentence
from orchestration.settings import Settings

MaxCostOption = Annotated[
    float | None,
    typer.Option(min=0, help="Ask above this forecast price; instead of MATERIA_MAX_COST."),
]
MaxHoursOption = Annotated[
    float | None,
    typer.Option(min=0, help="Ask above so many device hours; or MATERIA_MAX_DEVICE_HOURS."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Agree to what it is forecast to cost.")]
ForecastOption = Annotated[
    bool, typer.Option("--forecast", help="Show what it would cost; run nothing.")
]
_SHOWN = ("wall_s", "cpu_hours", "device_hours", "price")
"""Columns that leave room for bounds and what a figure rests on; --json has all."""


def limit_of(settings: Settings, max_cost: float | None, max_hours: float | None) -> Limit:
    """Return the installation's limit, with what the command line says instead."""
    return Limit(
        price=settings.limit.price if max_cost is None else max_cost,
        device_hours=settings.limit.device_hours if max_hours is None else max_hours,
    )


def agree(forecast: Forecast, limit: Limit, factors: Factors, *, yes: bool) -> None:
    """Say what is to come, and ask where that is above the limit.

    Raises TooCostly without a terminal to ask on, and when the answer is no.
    """
    verdict = judge(forecast, limit, factors.currency)
    if not verdict.refusal or yes:
        if forecast.artifacts:
            console.print(verdict.forecast, soft_wrap=True)
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise TooCostly(f"{verdict.refusal} Nothing was started; --yes agrees to it.")
    show_forecast(forecast, factors)
    console.print(verdict.refusal, style="yellow", soft_wrap=True)
    if not typer.confirm("Start it all the same?"):
        raise TooCostly("Nothing was started.")


def show_forecast_json(forecast: Forecast, factors: Factors) -> None:
    print_json({**forecast.to_dict(), "currency": factors.currency})


def show_forecast(forecast: Forecast, factors: Factors) -> None:
    """Print what is to be made, what each takes, and what that rests on."""
    if forecast.artifacts:
        console.print(_table(forecast, factors))
    console.print(sentence(forecast, factors.currency), soft_wrap=True)
    if forecast.num_present:
        console.print(f"{forecast.num_present} are in the lake and cost nothing.")
    for problem in forecast.unresolved:
        console.print(f"not known: {problem}", style="yellow", soft_wrap=True)


def _table(forecast: Forecast, factors: Factors) -> Table:
    table = Table(title="Forecast", title_justify="left")
    table.add_column("artifact", no_wrap=True)
    every = columns_of(forecast.total, factors.currency)
    columns = {name: every[name] for name in _SHOWN}
    titles = [title for title, _ in columns.values()]
    for title in (titles[0], "between", *titles[1:]):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("from")
    for each in forecast.artifacts:
        table.add_row(each.key, *_figures(each.figures, columns), each.basis)
    table.add_section()
    table.add_row("together", *_figures(forecast.total, columns), "")
    return table


def _figures(figures: Figures, columns: Columns) -> list[str]:
    """Return the cells of a row, with what its time lies between."""
    time, *others = cells(figures, columns)
    return [time, bounds(figures.wall_s, columns["wall_s"][1]), *others]
