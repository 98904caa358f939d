"""The planner's layout for a job: what `materia plan` would choose on the installation's devices.

Pure and repeatable: the same identity, settings and table of devices give the same layout. It
becomes part of the job's spec, as a layout by settings does, and no part of its identity.
"""

from __future__ import annotations

from collections.abc import Iterator

from assets.resources import AutoLayout, TrainingResources
from training.planning.hardware import hardware
from training.planning.search import Choice, StageJob, Wishes, choose_layout
from training.spec import TrainIdentity, common_heads

_DEGREES = (1, 2, 4, 8)
"""As the planner's search: within a node."""


def plan_layout(resources: TrainingResources, auto: AutoLayout, identity: TrainIdentity) -> Choice:
    """Return the layout of a job on as many ranks as can share its batch.

    Raises ValueError when no layout on them fits the device, before anything is started.
    """
    device = hardware(auto.device)
    closest: Choice | None = None
    for ranks in range(resources.ranks, 0, -1):
        for wishes in _wishes(resources, auto, identity, ranks):
            choice = choose_layout(
                identity.model,
                _job(identity),
                device,
                devices=ranks,
                precision=identity.precision,
                wishes=wishes,
            )
            if choice.fits:
                return choice
            if closest is None or choice.memory.total < closest.memory.total:
                closest = choice
        if closest is not None:
            break  # Fewer ranks have no more room.
    assert closest is not None  # One rank can always take the whole batch.
    raise ValueError(
        f"no layout of {identity.batch_samples} x {identity.context_tokens} tokens fits "
        f"{closest.layout.devices} x {device.title}: the smallest takes "
        f"{closest.memory.total / 1e9:.1f} GB at the {closest.memory.moment}, "
        f"{device.usable_bytes / 1e9:.1f} GB are usable: raise MATERIA_RANKS, set "
        "MATERIA_OFFLOAD_OPTIMIZER=1, or decide yourself with MATERIA_LAYOUT=given"
    )


def _wishes(
    resources: TrainingResources, auto: AutoLayout, identity: TrainIdentity, ranks: int
) -> Iterator[Wishes]:
    """Yield what is decided already, for each number of ranks that may share a sample."""
    heads, most = common_heads(identity.model), auto.sequence_parallel or max(_DEGREES)
    for degree in sorted({*_DEGREES, most}):
        shares = ranks % degree == heads % degree == identity.context_tokens % degree == 0
        if degree > most or not shares or identity.batch_samples % (ranks // degree):
            continue
        yield Wishes(
            zero_stage=_zero_stage(resources, auto, identity),
            sequence_parallel=degree,
            micro_batch_samples=_micro_batch(auto, identity, ranks // degree, degree),
            activation_checkpointing=auto.activation_checkpointing,
            offload="optimizer" if resources.offload_optimizer else "none",
        )


def _zero_stage(
    resources: TrainingResources, auto: AutoLayout, identity: TrainIdentity
) -> int | None:
    if auto.zero_stage is not None or not resources.offload_optimizer:
        return auto.zero_stage
    # The stages at which the engine moves the optimizer (training/ds_config.py).
    return 3 if identity.precision == "bf16" else 2


def _micro_batch(
    auto: AutoLayout, identity: TrainIdentity, replicas: int, degree: int
) -> int | None:
    if auto.micro_batch_tokens is None:
        return None
    share = identity.batch_samples // replicas
    most = max(1, auto.micro_batch_tokens // (identity.context_tokens // degree))
    return next(n for n in range(min(most, share), 0, -1) if share % n == 0)


def _job(identity: TrainIdentity) -> StageJob:
    step_tokens = identity.batch_samples * identity.context_tokens
    return StageJob(
        name="the job",
        tokens=identity.steps * step_tokens,
        steps=identity.steps,
        context_tokens=identity.context_tokens,
        batch_samples=identity.batch_samples,
    )
