"""`materia promote`: choose the release that a recipe serves."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Annotated

import dagster as dg
import typer

from assets.lineage.find import find_artifact
from orchestration.commands.console import console
from orchestration.dagster_instance import prepare_instance
from orchestration.dagster_rebuild import report_artifact
from orchestration.lake import open_lake
from orchestration.mlflow_connection import TrackerError
from orchestration.mlflow_models import CHAMPION, recipe_of, registered_name
from orchestration.platform import build_platform, open_tracker
from orchestration.promotion import promote as promote_release
from orchestration.provenance import gather
from orchestration.settings import Settings, prepare_environment


def promote(
    release: Annotated[str, typer.Argument(help="For example 'releases/release[tiny]'.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever.")],
) -> None:
    """Hash a release again and make it the champion of its recipe; the lake remembers it.

    Example: `materia promote 'releases/release[tiny]' --reason 'best medical score'`
    """
    settings = Settings.from_env()
    prepare_environment(settings)
    lake = open_lake(settings)
    chosen = find_artifact(release, lake)
    manifest = promote_release(
        lake,
        chosen,
        reason=reason,
        by=getpass.getuser(),
        now=datetime.now(UTC),
        provenance=gather(""),
    )
    tracker = open_tracker(settings, lake)
    run_id = ""
    try:
        run_id = tracker.writer.record(manifest, lake.uri(manifest))
        version = tracker.writer.register(
            recipe=recipe_of(chosen), manifest=chosen, uri=lake.uri(chosen), alias=CHAMPION
        )
        told = f"version {version} of {registered_name(recipe_of(chosen))} is the {CHAMPION}"
    except TrackerError as error:
        told = f"kept in the lake; MLflow does not know it yet, `materia rebuild`: {error}"
    prepare_instance(settings.dagster_home, settings.dagster_db)
    with dg.DagsterInstance.get() as instance:
        report_artifact(instance, build_platform(settings), manifest, run_id)
    console.print(f"{chosen.key}@{chosen.short}: {told}")
