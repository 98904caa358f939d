"""`materia audit`: everything that went into an artifact, as tables, as JSON or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as RichTable

from assets.lineage.find import find_artifact
from assets.releases.backward.ingredients import Ingredients, ingredients
from assets.releases.backward.page import audit_page
from assets.releases.backward.tables import tables
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.lake import open_lake
from orchestration.settings import Settings

_LONG = ("Jobs", "Dependencies", "Configuration")
"""Shown in the page and in JSON; a terminal would drown in them."""


def audit(
    artifact: Annotated[str, typer.Argument(help="For example 'releases/release[tiny]'.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what went into an artifact: corpora with licences and token shares per stage, training,
    code, dependencies, jobs, machines, and what was decided on the way.

    Example: `materia audit 'releases/release[tiny]' --html audit.html`
    """
    settings = Settings.from_env()
    lake = open_lake(settings)
    with console.status("reading lineage"):
        found = ingredients(lake, find_artifact(artifact, lake))
    if html is not None:
        page = audit_page(found, dagster_url=settings.dagster_url, mlflow_url=settings.mlflow_url)
        html.write_text(page, encoding="utf-8")
    if as_json:
        print_json(found.to_dict())
    elif html is None:
        _show(found)
    else:
        console.print(f"{found.artifact}: {len(found.jobs)} artifacts behind it, in {html}")


def _show(found: Ingredients) -> None:
    console.print(f"What went into {found.artifact}", style="bold")
    for part in tables(found):
        if part.title in _LONG:
            continue
        table = RichTable(title=part.title, title_justify="left")
        for heading in part.head:
            table.add_column(heading, overflow="fold")
        for row in part.rows:
            table.add_row(*row)
        console.print(table)
    console.print(
        f"{len(found.jobs)} artifacts, {len(found.packages)} dependencies; --html FILE or --json "
        "has each with its run, machine and configuration"
    )
