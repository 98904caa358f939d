"""`materia stale`: what a recipe stands for now and the lake has not, with the reasons."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import dagster as dg
import typer

from assets.recipes.catalogue import RECIPES
from assets.recipes.catalogue import recipe as recipe_named
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.dagster_instance import prepare_instance
from orchestration.dagster_staleness import tell_pages
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.lake import open_lake
from orchestration.settings import Settings, prepare_environment
from orchestration.staleness import stale_artifacts


def stale(
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")],
    tell_dagster: Annotated[
        bool, typer.Option("--tell-dagster", help="Write it on the assets' pages as well.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Name each stale artifact of a recipe, what changed, and what follows from it.

    Example: `materia stale --recipe tiny`. Exit code 1: something is stale.
    """
    recipe_named(recipe)
    settings = Settings.from_env()
    prepare_environment(settings)
    lake = open_lake(settings)
    found = stale_artifacts(lake, recipe)
    if tell_dagster:
        prepare_instance(settings.dagster_home, settings.dagster_db)
        with dg.DagsterInstance.get() as instance:
            told = tell_pages(instance, lake, recipe)
    if as_json:
        print_json([asdict(entry) for entry in found])
    else:
        for entry in found:
            console.print(f"{entry.key}: {'; '.join(entry.reasons)}", style="yellow")
        console.print(f"{len(found)} artifacts of {recipe} are stale")
        if tell_dagster:
            console.print(f"{told} observations written to Dagster")
    if found:
        raise typer.Exit(FOUND_A_PROBLEM)
