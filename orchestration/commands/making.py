"""What `materia materialize` and `materia forget` do: plan the Dagster runs of artifacts, run them.

Apart from the command, which begins other things before Dagster's import.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg
import typer

from assets.lineage.defs import ACCEPT_DRIFT_TAG
from assets.lineage.find import parse_reference
from assets.recipes.ablation import VARIANTS, ablation_name
from assets.recipes.catalogue import recipe as recipe_named
from orchestration.commands.console import console
from orchestration.commands.progress import Progress
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
from orchestration.tracker import MlflowTracker

Plan = list[tuple[str, str, tuple[str, ...]]]
"""(job, partition, assets) in order."""


def run_plan(
    plan: Plan,
    settings: Settings,
    tags: dict[str, str] | None = None,
    tracker: MlflowTracker | None = None,
) -> Mapping[str, str]:
    """Run the jobs in order; return what became of each artifact, or exit when one fails.

    `tracker` is one that was prepared earlier.
    """
    prepare_environment(settings)
    prepare_instance(settings.dagster_home, settings.dagster_db)
    with Progress(console) as progress, dg.DagsterInstance.get() as instance:
        platform = build_platform(settings, on_progress=progress.tell, tracker=tracker)
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


def forecast_of(plan: Plan, settings: Settings) -> Forecast:
    forecaster = open_forecaster(settings, open_lake(settings), places_of(settings))
    with console.status("forecasting what it costs"):
        return forecaster.forecast(targets_of(plan))


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


def plan_of(artifacts: list[str], recipe: str | None) -> Plan:
    """Return the runs that make artifacts, or a recipe, or else the ablation table."""
    if recipe is not None:
        chosen = recipe_named(recipe)
        corpora = [("build_corpora", source, ()) for source in chosen.source_names]
        corpora.append(("read_withdrawals", "", ()))
        return [*corpora, ("train_recipe" if chosen.sft else "judge_base", recipe, ())]
    if not artifacts:
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
