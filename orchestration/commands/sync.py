"""`materia sync` and `materia rebuild`: bring MLflow level with the lake."""

from __future__ import annotations

import typer

from orchestration import tracker_sync
from orchestration.commands.console import console
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.lake import open_lake
from orchestration.platform import open_tracker
from orchestration.settings import Settings, prepare_environment


def sync() -> None:
    """Complete MLflow runs that could not be written while the server was away.

    Example: `materia sync`. Exit code 1: something still waits.
    """
    settings = Settings.from_env()
    prepare_environment(settings)
    report = tracker_sync.sync(open_tracker(settings), open_lake(settings))
    for line in report.completed:
        console.print(f"+ {line}", style="green")
    for line in report.waiting:
        console.print(f"waits: {line}", style="yellow")
    console.print(f"{len(report.completed)} completed, {len(report.waiting)} waiting")
    if report.waiting:
        raise typer.Exit(FOUND_A_PROBLEM)


def rebuild() -> None:
    """Write every artifact's run and every registered release into MLflow, from the lake alone.

    Example: `materia rebuild`
    """
    settings = Settings.from_env()
    prepare_environment(settings)
    written = tracker_sync.rebuild(open_tracker(settings), open_lake(settings))
    console.print(f"{written} artifacts written to MLflow")
