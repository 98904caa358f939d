"""Which layout a stage takes on a given number of devices: the least machinery that fits.

In this order: fewer devices to a sample, no stage 3, no activation checkpointing, a lower ZeRO
stage; then the largest micro batch. Offload is taken only when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from model.config import ModelConfig
from training.planning.hardware import Hardware
from training.planning.layout import ZERO_STAGES, Layout, Offload, Precision
from training.planning.memory import Memory, step_memory

_SEQUENCE_PARALLEL = (1, 2, 4, 8)
"""Within a node, whose links the two all-to-alls of every layer need."""
_MAX_MICRO_BATCH_TOKENS = 32_768
"""More tokens at once fill no GPU better (our choice)."""


@dataclass(frozen=True, kw_only=True)
class StageJob:
    """One pre-training stage as a job."""

    name: str
    tokens: int
    steps: int
    context_tokens: int
    batch_samples: int


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the person decides; None leaves it to the search."""

    zero_stage: int | None = None
    sequence_parallel: int | None = None
    micro_batch_samples: int | None = None
    activation_checkpointing: bool | None = None
    offload: Offload = "none"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A layout and its memory; `fits` is False for the one that came closest."""

    layout: Layout
    memory: Memory
    fits: bool


def choose_layout(
    config: ModelConfig,
    job: StageJob,
    device: Hardware,
    *,
    devices: int,
    precision: Precision,
    wishes: Wishes,
) -> Choice:
    """Return the first layout that fits, or the smallest when none does.

    Raises ValueError when the batch cannot be shared out at all.
    """
    smallest: Choice | None = None
    for layouts in _layouts(config, job, devices=devices, precision=precision, wishes=wishes):
        for layout in layouts:
            memory = step_memory(
                config, layout, context_tokens=job.context_tokens, runtime=device.runtime
            )
            choice = Choice(layout=layout, memory=memory, fits=memory.total <= device.usable_bytes)
            if choice.fits:
                return choice
            if smallest is None or memory.total < smallest.memory.total:
                smallest = choice
    assert smallest is not None  # _layouts yields or raises.
    return smallest


def _layouts(
    config: ModelConfig, job: StageJob, *, devices: int, precision: Precision, wishes: Wishes
) -> Iterator[list[Layout]]:
    """Yield layouts from the least machinery to the most; of each, micro batches downwards."""
    degrees = _degrees(config, job, devices, wishes)
    stages = ZERO_STAGES[precision] if wishes.zero_stage is None else (wishes.zero_stage,)
    asked = wishes.activation_checkpointing
    for degree in degrees:
        for stage, checkpointing in _by_cost(stages, (False, True) if asked is None else (asked,)):
            yield [
                Layout(
                    devices=devices,
                    zero_stage=stage,
                    sequence_parallel=degree,
                    micro_batch_samples=micro,
                    accumulation=job.batch_samples // (devices // degree) // micro,
                    activation_checkpointing=checkpointing,
                    precision=precision,
                    offload=wishes.offload,
                )
                for micro in _micro_batches(job, devices // degree, wishes)
            ]


def _by_cost(
    stages: tuple[int, ...], checkpointing: tuple[bool, ...]
) -> Iterator[tuple[int, bool]]:
    """Stages up to 2 send the same bytes, computing activations again costs a third of the
    arithmetic, and stage 3 half as many bytes again (ZeRO, arXiv 1910.02054, section 7)."""
    for group in ([s for s in stages if s < 3], [s for s in stages if s == 3]):
        for recompute in checkpointing:
            for stage in group:
                yield stage, recompute


def _degrees(config: ModelConfig, job: StageJob, devices: int, wishes: Wishes) -> list[int]:
    """Return the sequence-parallel degrees at which every replica gets the same whole samples."""
    asked = wishes.sequence_parallel
    if asked is not None and (asked < 1 or devices % asked):
        raise ValueError(
            f"--sequence-parallel {asked} does not divide {devices} devices: choose a divisor"
        )
    if asked is not None and (config.num_global_heads % asked or config.num_swa_heads % asked):
        raise ValueError(
            f"--sequence-parallel {asked} does not divide the {config.num_global_heads} global "
            f"and {config.num_swa_heads} sliding heads: choose a divisor of both"
        )
    possible = [
        degree
        for degree in (_SEQUENCE_PARALLEL if asked is None else (asked,))
        if devices % degree == 0
        and config.num_global_heads % degree == 0
        and config.num_swa_heads % degree == 0
        and job.context_tokens % degree == 0
    ]
    degrees = [d for d in possible if job.batch_samples % (devices // d) == 0]
    if not degrees:
        raise ValueError(
            f"{job.name} has {job.batch_samples} samples in a batch, which {devices} devices "
            f"cannot share equally (sequence-parallel {', '.join(map(str, possible)) or 'none'} "
            f"tried): take {_nearest(job.batch_samples, devices)} devices, or change the recipe's "
            "batch_samples"
        )
    return degrees


def _micro_batches(job: StageJob, replicas: int, wishes: Wishes) -> list[int]:
    share = job.batch_samples // replicas
    if wishes.micro_batch_samples is not None:
        asked = wishes.micro_batch_samples
        if asked < 1 or share % asked:
            raise ValueError(
                f"--micro-batch {asked} does not divide the {share} samples that {job.name} gives "
                f"each of {replicas} replicas: choose a divisor"
            )
        return [asked]
    most = max(1, _MAX_MICRO_BATCH_TOKENS // job.context_tokens)
    return [micro for micro in range(min(most, share), 0, -1) if share % micro == 0]


def _nearest(batch_samples: int, devices: int) -> int:
    """Return the largest number of devices, not above `devices`, that divides the batch."""
    return next(n for n in range(min(devices, batch_samples), 0, -1) if batch_samples % n == 0)
