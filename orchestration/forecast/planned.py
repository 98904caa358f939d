"""A job that no earlier one is like, planned: its layout, on a device of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assets.checkpoints.layout import Layout as Laid
from assets.checkpoints.layout import lay_out
from assets.lineage.usage import CPU
from assets.resources import TrainingResources
from orchestration.forecast.growth import SPREAD, Growth, reachable
from training.planning.cost import Assumptions, stage_cost
from training.planning.hardware import HARDWARE
from training.planning.layout import Layout
from training.planning.search import StageJob
from training.spec import identity_from_dict

LEAST_REACHED = {CPU: 0.19}
"""Share of the peak that the slowest steps of benchmarks/planner.py reach."""
LEAST_REACHED_BY_ACCELERATORS = 0.2
"""Somewhat more than half of what is expected (our choice: not timed on a GPU)."""

_CORES_OF_THE_TABLE = 2.0
"""The table's `cpu` is two cores."""


@dataclass(frozen=True, kw_only=True)
class PlannedJob:
    """The steps of a job; what it takes beside them is not planned."""

    kind: str
    seconds: float
    device_hours: float
    flops: float
    basis: str

    def held(self, start_s: float) -> Growth:
        """Return the seconds that it holds its devices, its start included."""
        mfu = HARDWARE[self.kind].default_mfu
        slowest = LEAST_REACHED.get(self.kind, LEAST_REACHED_BY_ACCELERATORS)
        fastest = reachable(self.kind)
        return Growth(
            low=(start_s + self.seconds * min(1.0, mfu / fastest)) / SPREAD,
            likely=start_s + self.seconds,
            high=(start_s + self.seconds * max(1.0, mfu / slowest)) * SPREAD,
        )

    @property
    def devices(self) -> float:
        return self.device_hours * 3600 / self.seconds if self.seconds else 1.0


def busy_cores(seen: float | None) -> Growth:
    """Return how many cores a rank on processors keeps busy; `seen` is what earlier jobs did."""
    return Growth(
        low=min(1.0, seen or 1.0),
        likely=_CORES_OF_THE_TABLE if seen is None else seen,
        high=max(_CORES_OF_THE_TABLE, seen or 0.0),
    )


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
        kind=kind,
        seconds=cost.seconds,
        device_hours=cost.device_hours,
        flops=cost.flops,
        basis=f"planned: {laid.world_size} x {kind} at {row.default_mfu:.0%} of the peak",
    )


def plan_judging(flops: float, kind: str) -> PlannedJob:
    """Return the time of a judging of so many operations: one rank, fp32 (evaluation/main.py)."""
    row = HARDWARE[kind]
    seconds = flops / (row.peak_flops("fp32") * row.default_mfu)
    return PlannedJob(
        kind=kind,
        seconds=seconds,
        device_hours=seconds / 3600,
        flops=flops,
        basis=f"planned: 1 x {kind} at {row.default_mfu:.0%} of the peak",
    )


def _accumulation(batch_samples: int, laid: Laid) -> int:
    replicas = laid.world_size // laid.sequence_parallel
    return max(1, batch_samples // replicas // laid.micro_batch_samples)
