"""DeepSpeed's configuration of a job, computed from its spec.

Torch-free, so that the control plane can show it before anything runs.
"""

from __future__ import annotations

from typing import Any

from training.spec import TrainSpec


def accumulation_steps(spec: TrainSpec) -> int:
    """Return the micro-batches of one rank in one step; raises ValueError when it is no integer."""
    batch, execution = spec.identity.batch_samples, spec.execution
    per_round = execution.world_size * execution.micro_batch_samples
    if batch % per_round:
        raise ValueError(
            f"batch_samples {batch} is no multiple of world_size {execution.world_size} x "
            f"micro_batch_samples {execution.micro_batch_samples}: change one of them"
        )
    return batch // per_round


def ds_config(spec: TrainSpec) -> dict[str, Any]:
    """Return DeepSpeed's configuration of a job; raises ValueError for what cannot run."""
    identity, execution, optimizer = spec.identity, spec.execution, spec.identity.optimizer
    bf16 = identity.precision == "bf16"
    if execution.zero_stage not in (0, 1, 2, 3):
        raise ValueError(f"zero_stage {execution.zero_stage} is not 0, 1, 2 or 3")
    if bf16 and execution.zero_stage < 2:
        # Stages 0 and 1 take two other optimizer wrappers, with other rules for the norm.
        raise ValueError(f"bf16 needs zero_stage 2 or 3, not {execution.zero_stage}: change it")
    if optimizer.max_grad_norm <= 0:
        raise ValueError(f"max_grad_norm {optimizer.max_grad_norm} is not above 0: set it")
    return {
        "train_batch_size": identity.batch_samples,
        "train_micro_batch_size_per_gpu": execution.micro_batch_samples,
        "gradient_accumulation_steps": accumulation_steps(spec),
        "gradient_clipping": optimizer.max_grad_norm,
        "zero_optimization": {"stage": execution.zero_stage, "overlap_comm": False},
        # check_grad_overflow: without it a step in bf16 is never dropped, whatever its norm.
        "bf16": {"enabled": bf16, "check_grad_overflow": True},
        "data_types": {"grad_accum_dtype": "fp32"},
        "optimizer": {
            "type": "AdamW",
            "params": {
                # DeepSpeed's own Adam compiles C++ at first use: minutes, and a compiler.
                "torch_adam": True,
                "fused": True,
                "lr": identity.schedule.peak_lr,
                "betas": [optimizer.beta1, optimizer.beta2],
                "eps": optimizer.eps,
            },
        },
        "steps_per_print": None,
    }
