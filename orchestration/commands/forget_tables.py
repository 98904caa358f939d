"""How a plan to forget and a receipt look in a terminal."""

from __future__ import annotations

from rich.table import Table

from assets.lineage.forgetting.exposure import Exposure
from assets.lineage.forgetting.plan import ForgetPlan
from assets.lineage.forgetting.receipt import Receipt
from assets.lineage.forgetting.restart import Restart
from assets.lineage.manifest import Cost, Manifest
from orchestration.commands.console import console

MAX_SHOWN = 20
"""Rows of each table; --json has all."""


def show_plan(plan: ForgetPlan) -> None:
    """Print what a request would mean, the answer first."""
    selected, config = plan.selected, plan.request.step.config
    rules = dict(selected.rows.group_by("rule").len().sort("rule").iter_rows())
    told = ", ".join(f"{count} {rule}" for rule, count in rules.items())
    console.print(f"{selected.rows.height} documents to forget: {told}", style="bold")
    if config["near"] == "report" and selected.near.height:
        console.print(f"  {selected.near.height} near copies stay (--near takes them too)")
    for row in selected.rows.head(MAX_SHOWN).iter_rows(named=True):
        share = f", {row['share']:.0%} of {row['of_doc_id']}" if row["rule"] == "near" else ""
        console.print(f"  {row['doc_id']} {row['source']} ({row['rule']}{share})")
    _holding(plan)
    _exposures(plan.exposures)
    console.print(f"learned from them, or descend from what did: {len(plan.affected)} artifacts")
    for name in plan.affected[:MAX_SHOWN]:
        console.print(f"  {name}")
    for cheap, strict in zip(plan.restarts, plan.strict, strict=True):
        _restart(plan, cheap, strict)
    console.print("Nothing was changed. To do it: the same command with --reason and --apply.")


def show_receipt(receipt: Receipt, made: Manifest, uri: str) -> None:
    """Print a receipt's verdict, what it searched, and what it does not claim."""
    verdict = "nothing found" if receipt.is_clean else f"{len(receipt.problems)} problems"
    style = "bold green" if receipt.is_clean else "bold red"
    console.print(f"recipe {receipt.recipe}: {verdict}", style=style)
    for problem in receipt.problems[:MAX_SHOWN]:
        console.print(f"  x {problem}", style="red", soft_wrap=True)
    table = Table(title=f"{len(receipt.searches)} searches")
    for heading in ("artifact", "for", "looked at", "found"):
        table.add_column(heading, overflow="fold")
    for search in receipt.searches:
        found = "by design" if search.by_design else str(search.found or "nothing")
        table.add_row(search.artifact, search.kind, f"{search.looked_at:,}", found)
    console.print(table)
    for control in receipt.controls:
        told = f"{control['whole']} whole texts found, as it must be"
        console.print(f"  control: {control['artifact']}: {told}", soft_wrap=True)
    for line in receipt.not_searched:
        console.print(f"  not searched: {line}", soft_wrap=True)
    for entry in receipt.residual:
        console.print(f"  stays: {entry['artifact']}: {entry['told']}", soft_wrap=True)
    console.print(f"  older artifacts that still hold them: {len(receipt.older)}")
    console.print(f"{made.key}@{made.short} is kept in {uri}", soft_wrap=True)


def _holding(plan: ForgetPlan) -> None:
    table = Table(title="Where they stand")
    for heading in ("artifact", "table", "rows"):
        table.add_column(heading, overflow="fold")
    for held in plan.holding[:MAX_SHOWN]:
        what = f"{held.table} (left out there)" if held.only_names else held.table
        table.add_row(f"{held.artifact}@{held.fingerprint[:12]}", what, str(len(held.ids)))
    console.print(table)
    if len(plan.holding) > MAX_SHOWN:
        console.print(f"  and {len(plan.holding) - MAX_SHOWN} more tables (--json)")
    for name in plan.raw:
        console.print(f"  {name}: its files, as they were found, hold the text")


def _exposures(found: tuple[Exposure, ...]) -> None:
    table = Table(title="What read them")
    for heading in ("model", "tokens read", "epochs", "steps", "first", "without update"):
        table.add_column(heading, overflow="fold")
    for each in found[:MAX_SHOWN]:
        table.add_row(
            f"{each.model}@{each.fingerprint[:12]}",
            f"{each.read_tokens:,}",
            str(each.max_epochs),
            f"{each.num_steps}: {', '.join(map(str, each.steps[:10]))}",
            "never" if each.first_step is None else str(each.first_step),
            str(len(each.steps_without_update)),
        )
    console.print(table)


def _restart(plan: ForgetPlan, chosen: Restart, strict: Restart) -> None:
    mode = plan.request.step.config["mode"]
    console.print(f"recipe {chosen.recipe}", style="bold")
    if chosen.start is not None and mode == "restart":
        console.print(f"  restart: {chosen.start.told}", soft_wrap=True)
    console.print(f"  {mode}: {_cost(chosen)}", soft_wrap=True)
    if mode != "strict":
        console.print(f"  --strict: {_cost(strict)}", soft_wrap=True)
        for entry in plan.residual.get(chosen.recipe, []):
            console.print(f"  stays unless --strict: {entry.artifact}: {entry.told}")


def _cost(restart: Restart) -> str:
    cost: Cost = restart.cost
    unknown = sum(not each.is_recorded for each in restart.remade)
    told = (
        f"{len(restart.remade)} artifacts made again, {len(restart.reused)} kept; "
        f"{restart.num_steps:,} steps, {restart.trained_tokens:,} tokens trained, "
        f"{cost.flops:.3g} FLOPs, {cost.device_s / 3600:.3g} device hours, "
        f"{cost.wall_s / 3600:.3g} hours in all, as recorded"
    )
    return f"{told}; {unknown} of them have no recorded cost" if unknown else told
