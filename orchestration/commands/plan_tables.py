"""A training plan as tables for people; its fields are those of `materia plan --json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from orchestration.commands.console import console

_PARTS = (
    ("weights", "weights_bytes"),
    ("gradients", "gradients_bytes"),
    ("optimizer", "optimizer_bytes"),
    ("activations", "activations_bytes"),
    ("logits, head's gradients", "head_bytes"),
    ("buffers", "buffers_bytes"),
)


def show_plan(facts: Mapping[str, Any]) -> None:
    """Print the plan: what runs, what a device holds, what it costs, whether it fits."""
    device, assumed = facts["hardware"], facts["assumptions"]
    console.print(
        f"{facts['recipe']}: {facts['parameters']:,} parameters, {facts['precision']}, on "
        f"{facts['devices']:,} x {device['title']}"
    )
    console.print(_memory_table(facts))
    console.print(_cost_table(facts))
    console.print(
        f"At {assumed['mfu']:.0%} of the peak ({assumed['mfu_source']}); "
        f"${assumed['price_per_hour']:g} a device hour ({assumed['price_source']}); "
        f"{device['device_watts'] + device['host_watts']:g} W a device with its share of the node, "
        f"PUE {assumed['pue']:g}, {assumed['carbon_g_per_kwh']:g} g of CO2 a kWh.",
        soft_wrap=True,
    )
    console.print(_estimates_table(facts["estimates"]))
    console.print(_estimates_note(facts["estimates"]), soft_wrap=True)
    smallest = facts["smallest_cluster"]
    console.print(
        f"Smallest cluster that fits: {smallest:,} x {device['name']}"
        if smallest
        else f"No cluster of {device['name']} fits with these choices."
    )
    for stage in facts["stages"]:
        if not stage["fits"]:
            console.print(_refusal(stage, facts), soft_wrap=True)
        if stage["not_run_by_engine"]:
            missing = " and ".join(stage["not_run_by_engine"])
            console.print(f"{stage['name']}: the engine of this version does not run {missing}.")


def _memory_table(facts: Mapping[str, Any]) -> Table:
    stages = facts["stages"]
    table = _table("Layout, and bytes on one device at the fullest moment of a step", stages)
    for label, values in (
        ("context x samples a step", [_batch(stage) for stage in stages]),
        ("ZeRO stage", [str(s["layout"]["zero_stage"]) for s in stages]),
        ("sequence parallel", [str(s["layout"]["sequence_parallel"]) for s in stages]),
        ("micro batch x accumulation", [_micro(stage) for stage in stages]),
        (
            "activation checkpointing",
            [_yes(s["layout"]["activation_checkpointing"]) for s in stages],
        ),
        ("fullest moment", [s["memory"]["moment"] for s in stages]),
    ):
        table.add_row(label, *values)
    table.add_section()
    for label, key in _PARTS:
        table.add_row(label, *[_gigabytes(s["memory"][key]) for s in stages])
    table.add_section()
    usable = facts["hardware"]["usable_bytes"]
    table.add_row(
        f"together, of {_gigabytes(usable)}",
        *[f"{_gigabytes(s['memory']['total_bytes'])} {_fits(s)}" for s in stages],
    )
    table.add_row("activations kept, recomputed", *[_both(stage) for stage in stages])
    if any(stage["memory"]["host_bytes"] for stage in stages):
        table.add_row(
            "in the host's memory", *[_gigabytes(s["memory"]["host_bytes"]) for s in stages]
        )
    return table


def _cost_table(facts: Mapping[str, Any]) -> Table:
    stages = facts["stages"]
    table = _table("Time and cost", [*stages, {"name": "together"}])
    costs = [*[stage["cost"] for stage in stages], facts["total"]]
    for label, values in (
        ("steps", [f"{cost['steps']:,}" for cost in costs]),
        ("tokens", [f"{cost['tokens']:,}" for cost in costs]),
        ("operations (FLOP)", [f"{cost['flops']:.3g}" for cost in costs]),
        ("tokens/s", [f"{cost['tokens_per_s']:,.0f}" for cost in costs]),
        ("days", [_few(cost["days"]) for cost in costs]),
        ("device hours", [_few(cost["device_hours"]) for cost in costs]),
        ("energy, kWh", [_few(cost["energy_kwh"]) for cost in costs]),
        ("CO2, kg", [_few(cost["co2_kg"]) for cost in costs]),
        ("price, $", [_few(cost["price_usd"]) for cost in costs]),
        (
            "s a step, of exchanges at most",
            [
                *[
                    f"{_few(s['cost']['seconds'] / s['cost']['steps'])}, "
                    f"{_few(s['communication_s_per_step'])}"
                    for s in stages
                ],
                "",
            ],
        ),
    ):
        table.add_row(label, *values)
    return table


def _estimates_table(estimates: Mapping[str, Any]) -> Table:
    tuned, judging = estimates["fine_tuning"], estimates["evaluation"]
    columns = [*tuned, {"name": "evaluation"}, {"name": "together"}]
    table = _table("Not in the above: fine-tuning and evaluation, estimated", columns)
    costs = [*[stage["cost"] for stage in tuned], judging["cost"], estimates["total"]]
    devices = [*[stage["layout"]["devices"] for stage in tuned], judging["devices"]]
    for label, values in (
        ("devices", [*[f"{count:,}" for count in devices], ""]),
        ("layout", [*[_layout(stage) for stage in tuned], "forward", ""]),
        ("steps", [f"{cost['steps']:,}" if cost["steps"] else "" for cost in costs]),
        ("tokens", [f"{cost['tokens']:,}" for cost in costs]),
        ("operations (FLOP)", [f"{cost['flops']:.3g}" for cost in costs]),
        ("hours", [_few(cost["seconds"] / 3600) for cost in costs]),
        ("device hours", [_few(cost["device_hours"]) for cost in costs]),
        ("price, $", [_few(cost["price_usd"]) for cost in costs]),
    ):
        table.add_row(label, *values)
    return table


def _estimates_note(estimates: Mapping[str, Any]) -> str:
    judging = estimates["evaluation"]
    asked = " and ".join(f"{stage['questions']:,}" for stage in estimates["fine_tuning"])
    tuned = f"Fine-tuning on at most {asked} questions. " if asked else ""
    models = f"{judging['models']} model" + ("s" if judging["models"] > 1 else "")
    return (
        f"{tuned}Evaluation of {models} on {judging['items']:,} items, haystacks included. "
        "Lengths as in recipe small."
    )


def _layout(stage: Mapping[str, Any]) -> str:
    layout = stage["layout"]
    told = f"ZeRO {layout['zero_stage']}, {_micro(stage)}"
    return told if stage["fits"] else f"{told}, DOES NOT FIT"


def _table(title: str, columns: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for column in columns:
        table.add_column(column["name"], justify="right")
    return table


def _refusal(stage: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    memory, usable = stage["memory"], facts["hardware"]["usable_bytes"]
    return (
        f"{stage['name']} does not fit: the smallest layout takes "
        f"{_gigabytes(memory['total_bytes'])} on a device at the {memory['moment']}, "
        f"{_gigabytes(usable)} are usable. Take more or larger devices, or --offload."
    )


def _batch(stage: Mapping[str, Any]) -> str:
    return f"{stage['context_tokens']:,} x {stage['batch_samples']:,}"


def _micro(stage: Mapping[str, Any]) -> str:
    return f"{stage['layout']['micro_batch_samples']} x {stage['layout']['accumulation']}"


def _both(stage: Mapping[str, Any]) -> str:
    kept, again = stage["activations_kept_bytes"], stage["activations_recomputed_bytes"]
    return f"{_gigabytes(kept)}, {_gigabytes(again)}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _fits(stage: Mapping[str, Any]) -> str:
    return "fits" if stage["fits"] else "DOES NOT FIT"


def _gigabytes(num_bytes: float) -> str:
    return f"{num_bytes / 1e9:,.2f} GB"


def _few(value: float) -> str:
    """Three significant digits, thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
