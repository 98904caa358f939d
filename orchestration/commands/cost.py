"""`materia cost`: what an artifact took, by itself and with all that went into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from assets.lineage.audit import ArtifactGraph
from assets.lineage.cost import CostReport, cost_report
from assets.lineage.cost_picture import label_of
from assets.lineage.cost_text import LEGEND, cells, columns_of, gone
from assets.lineage.factors import Factors
from assets.lineage.find import find_artifact
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.cost_page import cost_page
from orchestration.cost_view import cost_view, factor_rows
from orchestration.lake import open_lake
from orchestration.settings import Settings


def cost(
    artifact: Annotated[str, typer.Argument(help="For example 'releases/release[tiny]'.")],
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with bars to this file as well.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show time, tokens, operations, energy, CO2 and money: own, inherited, together.

    Example: `materia cost 'releases/release[tiny]'`
    """
    settings = Settings.from_env()
    lake = open_lake(settings)
    start = find_artifact(artifact, lake)
    report = cost_report(ArtifactGraph.of(lake).ancestors(start), settings.factors)
    if html is not None:
        html.write_text(cost_page(report, settings.factors), encoding="utf-8")
    if as_json:
        print_json(cost_view(report, settings.factors))
        return
    show_costs(report, settings.factors)
    if html is not None:
        console.print(f"Its page lies in {html}", soft_wrap=True)


def show_costs(report: CostReport, factors: Factors) -> None:
    """Print the table by node, the sums, and the factors with their sources."""
    first = report.artifacts[0]
    table = Table(title=f"What {first.key}@{first.fingerprint[:12]} cost", title_justify="left")
    table.add_column("node", no_wrap=True)
    columns = columns_of(report.total, factors.currency)
    for title, _ in columns.values():
        table.add_column(title, justify="right")
    for node in report.nodes:
        table.add_row(label_of(node), *cells(node.own, columns))
    table.add_section()
    for label, figures in (
        ("own", report.own),
        ("inherited", report.inherited),
        ("total", report.total),
    ):
        table.add_row(label, *cells(figures, columns))
    console.print(table)
    for line in (LEGEND, *gone(report)):
        console.print(line, soft_wrap=True)
    for name, value, source in factor_rows(report, factors):
        console.print(f"  {name}: {value} ({source})", soft_wrap=True)
