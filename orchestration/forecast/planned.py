"""A job that no earlier one is like, planned: its layout, on a device of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assets.checkpoints.layout import Layout as Laid
from assets.checkpoints.layout import lay_out
from assets.lineage.usage import CPU
from assets.resources import TrainingResources
from training.planning.cost import Assumptions, stage_cost
from training.planning.hardware import HARDWARE
from training.planning.layout import Layout
from training.planning.search import StageJob
from training.spec import identity_from_dict

_CORES_OF_THE_TABLE = 2
"""The table's `cpu` is two cores."""


@dataclass(frozen=True, kw_only=True)
class PlannedJob:
    seconds: float
    device_hours: float
    cpu_hours: float | None
    """None on accelerators, whose node's share is in their price and watts."""
    flops: float
    basis: str


def plan_job(
    config: Mapping[str, Any], tokens: float, kind: str, resources: TrainingResources
) -> PlannedJob:
    """Return the time of a training of so many tokens on devices of one kind."""
    per_step = config["batch_samples"] * config["context_tokens"]
    steps = round(tokens / per_step)
    literals = {name: value for name, value in config.items() if name != "epochs"}
    identity = identity_from_dict({**literals, "steps": steps})
    laid = lay_out(resources, identity)
    row = HARDWARE[kind]
    cost = stage_cost(
        identity.model,
        StageJob(
            name="",
            tokens=round(tokens),
            steps=steps,
            context_tokens=identity.context_tokens,
            batch_samples=identity.batch_samples,
        ),
        Layout(
            devices=laid.world_size,
            zero_stage=laid.zero_stage,
            sequence_parallel=laid.sequence_parallel,
            micro_batch_samples=laid.micro_batch_samples,
            accumulation=_accumulation(identity.batch_samples, laid),
            activation_checkpointing=laid.activation_checkpointing,
            precision=identity.precision,
            offload="optimizer" if resources.offload_optimizer else "none",
        ),
        row,
        Assumptions(mfu=row.default_mfu, price_per_hour=row.price_per_hour),
    )
    return PlannedJob(
        seconds=cost.seconds,
        device_hours=cost.device_hours,
        cpu_hours=cost.device_hours * _CORES_OF_THE_TABLE if kind == CPU else None,
        flops=cost.flops,
        basis=f"planned: {laid.world_size} x {kind} at {row.default_mfu:.0%} of the peak",
    )


def plan_judging(flops: float, kind: str) -> PlannedJob:
    """Return the time of a judging of so many operations: one rank, fp32 (evaluation/main.py)."""
    row = HARDWARE[kind]
    seconds = flops / (row.peak_flops("fp32") * row.default_mfu)
    hours = seconds / 3600
    return PlannedJob(
        seconds=seconds,
        device_hours=hours,
        cpu_hours=hours * _CORES_OF_THE_TABLE if kind == CPU else None,
        flops=flops,
        basis=f"planned: 1 x {kind} at {row.default_mfu:.0%} of the peak",
    )


def _accumulation(batch_samples: int, laid: Laid) -> int:
    replicas = laid.world_size // laid.sequence_parallel
    return max(1, batch_samples // replicas // laid.micro_batch_samples)
