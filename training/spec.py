"""What a training job is asked to do, as JSON: identity (what) apart from execution (where).

Torch-free: the control plane writes it, `python -m training.main spec.json` reads it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from model.config import ModelConfig


@dataclass(frozen=True, kw_only=True)
class ScheduleSpec:
    """Learning rate over the job's own steps: linear warm-up, then constant, or cosine to final."""

    peak_lr: float
    warmup_steps: int
    decay: Literal["constant", "cosine"]
    final_lr: float
    """Rate at the last step of a cosine; equal to peak_lr for a constant stage."""


@dataclass(frozen=True, kw_only=True)
class OptimizerSpec:
    """AdamW and the adaptive clipping of arXiv 2502.12671 section 4.2, Algorithm 1."""

    beta1: float = 0.9
    beta2: float = 0.95
    eps: float = 1e-8
    weight_decay: float = 0.1
    max_grad_norm: float = 1.0
    skip_factor: float = 1.2
    skip_window: int = 100
    skip_offset: float = 0.1
    max_skips: int = 1


@dataclass(frozen=True, kw_only=True)
class SpikeSpec:
    """What to do when the loss of a step is NaN, infinite or far above its running median."""

    action: Literal["stop", "skip", "rollback"] = "stop"
    """stop the job; skip: drop the update; rollback: go back to the last anchor and leave out the
    batches from there to the spike (PaLM, arXiv 2204.02311 section 5.1, restarted by hand so)."""
    factor: float = 0.0
    """A loss above factor x median is a spike; 0: only a loss or norm that is not finite is."""
    window: int = 100
    """Losses of taken steps in the median; before so many there is no spike but NaN."""
    max_spikes: int = 20
    """The job stops at the next one (PaLM met about 20 in a whole training)."""
    anchor_every_steps: int = 0
    """A checkpoint that a rollback goes back to is made every so many steps. It is identity, unlike
    checkpoint_every_steps: which updates are undone must not depend on where the job runs."""

    def __post_init__(self) -> None:
        if self.factor and self.factor <= 1:
            raise ValueError(f"spikes.factor {self.factor} is not above 1: set it, or 0 for none")
        if self.action == "rollback" and self.anchor_every_steps < 1:
            raise ValueError(
                f"spikes.action is rollback but anchor_every_steps is {self.anchor_every_steps}: "
                "say every how many steps there is a state to go back to"
            )


@dataclass(frozen=True, kw_only=True)
class TrainIdentity:
    """Everything that may change the numbers that come out."""

    model: ModelConfig
    """Architecture, with the stage's RoPE base and context already set."""
    init: Literal["random", "weights"]
    """random: draw from init_seed; weights: start from TrainPaths.init_dir."""
    init_seed: int
    data_seed: int
    """Key of the sample permutation (training/shards.py)."""
    context_tokens: int
    batch_samples: int
    """Samples of one optimizer step, over all ranks and accumulation steps."""
    steps: int
    schedule: ScheduleSpec
    optimizer: OptimizerSpec
    precision: Literal["fp32", "bf16"]
    carry_optimizer: bool
    """Start from the optimizer moments beside the initial weights (a stage continues the last)."""
    z_loss: float = 0.0
    """Weight of the squared log of the softmax's denominator (model/loss.py); 0 is off."""
    spikes: SpikeSpec = field(default_factory=SpikeSpec)


@dataclass(frozen=True, kw_only=True)
class TrainExecution:
    """Where and how it runs; never part of a fingerprint."""

    shards_dir: str
    init_dir: str | None
    """Folder with model.safetensors (and optimizer.safetensors), or None for random."""
    output_dir: str
    """Receives the final files: see training/main.py."""
    resume_dir: str
    """Step checkpoints live here, across attempts of the same fingerprint."""
    journal_path: str
    """Append-only JSON lines of metrics and events."""
    world_size: int = 1
    sequence_parallel: int = 1
    """Neighbouring ranks that share each sample, a slice of its tokens each."""
    micro_batch_samples: int = 1
    zero_stage: int = 1
    offload_optimizer: bool = False
    """Keep fp32 weights and moments in the host's memory and update them there."""
    threads: int = 2
    checkpoint_every_steps: int = 100
    log_every_steps: int = 10
    keep_checkpoints: int = 2
    activation_checkpointing: bool = False
    """Keep the inputs of layers only and compute the rest again on the way back."""
    keep_every_steps: int = 0
    """Checkpoints of these multiples are never removed; 0: only the newest are kept."""
    checkpoint_in_background: bool = True
    """Training waits for a copy of the state, not for the disk; False: it waits for the commit."""
    checkpoint_failures_allowed: int = 3
    """Checkpoints in a row that may fail to be written (a full disk) before the job stops."""
    hang_after_s: float = 1800.0
    """A rank that finishes no step for so long ends itself (training/watchdog.py)."""
    remote_dir: str | None = None
    """s3://bucket/prefix, or a network folder: checkpoints are kept there too, so that the job can
    go on on another machine (training/mirror.py)."""
    grace_s: float = 30.0
    """Time from SIGTERM to SIGKILL (Kubernetes' and our launcher's default)."""
    accept_drift: tuple[str, ...] = ()
    """Fields that may differ from the checkpoint's (training/drift.py)."""
    branch_specs: tuple[str, ...] = ()
    """spec.json of jobs on nearly the same shards: one of their step checkpoints will do as long as
    no step before it has read a sample that differs (training/branching.py)."""

    @property
    def data_parallel(self) -> int:
        """Ranks, or groups of ranks, that read different samples."""
        return self.world_size // self.sequence_parallel


@dataclass(frozen=True, kw_only=True)
class TrainSpec:
    identity: TrainIdentity
    execution: TrainExecution

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n")

    def to_dict(self) -> dict[str, Any]:
        return {
            "identity": {**asdict(self.identity), "model": self.identity.model.to_dict()},
            "execution": asdict(self.execution),
        }

    @classmethod
    def read(cls, path: Path) -> TrainSpec:
        return cls.from_dict(json.loads(path.read_text()))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrainSpec:
        return cls(
            identity=identity_from_dict(data["identity"]),
            execution=_execution_from_dict(data["execution"]),
        )


def common_heads(model: ModelConfig) -> int:
    """Return what sequence_parallel has to divide: the query heads of all layers.

    kv heads set no limit; they are repeated where there are too few (training/slices.py).
    """
    return math.gcd(*(model.heads(layer)[0] for layer in range(model.num_layers)))


def identity_from_dict(data: Mapping[str, Any]) -> TrainIdentity:
    return TrainIdentity(
        **{
            **data,
            "model": ModelConfig.from_dict(data["model"]),
            "schedule": ScheduleSpec(**data["schedule"]),
            "optimizer": OptimizerSpec(**data["optimizer"]),
            "spikes": SpikeSpec(**data.get("spikes", {})),
        }
    )


def _execution_from_dict(data: Mapping[str, Any]) -> TrainExecution:
    lists = {name: tuple(data.get(name, ())) for name in ("accept_drift", "branch_specs")}
    return TrainExecution(**{**data, **lists})
