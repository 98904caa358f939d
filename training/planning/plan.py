"""A whole curriculum on given devices: per stage a layout, its memory and its cost; torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from model.config import ModelConfig
from training.planning.cost import (
    Assumptions,
    Cost,
    communication_seconds,
    stage_cost,
    total_cost,
)
from training.planning.hardware import Hardware
from training.planning.layout import Precision
from training.planning.memory import step_memory
from training.planning.search import Choice, StageJob, Wishes, choose_layout

_MAX_DEVICES = 16_384
"""Where the search for the smallest cluster ends."""


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    job: StageJob
    choice: Choice
    cost: Cost
    communication_s: float
    """Per step, where nothing overlaps it."""
    activations_kept_bytes: float
    """Of this layout without activation checkpointing, at its fullest moment."""
    activations_recomputed_bytes: float
    """The same with it."""

    def to_dict(self) -> dict[str, Any]:
        memory = {
            ("moment" if name == "moment" else f"{name}_bytes"): value
            for name, value in asdict(self.choice.memory).items()
        }
        return {
            **asdict(self.job),
            "layout": asdict(self.choice.layout),
            "fits": self.choice.fits,
            "not_run_by_engine": self.choice.layout.not_run(),
            "memory": {**memory, "total_bytes": self.choice.memory.total},
            "activations_kept_bytes": self.activations_kept_bytes,
            "activations_recomputed_bytes": self.activations_recomputed_bytes,
            "communication_s_per_step": self.communication_s,
            "cost": cost_dict(self.cost),
        }


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    stages: tuple[StagePlan, ...]
    total: Cost
    smallest_cluster: int | None
    """Fewest devices on which every stage fits, of 1, 2, 4, 8 and doublings of a node."""

    @property
    def fits(self) -> bool:
        return all(stage.choice.fits for stage in self.stages)


def plan_training(
    config: ModelConfig,
    jobs: Sequence[StageJob],
    device: Hardware,
    *,
    devices: int,
    precision: Precision,
    wishes: Wishes,
    assumed: Assumptions,
) -> TrainingPlan:
    """Return the plan; raises ValueError for counts that cannot be."""
    if devices < 1:
        raise ValueError(f"--gpus {devices} is below 1: name how many devices there are")
    stages = []
    for job in jobs:
        choice = choose_layout(
            config, job, device, devices=devices, precision=precision, wishes=wishes
        )
        stages.append(_stage_plan(config, job, choice, device, assumed))
    return TrainingPlan(
        stages=tuple(stages),
        total=total_cost([stage.cost for stage in stages]),
        smallest_cluster=smallest_cluster(config, jobs, device, precision, wishes),
    )


def _stage_plan(
    config: ModelConfig, job: StageJob, choice: Choice, device: Hardware, assumed: Assumptions
) -> StagePlan:
    kept, recomputed = (
        step_memory(
            config,
            replace(choice.layout, activation_checkpointing=checkpointing),
            context_tokens=job.context_tokens,
            runtime=device.runtime,
        ).activations
        for checkpointing in (False, True)
    )
    return StagePlan(
        job=job,
        choice=choice,
        cost=stage_cost(config, job, choice.layout, device, assumed),
        communication_s=communication_seconds(
            config, choice.layout, device, context_tokens=job.context_tokens
        ),
        activations_kept_bytes=kept,
        activations_recomputed_bytes=recomputed,
    )


def smallest_cluster(
    config: ModelConfig,
    jobs: Sequence[StageJob],
    device: Hardware,
    precision: Precision,
    wishes: Wishes,
) -> int | None:
    """Return the fewest devices on which every stage fits, or None up to the end of the search."""
    for devices in _cluster_sizes(device.devices_per_node):
        try:
            choices = [
                choose_layout(
                    config, job, device, devices=devices, precision=precision, wishes=wishes
                )
                for job in jobs
            ]
        except ValueError:  # These devices cannot share a batch; more or fewer may.
            continue
        if all(choice.fits for choice in choices):
            return devices
    return None


def cost_dict(cost: Cost) -> dict[str, Any]:
    return {**asdict(cost), "days": cost.days, "tokens_per_s": cost.tokens_per_s}


def _cluster_sizes(devices_per_node: int) -> Iterator[int]:
    devices = 1
    while devices <= _MAX_DEVICES:
        yield devices
        devices = min(2 * devices, devices_per_node) if devices < devices_per_node else 2 * devices
