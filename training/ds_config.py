"""DeepSpeed's configuration of a job, computed from its spec, and what is refused with the reason.

Torch-free, so that the control plane can show it before anything runs.
"""

from __future__ import annotations

from typing import Any

from training.spec import TrainSpec, common_heads


def accumulation_steps(spec: TrainSpec) -> int:
    """Return the micro-batches of one rank in one step; raises ValueError when it is no integer."""
    batch, execution = spec.identity.batch_samples, spec.execution
    per_round = execution.data_parallel * execution.micro_batch_samples
    if batch % per_round:
        shared = execution.sequence_parallel > 1
        raise ValueError(
            f"batch_samples {batch} is no multiple of world_size {execution.world_size} "
            f"{f'/ sequence_parallel {execution.sequence_parallel} ' if shared else ''}x "
            f"micro_batch_samples {execution.micro_batch_samples}: change one of them"
        )
    return batch // per_round


def ds_config(spec: TrainSpec, *, on_gpu: bool = False) -> dict[str, Any]:
    """Return DeepSpeed's configuration of a job; raises ValueError for what cannot run."""
    identity, execution, optimizer = spec.identity, spec.execution, spec.identity.optimizer
    bf16 = identity.precision == "bf16"
    _refuse(spec)
    zero: dict[str, Any] = {"stage": execution.zero_stage, "overlap_comm": False}
    if execution.offload_optimizer:
        zero["offload_optimizer"] = {"device": "cpu", "pin_memory": on_gpu}
    return {
        # DeepSpeed takes every rank for one of its own samples: ranks that share one count it each.
        "train_batch_size": identity.batch_samples * execution.sequence_parallel,
        "train_micro_batch_size_per_gpu": execution.micro_batch_samples,
        "gradient_accumulation_steps": accumulation_steps(spec),
        "gradient_clipping": optimizer.max_grad_norm,
        "zero_optimization": zero,
        # check_grad_overflow: without it a step in bf16 is never dropped, whatever its norm.
        "bf16": {"enabled": bf16, "check_grad_overflow": True},
        # bf16 would round gradients once more at every sum over ranks and micro-batches.
        "data_types": {"grad_accum_dtype": "fp32"},
        "communication_data_type": "fp32",
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


def _refuse(spec: TrainSpec) -> None:
    """Raise ValueError for what DeepSpeed cannot run, or would run with other numbers."""
    execution, max_grad_norm = spec.execution, spec.identity.optimizer.max_grad_norm
    bf16 = spec.identity.precision == "bf16"
    if execution.zero_stage not in (0, 1, 2, 3):
        raise ValueError(f"zero_stage {execution.zero_stage} is not 0, 1, 2 or 3")
    if execution.zero_stage == 0 and bf16:
        raise ValueError(
            "bf16 needs zero_stage 1, 2 or 3, not 0: there DeepSpeed adds gradients up in bf16"
        )
    if execution.offload_optimizer and execution.zero_stage < (3 if bf16 else 1):
        # DeepSpeed 0.19.8 in bf16 at stages 1 and 2: what waits in the host's memory is rounded to
        # bf16 between micro-batches, and gradients of a dropped step stay there for the next.
        raise ValueError(
            f"offload_optimizer needs zero_stage {'3 in bf16' if bf16 else '1, 2 or 3'}, not "
            f"{execution.zero_stage}: change one of them"
        )
    if max_grad_norm <= 0:
        raise ValueError(f"max_grad_norm {max_grad_norm} is not above 0: set it")
    if spec.identity.z_loss < 0:
        raise ValueError(f"z_loss {spec.identity.z_loss} is below 0: set it to 0 or more")
    _refuse_degree(spec)


def _refuse_degree(spec: TrainSpec) -> None:
    """Raise ValueError when samples cannot be shared by as many ranks as the spec asks for."""
    degree, context = spec.execution.sequence_parallel, spec.identity.context_tokens
    if degree < 1 or spec.execution.world_size % degree:
        raise ValueError(
            f"world_size {spec.execution.world_size} is no multiple of sequence_parallel {degree}: "
            "change one of them"
        )
    if context % degree:
        raise ValueError(
            f"context_tokens {context} cannot be cut into {degree} equal slices: change "
            "sequence_parallel"
        )
    most = common_heads(spec.identity.model)
    if most % degree:
        divisors = [d for d in range(1, most + 1) if most % d == 0]
        raise ValueError(
            f"sequence_parallel {degree} does not divide the query heads of every layer: this "
            f"model can have {', '.join(map(str, divisors))}"
        )
