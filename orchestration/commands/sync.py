"""`materia sync` and `materia rebuild`: bring MLflow and Dagster level with the lake."""

from __future__ import annotations

import dagster as dg
import typer

from orchestration import tracker_sync
from orchestration.commands.console import console
from orchestration.dagster_instance import prepare_instance
from orchestration.dagster_rebuild import rebuild_dagster
from orchestration.definitions import build_definitions
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.lake import open_lake
from orchestration.platform import build_platform, open_tracker
from orchestration.published import published_in
from orchestration.settings import Settings, prepare_environment
from orchestration.tracker import MlflowTracker


def sync() -> None:
    """Complete MLflow runs that could not be written while the server was away.

    Example: `materia sync`. Exit code 1: something still waits.
    """
    settings = Settings.from_env()
    prepare_environment(settings)
    tracker = open_tracker(settings)
    report = tracker_sync.sync(tracker, open_lake(settings))
    for line in report.completed:
        console.print(f"+ {line}", style="green")
    for line in report.waiting:
        console.print(f"waits: {line}", style="yellow")
    _show_dead_letters(tracker)
    console.print(f"{len(report.completed)} completed, {len(report.waiting)} waiting")
    if report.waiting:
        raise typer.Exit(FOUND_A_PROBLEM)


def rebuild() -> None:
    """Write MLflow (runs, models, aliases) and Dagster (materializations) from the lake alone.

    What they have already stays; a second rebuild writes nothing to Dagster and the same to MLflow.

    Example: `materia rebuild`
    """
    settings = Settings.from_env()
    prepare_environment(settings)
    prepare_instance(settings.dagster_home, settings.dagster_db)
    platform, tracker = build_platform(settings), open_tracker(settings)
    runs = tracker_sync.rebuild(tracker, platform.lake)
    console.print(f"{len(runs)} artifacts written to MLflow")
    with dg.DagsterInstance.get() as instance:
        reported = rebuild_dagster(
            instance,
            build_definitions(settings).resolve_asset_graph(),
            platform,
            runs=runs,
            published=published_in(tracker, platform.lake),
        )
    console.print(f"{reported} materializations written to Dagster")
    _show_dead_letters(tracker)


def _show_dead_letters(tracker: MlflowTracker) -> None:
    letters = list(tracker.dead_letters)
    for letter in letters:
        console.print(f"set aside: {letter}", style="red")
    if letters:
        console.print(f"{len(letters)} records that MLflow refused: {tracker.dead_letters.path}")
