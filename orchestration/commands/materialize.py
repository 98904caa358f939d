"""`materia materialize`: make a recipe, the ablation table or single artifacts, by Dagster."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated

import dagster as dg
import typer

from assets.lineage.defs import ACCEPT_DRIFT_TAG
from assets.lineage.find import parse_reference
from assets.lineage.scope import ACCEPT_COST_TAG
from assets.recipes.ablation import VARIANTS, ablation_name
from assets.recipes.catalogue import recipe as recipe_named
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
from orchestration.commands.dry_run import show_dry_run
from orchestration.commands.progress import Progress
from orchestration.commands.report import show_ablation, show_recipe
from orchestration.dagster_instance import prepare_instance
from orchestration.definitions import build_definitions
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.forecast.forecast import Forecast
from orchestration.forecast.open import open_forecaster
from orchestration.forecast.wanted import Target
from orchestration.jobs import nodes_of
from orchestration.lake import open_lake
from orchestration.platform import build_platform, places_of
from orchestration.run import IMPLICIT_JOB, RunOutcome, run_job
from orchestration.settings import Settings, prepare_environment

Plan = list[tuple[str, str, tuple[str, ...]]]
"""(job, partition, assets) in order."""


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
    plan = _plan(artifacts or [], recipe, ablation)
    settings = Settings.from_env()
    if only_show:
        show_dry_run(artifacts or [], settings, as_json=as_json)
        return
    forecast = _forecast(plan, settings)
    if only_forecast:
        (show_forecast_json if as_json else show_forecast)(forecast, settings.factors)
        return
    if as_json:
        raise ValueError("--json goes with --dry-run or --forecast")
    agree(forecast, limit_of(settings, max_cost, max_hours), settings.factors, yes=yes)
    started = time.monotonic()
    made = run_plan(plan, settings, {**tags_of(accept_drift or []), ACCEPT_COST_TAG: "yes"})
    if recipe:
        show_recipe(recipe, settings, made)
    if ablation:
        show_ablation(settings)
    console.print(f"done in {time.monotonic() - started:.1f} s")


def _forecast(plan: Plan, settings: Settings) -> Forecast:
    forecaster = open_forecaster(settings, open_lake(settings), places_of(settings))
    with console.status("forecasting what it costs"):
        return forecaster.forecast(targets_of(plan))


def run_plan(
    plan: Plan, settings: Settings, tags: dict[str, str] | None = None
) -> Mapping[str, str]:
    """Run the jobs in order; return what became of each artifact, or exit when one fails."""
    prepare_environment(settings)
    prepare_instance(settings.dagster_home, settings.dagster_db)
    with Progress(console) as progress, dg.DagsterInstance.get() as instance:
        platform = build_platform(settings, on_progress=progress.tell)
        platform.tracker.prepare()
        definitions = build_definitions(settings, platform)
        for job, partition, assets in plan:
            outcome = run_job(
                definitions, instance, job=job, partition=partition, assets=assets, tags=tags
            )
            if not outcome.succeeded:
                progress.close()
                _fail(outcome)
    return progress.made


def targets_of(plan: Plan) -> list[Target]:
    """Return what the runs of a plan make, as (node, partition)."""
    return [
        (node, partition)
        for job, partition, assets in plan
        for node in (assets if job == IMPLICIT_JOB else nodes_of(job))
    ]


def tags_of(accept_drift: list[str]) -> dict[str, str]:
    """Return the tags of the runs this command starts."""
    tags = {"materia/launched_by": "materia materialize"}
    return {**tags, ACCEPT_DRIFT_TAG: " ".join(accept_drift)} if accept_drift else tags


def _plan(artifacts: list[str], recipe: str | None, ablation: bool) -> Plan:
    if sum((bool(artifacts), recipe is not None, ablation)) != 1:
        raise ValueError("give artifacts, or --recipe NAME, or --ablation")
    if recipe is not None:
        chosen = recipe_named(recipe)
        corpora = [("build_corpora", source, ()) for source in chosen.source_names]
        corpora.append(("read_withdrawals", "", ()))
        return [*corpora, ("train_recipe" if chosen.sft else "judge_base", recipe, ())]
    if ablation:
        names = [ablation_name(variant) for variant in VARIANTS]
        sources = recipe_named(names[0]).source_names
        return [
            *[("build_corpora", source, ()) for source in sources],
            *[("judge_base", name, ()) for name in names],
            ("tabulate_ablation", "", ()),
        ]
    plan: Plan = []
    for text in artifacts:
        node, partition, _ = parse_reference(text)
        plan.append((IMPLICIT_JOB, partition, (node,)))
    return plan


def _fail(outcome: RunOutcome) -> None:
    console.print(f"run {outcome.run_id} of {outcome.job} failed", style="red")
    for problem in outcome.problems:
        console.print(problem)
    console.print("`materia ui` shows the whole run; what was finished is kept and reused.")
    raise typer.Exit(FOUND_A_PROBLEM)
