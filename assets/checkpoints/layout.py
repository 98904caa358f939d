"""How one training job uses what the installation gives: ranks, slices, micro-batches, ZeRO stage.

By the installation's settings, or by the planner (planned.py). Pure arithmetic over the identity;
the engine refuses what it cannot run (training/ds_config.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.checkpoints.planned import plan_layout
from assets.resources import TrainingResources
from training.spec import TrainIdentity, common_heads


@dataclass(frozen=True, kw_only=True)
class Layout:
    world_size: int
    sequence_parallel: int
    micro_batch_samples: int
    zero_stage: int
    activation_checkpointing: bool


def lay_out(resources: TrainingResources, identity: TrainIdentity) -> Layout:
    """Return the layout of a job of this identity; it uses at most what is there.

    Raises ValueError where the planner finds none that fits.
    """
    if resources.auto is not None:
        planned = plan_layout(resources, resources.auto, identity).layout
        return Layout(
            world_size=planned.devices,
            sequence_parallel=planned.sequence_parallel,
            micro_batch_samples=planned.micro_batch_samples,
            zero_stage=planned.zero_stage,
            activation_checkpointing=planned.activation_checkpointing,
        )
    degree = _sequence_parallel(resources, identity)
    data_parallel = _largest_divisor(identity.batch_samples, most=resources.ranks // degree)
    world_size = data_parallel * degree
    slice_tokens = identity.context_tokens // degree
    return Layout(
        world_size=world_size,
        sequence_parallel=degree,
        micro_batch_samples=_largest_divisor(
            identity.batch_samples // data_parallel,
            most=max(1, resources.micro_batch_tokens // slice_tokens),
        ),
        zero_stage=_zero_stage(resources, identity, world_size),
        activation_checkpointing=resources.activation_checkpointing,
    )


def _sequence_parallel(resources: TrainingResources, identity: TrainIdentity) -> int:
    """Return the fewest ranks whose slices are short enough; else the most that may share."""
    most = min(resources.sequence_parallel, resources.ranks)
    heads, context = common_heads(identity.model), identity.context_tokens
    degrees = [n for n in range(1, most + 1) if heads % n == 0 and context % n == 0]
    short = [n for n in degrees if context // n <= resources.micro_batch_tokens]
    return short[0] if short else degrees[-1]


def _zero_stage(resources: TrainingResources, identity: TrainIdentity, world_size: int) -> int:
    if resources.zero_stage is not None:
        return resources.zero_stage
    if identity.precision == "bf16":
        # Only stage 3 keeps fp32 gradients in the host's memory (training/ds_config.py).
        return 3 if resources.offload_optimizer else 2
    # One rank has nothing to partition.
    return 0 if world_size == 1 and not resources.offload_optimizer else 2


def _largest_divisor(number: int, *, most: int) -> int:
    return next(n for n in range(min(most, number), 0, -1) if number % n == 0)
