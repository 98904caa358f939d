"""`materia materialize`: make a recipe, the ablation table or single artifacts, by Dagster."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from assets.lineage.scope import ACCEPT_COST_TAG
from orchestration.commands.agree import (
    ForecastOption,
    MaxCostOption,
    MaxHoursOption,
    YesOption,
    agree,
    limit_of,
    show_forecast,
    show_forecast_json,
)
from orchestration.commands.console import JsonOption, console
from orchestration.platform import open_tracker
from orchestration.settings import Settings, prepare_environment


def materialize(
    artifacts: Annotated[
        list[str] | None, typer.Argument(help="For example 'checkpoints/stage1[tiny]'.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Everything of one recipe, corpora included.")
    ] = None,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="The six variants of tiny and their table.")
    ] = False,
    accept_drift: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD",
            help="Let an interrupted training go on although this field differs from its "
            "checkpoint's, 'program.code' say; may be repeated.",
        ),
    ] = None,
    max_cost: MaxCostOption = None,
    max_hours: MaxHoursOption = None,
    yes: YesOption = False,
    only_forecast: ForecastOption = False,
    only_show: Annotated[
        bool,
        typer.Option("--dry-run", help="Print spec and job of the artifacts; run nothing."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Materialize through Dagster; what the lake already has is reused.

    Example: `materia materialize --recipe tiny`
    """
    if sum((bool(artifacts), recipe is not None, ablation)) != 1:
        raise ValueError("give artifacts, or --recipe NAME, or --ablation")
    if as_json and not (only_show or only_forecast):
        raise ValueError("--json goes with --dry-run or --forecast")
    settings = Settings.from_env()
    prepare_environment(settings)
    tracker = open_tracker(settings)
    if not (only_show or only_forecast):
        tracker.prepare()
    # Dagster takes a second to import, in which MLflow's process loads as well.
    from orchestration.commands.dry_run import show_dry_run
    from orchestration.commands.making import forecast_of, plan_of, run_plan, tags_of
    from orchestration.commands.report import show_ablation, show_recipe

    plan = plan_of(artifacts or [], recipe)
    if only_show:
        show_dry_run(artifacts or [], settings, as_json=as_json)
        return
    forecast = forecast_of(plan, settings)
    if only_forecast:
        (show_forecast_json if as_json else show_forecast)(forecast, settings.factors)
        return
    agree(forecast, limit_of(settings, max_cost, max_hours), settings.factors, yes=yes)
    started = time.monotonic()
    tags = {**tags_of(accept_drift or []), ACCEPT_COST_TAG: "yes"}
    made = run_plan(plan, settings, tags, tracker)
    if recipe:
        show_recipe(recipe, settings, made)
    if ablation:
        show_ablation(settings)
    console.print(f"done in {time.monotonic() - started:.1f} s")
