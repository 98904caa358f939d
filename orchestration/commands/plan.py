"""`materia plan`: what a recipe's artifacts are, which exist, and what would be made."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from assets.recipes.resolve import resolve_graph
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.lake import open_lake
from orchestration.settings import Settings


def plan(
    recipe: Annotated[str, typer.Option(help="A recipe, for example tiny.")],
    as_json: JsonOption = False,
) -> None:
    """List every artifact a recipe stands for now, and whether the lake has it.

    Example: `materia plan --recipe tiny`
    """
    lake = open_lake(Settings.from_env())
    steps = resolve_graph(recipe, lake).steps.values()
    rows = [
        {
            "key": step.key,
            "fingerprint": step.fingerprint,
            "exists": lake.find(step.family, step.name, step.fingerprint) is not None,
        }
        for step in steps
    ]
    if as_json:
        print_json({"recipe": recipe, "artifacts": rows})
        return
    table = Table(title=f"Recipe {recipe}", title_justify="left")
    for heading in ("artifact", "fingerprint", "in the lake"):
        table.add_column(heading)
    for row in rows:
        table.add_row(str(row["key"]), str(row["fingerprint"])[:12], "yes" if row["exists"] else "")
    console.print(table)
