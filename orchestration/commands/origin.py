"""How `materia trace --source` and `--licence` show the fates of all documents of an origin."""

from __future__ import annotations

from rich.table import Table

from assets.lineage.origin import OriginTrace
from orchestration.commands.console import console


def show_origin(found: OriginTrace) -> None:
    console.print(found.query, style="bold")
    if not found.is_known:
        console.print("  no document of the lake is of it")
        return
    _show_fates(found)
    if found.synthetic_items:
        console.print(f"  questions made from them: {found.synthetic_items:,}")
    if found.training:
        _show_training(found)
    for heading in ("checkpoints", "models", "reports", "releases"):
        names = getattr(found, heading)
        if names:
            console.print(f"  {heading}: {', '.join(names)}")


def _show_fates(found: OriginTrace) -> None:
    table = Table(title="Fates of its documents", title_justify="left")
    for heading in ("artifact", "fate", "documents", "why, or tokens"):
        table.add_column(heading, overflow="fold")
    for entry in found.fates:
        why = ", ".join(f"{name} {count:,}" for name, count in entry["reasons"].items())
        table.add_row(entry["artifact"], entry["status"], f"{entry['documents']:,}", why)
    for entry in found.stages:
        tokens = f"{entry['tokens']:,} tokens"
        table.add_row(entry["artifact"], "selected", f"{entry['documents']:,}", tokens)
    console.print(table)


def _show_training(found: OriginTrace) -> None:
    table = Table(title="What training read of them", title_justify="left")
    for heading in ("model", "documents", "tokens", "share", "steps"):
        table.add_column(heading, overflow="fold")
    for entry in found.training:
        share = "" if entry["share"] is None else f"{entry['share']:.2%}"
        steps = f"{entry['steps']:,} of {entry['of_steps']:,}"
        if entry["steps"]:
            steps += f", {entry['first_step']:,} to {entry['last_step']:,}"
        table.add_row(
            entry["artifact"], f"{entry['documents']:,}", f"{entry['tokens_read']:,}", share, steps
        )
    console.print(table)
