"""`materia plan`: a recipe's artifacts and which exist; with --gpus, what its training takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from assets.recipes.catalogue import planned_recipe
from assets.recipes.recipe import Recipe
from assets.recipes.resolve import resolve_graph
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.commands.plan_estimates import estimate_facts
from orchestration.commands.plan_tables import show_plan
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.lake import open_lake
from orchestration.settings import Settings
from training.planning.cost import CARBON_G_PER_KWH, PUE, Assumptions
from training.planning.hardware import HARDWARE, Hardware, hardware
from training.planning.plan import cost_dict, plan_training
from training.planning.search import StageJob, Wishes

GpusOption = Annotated[
    int | None, typer.Option(help="Plan the training on so many devices; reads no lake.")
]
GpuOption = Annotated[str, typer.Option(help=f"Which: {', '.join(HARDWARE)}.")]
MfuOption = Annotated[float | None, typer.Option(help="Share of the peak that training reaches.")]
PriceOption = Annotated[float | None, typer.Option(help="US dollars for a device hour.")]
CarbonOption = Annotated[float, typer.Option(help="Grams of CO2 for a kWh.")]
PueOption = Annotated[float, typer.Option(help="Energy of the data centre over the machines'.")]
ZeroOption = Annotated[int | None, typer.Option(help="ZeRO stage, instead of the lowest.")]
SequenceOption = Annotated[
    int | None, typer.Option(help="Devices that share one sample, instead of the fewest.")
]
MicroOption = Annotated[
    int | None, typer.Option(help="Samples at once on a device, instead of the most.")
]
CheckpointingOption = Annotated[
    bool | None, typer.Option(help="Recompute activations; by default where they must be.")
]
OffloadOption = Annotated[
    bool, typer.Option("--offload", help="Keep the optimizer's states in the host's memory.")
]


def plan(
    recipe: Annotated[str, typer.Option(help="A recipe, for example tiny.")],
    gpus: GpusOption = None,
    gpu: GpuOption = "h200",
    mfu: MfuOption = None,
    price: PriceOption = None,
    carbon: CarbonOption = CARBON_G_PER_KWH,
    pue: PueOption = PUE,
    zero: ZeroOption = None,
    sequence_parallel: SequenceOption = None,
    micro_batch: MicroOption = None,
    checkpointing: CheckpointingOption = None,
    offload: OffloadOption = False,
    as_json: JsonOption = False,
) -> None:
    """List every artifact a recipe stands for now, or plan its training (1: it does not fit).

    Example: `materia plan --recipe m1_14b --gpus 256 --gpu h200`
    """
    if gpus is None:
        _show_artifacts(recipe, as_json=as_json)
        return
    wishes = _wishes(zero, sequence_parallel, micro_batch, checkpointing, offload)
    device = hardware(gpu)
    assumed = Assumptions(
        mfu=device.default_mfu if mfu is None else mfu,
        price_per_hour=device.price_per_hour if price is None else price,
        pue=pue,
        carbon_g_per_kwh=carbon,
    )
    given = {"mfu": mfu is not None, "price": price is not None}
    facts = plan_facts(planned_recipe(recipe), device, gpus, wishes, assumed, given=given)
    (print_json if as_json else show_plan)(facts)
    if not facts["fits"]:
        raise typer.Exit(FOUND_A_PROBLEM)


def _wishes(
    zero: int | None,
    sequence_parallel: int | None,
    micro_batch: int | None,
    checkpointing: bool | None,
    offload: bool,
) -> Wishes:
    return Wishes(
        zero_stage=zero,
        sequence_parallel=sequence_parallel,
        micro_batch_samples=micro_batch,
        activation_checkpointing=checkpointing,
        offload="optimizer" if offload else "none",
    )


def stage_jobs(recipe: Recipe) -> list[StageJob]:
    """Return the pre-training stages as jobs."""
    return [
        StageJob(
            name=stage.name,
            tokens=stage.tokens,
            steps=stage.steps,
            context_tokens=stage.context_tokens,
            batch_samples=stage.batch_samples,
        )
        for stage in recipe.stages
    ]


def plan_facts(
    recipe: Recipe,
    device: Hardware,
    gpus: int,
    wishes: Wishes,
    assumed: Assumptions,
    *,
    given: Mapping[str, bool],
) -> Mapping[str, Any]:
    """Plan; return the fields of --json. `given`: what is the person's and not the table's."""
    planned = plan_training(
        recipe.model,
        stage_jobs(recipe),
        device,
        devices=gpus,
        precision=recipe.precision,
        wishes=wishes,
        assumed=assumed,
    )
    embedding = recipe.model.vocab_size * recipe.model.hidden_size
    machine = {name: value for name, value in asdict(device).items() if name != "runtime"}
    return {
        "recipe": recipe.name,
        "title": recipe.title,
        "parameters": recipe.model.num_parameters(),
        "parameters_without_embeddings": recipe.model.num_parameters() - 2 * embedding,
        "precision": recipe.precision,
        "devices": gpus,
        "hardware": {**machine, "usable_bytes": device.usable_bytes},
        "assumptions": {
            **asdict(assumed),
            "mfu_source": "given" if given["mfu"] else device.mfu_source,
            "price_source": "given" if given["price"] else "our choice",
        },
        "fits": planned.fits,
        "smallest_cluster": planned.smallest_cluster,
        "stages": [stage.to_dict() for stage in planned.stages],
        "total": cost_dict(planned.total),
        "estimates": estimate_facts(recipe, device, gpus, wishes, assumed),
    }


def _show_artifacts(recipe: str, *, as_json: bool) -> None:
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
