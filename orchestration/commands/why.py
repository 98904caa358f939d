"""`materia why`: why an artifact is what it is, or what differs between two of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from assets.lineage.difference import Difference, differences
from assets.lineage.find import find_artifact
from assets.lineage.manifest import Manifest
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.lake import open_lake
from orchestration.settings import Settings


def why(
    a: Annotated[str, typer.Argument(help="An artifact, for example 'checkpoints/stage1[tiny]'.")],
    b: Annotated[
        str | None, typer.Argument(help="The one to compare with; default: the one made before.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show field by field what differs between two versions of an artifact.

    Example: `materia why 'checkpoints/stage1[tiny]' 'checkpoints/stage1[tiny-no_conv]'`
    """
    lake = open_lake(Settings.from_env())
    new = find_artifact(a, lake)
    old = find_artifact(b, lake) if b else _before(new, lake.manifests(new.family, new.name))
    if old is None:
        console.print(f"{new.key}@{new.short} is the only version; its config is:")
        print_json(dict(new.config))
        return
    found = differences(old, new)
    if as_json:
        print_json([_view(item) for item in found])
        return
    table = Table(title=f"{old.key}@{old.short} -> {new.key}@{new.short}", title_justify="left")
    for heading in ("what", "before", "after"):
        table.add_column(heading, overflow="fold")
    for item in found:
        table.add_row(item.field, str(item.before), str(item.after))
    console.print(table if found else f"{old.short} and {new.short} are the same")


def _before(new: Manifest, versions: Any) -> Manifest | None:
    earlier = [
        manifest
        for manifest in versions
        if manifest.partition == new.partition and manifest.finished_at < new.finished_at
    ]
    return earlier[-1] if earlier else None


def _view(item: Difference) -> dict[str, Any]:
    return {"field": item.field, "before": item.before, "after": item.after}
