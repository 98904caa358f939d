"""How one step is spread over devices: ZeRO stage, sequence parallelism, micro batch, offload; what
a kind of device changes.

Values only; training/planning/memory.py says what a layout holds, search.py which one to take.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from training.spec import TrainExecution

Precision = Literal["fp32", "bf16"]
Offload = Literal["none", "optimizer"]

ZERO_STAGES: dict[Precision, tuple[int, ...]] = {"fp32": (0, 1, 2, 3), "bf16": (1, 2, 3)}
"""What the engine runs: stage 0 adds bf16 gradients up in bf16 (training/ds_config.py;
a test holds the two together)."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What the kind of device changes in the memory of a step."""

    kernel: Literal["sdpa", "flex"]
    """Attention of model/attention.py. sdpa: masks are tensors, and every call keeps one; flex:
    masks are small block tables."""
    takes_buckets_whole: bool
    """A GPU allocator takes DeepSpeed's buckets at once; a CPU's pages count when touched."""
    packs_bf16: bool
    """A CPU's bf16 matrix products repack their operands beside the tensors."""


CPU = Runtime(kernel="sdpa", takes_buckets_whole=False, packs_bf16=True)
CUDA = Runtime(kernel="flex", takes_buckets_whole=True, packs_bf16=False)
ROCM = Runtime(kernel="sdpa", takes_buckets_whole=True, packs_bf16=False)
"""FlexAttention is left to CUDA (model/flex.py)."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One way to run a step; validated on its own, the model is not known here."""

    devices: int
    """Ranks of the whole job."""
    zero_stage: int
    sequence_parallel: int
    """Devices that share one sample's tokens (DeepSpeed-Ulysses, arXiv 2309.14509); 1 is none."""
    micro_batch_samples: int
    accumulation: int
    """Micro-batches of one data-parallel replica in one step."""
    activation_checkpointing: bool
    precision: Precision
    offload: Offload = "none"

    def __post_init__(self) -> None:
        if self.devices < 1 or self.micro_batch_samples < 1 or self.accumulation < 1:
            raise ValueError(
                f"{self.devices} devices, micro batch {self.micro_batch_samples} and accumulation "
                f"{self.accumulation} must all be at least 1"
            )
        if self.sequence_parallel < 1 or self.devices % self.sequence_parallel:
            raise ValueError(
                f"sequence_parallel {self.sequence_parallel} does not divide {self.devices} "
                "devices: choose a divisor"
            )
        if self.zero_stage not in ZERO_STAGES[self.precision]:
            raise ValueError(
                f"zero stage {self.zero_stage} does not run in {self.precision}: choose from "
                f"{', '.join(map(str, ZERO_STAGES[self.precision]))}"
            )

    @property
    def replicas(self) -> int:
        """Groups of devices that read different samples."""
        return self.devices // self.sequence_parallel

    @property
    def element_bytes(self) -> int:
        """Bytes of a weight or an activation."""
        return 2 if self.precision == "bf16" else 4

    def not_run(self) -> list[str]:
        """Return what this layout asks of the engine that no field of a job's spec can say."""
        known = {field.name for field in fields(TrainExecution)}
        asked = {
            "sequence_parallel": self.sequence_parallel > 1,
            "offload": self.offload != "none",
        }
        return [
            name
            for name, wanted in asked.items()
            if wanted and not any(name.split("_")[0] in field for field in known)
        ]
