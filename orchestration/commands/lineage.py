"""`materia lineage`: everything that went into an artifact, or everything it went into."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from assets.lineage.audit import ArtifactGraph, edge_view, node_view
from assets.lineage.find import find_artifact
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.lake import open_lake
from orchestration.settings import Settings


def lineage(
    artifact: Annotated[str, typer.Argument(help="For example 'releases/release[tiny]'.")],
    forward: Annotated[
        bool, typer.Option("--forward", help="What it went into, instead of what went in.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the graph behind (or ahead of) one artifact.

    Example: `materia lineage 'releases/release[tiny]' --json`
    """
    lake = open_lake(Settings.from_env())
    graph = ArtifactGraph.of(lake)
    start = find_artifact(artifact, lake)
    found = graph.descendants(start) if forward else graph.ancestors(start)
    edges = graph.edges_among(found)
    if as_json:
        print_json(
            {
                "nodes": [node_view(manifest, lake.uri(manifest)) for manifest in found],
                "edges": [edge_view(edge) for edge in edges],
            }
        )
        return
    title = f"{start.key}: {'what it went into' if forward else 'what went in'}"
    table = Table(title=title, title_justify="left")
    for heading in ("artifact", "fingerprint", "digest", "finished", "read from"):
        table.add_column(heading, overflow="fold")
    names = {manifest.fingerprint: manifest.key for manifest in found}
    for manifest in found:
        inputs = [names[e.input] for e in edges if e.consumer == manifest.fingerprint]
        table.add_row(
            manifest.key,
            manifest.short,
            manifest.digest[:12],
            manifest.finished_at[:19],
            ", ".join(inputs),
        )
    console.print(table)
    console.print(f"{len(found)} artifacts, {len(edges)} edges")
