"""What an installation gives one training job: ranks, memory, and how they are used.

Execution only: nothing here enters a fingerprint, and the same recipe trains on the same data in
the same order whatever stands here. assets/checkpoints/layout.py turns it into a job's numbers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AutoLayout:
    """Lay jobs out as the planner does for a device; what is not None is decided already."""

    device: str
    """Name in training/planning/hardware.py."""
    zero_stage: int | None = None
    sequence_parallel: int | None = None
    """Most ranks that share a sample."""
    micro_batch_tokens: int | None = None
    """Most tokens that a rank takes at once."""
    activation_checkpointing: bool | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingResources:
    """The defaults are those of a laptop."""

    ranks: int = 1
    """Most processes of one job, one per device; fewer where the batch cannot be shared out."""
    sequence_parallel: int = 1
    """Most ranks that share a sample; fewer, or none, where a context is short enough."""
    micro_batch_tokens: int = 2048
    """Most tokens that a rank takes at once. Measured for `tiny` on two cores: 8 samples of 256
    are as fast as 16, and 4 are 20 % slower."""
    zero_stage: int | None = None
    """DeepSpeed ZeRO stage; None leaves the choice to the layout."""
    offload_optimizer: bool = False
    """Keep fp32 weights and moments in the host's memory."""
    activation_checkpointing: bool = False
    """Compute activations again on the way back instead of keeping them."""
    auto: AutoLayout | None = None
    """The planner's layout instead of the rules above."""
    step_mirror: str | None = None
    """Folder or s3://bucket/prefix where step checkpoints are kept a second time."""


LAPTOP = TrainingResources()
