"""`materia report`: a recipe's artifacts with counts, time and cost, its scores, what is next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markdown import Markdown
from rich.table import Table

from assets.lineage.find import find_artifact
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document
from assets.ports import Lake
from assets.recipes.graph import RecipeGraph
from assets.recipes.resolve import resolve_graph
from orchestration.commands.console import console
from orchestration.lake import open_lake
from orchestration.settings import Settings

_TELLING_COUNTS = (
    "read", "kept", "dropped", "merged_exact", "merged_near", "documents", "documents_kept",
    "heldout", "removed", "documents_selected", "copies", "samples", "tokens", "entries", "items",
    "steps", "parameters", "benchmarks", "files", "bytes",
)  # fmt: skip
"""What an artifact holds, in the words that tell most, best first."""
_SHOWN_COUNTS = 3


def report(recipe: Annotated[str, typer.Argument(help="A recipe, for example tiny.")]) -> None:
    """Show what was made for a recipe, what it cost and how the model scores.

    Example: `materia report tiny`
    """
    show_recipe(recipe, Settings.from_env(), {})


def show_recipe(name: str, settings: Settings, made: Mapping[str, str]) -> None:
    """Print the tables that end `make demo`."""
    lake = open_lake(settings)
    graph = resolve_graph(name, lake)
    manifests = [
        manifest
        for step in _with_corpora(graph)
        if (manifest := lake.find(step.family, step.name, step.fingerprint)) is not None
    ]
    console.print(_artifact_table(manifests, made))
    final = {manifest.family + "/" + manifest.name: manifest for manifest in manifests}
    if "reports/scorecard" in final:
        console.print(_score_table(lake, final["reports/scorecard"]))
    if "releases/release" in final:
        _next(lake.uri(final["releases/release"]), name)


def show_ablation(settings: Settings) -> None:
    """Print the table that ends `make ablation`."""
    lake = open_lake(settings)
    manifest = find_artifact("reports/ablation", lake)
    path = lake.fetch(manifest, manifest.file("ablation.md"))
    console.print(Markdown(path.read_text()))
    console.print(f"Its picture lies in {path.with_suffix('.png')}", soft_wrap=True)


def _with_corpora(graph: RecipeGraph) -> list[Any]:
    taken = graph.step("mixtures/deduped").inputs
    raw = [step.inputs[0] for step in taken if step.node == "corpora/documents"]
    return [*raw, *taken, *graph.steps.values()]


def _artifact_table(manifests: list[Manifest], made: Mapping[str, str]) -> Table:
    table = Table(title="Artifacts", title_justify="left")
    table.add_column("artifact", no_wrap=True)
    table.add_column("holds")
    for heading in ("time, s", "tokens", "GFLOP", "now"):
        table.add_column(heading, justify="right")
    for manifest in manifests:
        told = [name for name in _TELLING_COUNTS if name in manifest.counts]
        counts = [(name, manifest.counts[name]) for name in told[:_SHOWN_COUNTS]]
        cost = manifest.cost
        table.add_row(
            manifest.key,
            ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in counts),
            f"{cost.wall_s:.1f}",
            f"{cost.tokens:,}" if cost.tokens else "",
            f"{cost.flops / 1e9:,.0f}" if cost.flops else "",
            made.get(manifest.key, ""),
        )
    total = sum(manifest.cost.wall_s for manifest in manifests)
    table.caption = f"{len(manifests)} artifacts, {total:.0f} s of work"
    return table


def _score_table(lake: Lake, scorecard: Manifest) -> Table:
    scores = document(lake, scorecard, "scorecard.json")["scores"]
    models = list(dict.fromkeys(score["model"] for score in scores))
    table = Table(title="Scores, with 95% confidence intervals", title_justify="left")
    table.add_column("benchmark")
    table.add_column("metric")
    for model in models:
        table.add_column(model, justify="right")
    table.add_column("chance", justify="right")
    for name in dict.fromkeys(score["benchmark"] for score in scores):
        rows = {score["model"]: score for score in scores if score["benchmark"] == name}
        first = next(iter(rows.values()))
        cells = [
            f"{row['value']:.3g} ({row['ci_low']:.3g}..{row['ci_high']:.3g})"
            if (row := rows.get(model))
            else ""
            for model in models
        ]
        chance = "" if first["chance"] is None else f"{first['chance']:.3g}"
        table.add_row(name, first["metric"], *cells, chance)
    table.caption = (
        "A model of this size scores near chance; the numbers prove the path, not skill."
    )
    return table


def _next(uri: str, recipe: str) -> None:
    console.print(f"\nThe release lies in {uri}", soft_wrap=True)
    console.print("Next:")
    for command, purpose in (
        ("materia ui", "see the graph, the runs and the plots"),
        (f"materia lineage 'releases/release[{recipe}]'", "what went into the release"),
        (f"materia cost 'releases/release[{recipe}]'", "what it cost, with all behind it"),
        ("materia verify --all", "recompute every hash and claim"),
        ("materia trace --doc ID", "follow one document to its training steps"),
        (
            f"materia score --model 'releases/release[{recipe}]' --text-file README.md",
            "score a text",
        ),
    ):
        line = f"  .venv/bin/{command:72} {purpose}"
        console.print(line, soft_wrap=True)
