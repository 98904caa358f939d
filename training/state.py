"""Weights and AdamW moments of a running engine, whole and by published name, in and out.

Whatever the ZeRO stage and the number of ranks, the state reads the same, so a checkpoint made on
two ranks goes on on one, and a stage continues the moments of the stage before. Every tensor
passes through every rank's memory once: right for models that fit one, and no further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.engine import Engine

_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True, kw_only=True)
class EngineState:
    """fp32 tensors on the CPU, by the network's parameter names."""

    weights: Mapping[str, Tensor]
    """The master weights, whatever the precision of training."""
    exp_avg: Mapping[str, Tensor]
    exp_avg_sq: Mapping[str, Tensor]
    num_updates: int
    """AdamW's own step count: steps that were skipped are not in it."""

    def save_optimizer(self, path: Path, *, with_weights: bool) -> None:
        """Write the moments; and the master weights, where the model file is rounded to bf16."""
        tensors = {
            **{f"exp_avg/{name}": tensor for name, tensor in self.exp_avg.items()},
            **{f"exp_avg_sq/{name}": tensor for name, tensor in self.exp_avg_sq.items()},
            "num_updates": torch.tensor(self.num_updates, dtype=torch.int64),
        }
        if with_weights:
            tensors |= {f"master/{name}": tensor for name, tensor in self.weights.items()}
        save_file(tensors, path)


def load_state(weights_path: Path, optimizer_path: Path) -> EngineState:
    """Read what `save_weights` and `save_optimizer` wrote; master weights win over rounded ones."""
    if not optimizer_path.is_file():
        raise FileNotFoundError(
            f"{optimizer_path} is missing, but the optimizer is to be carried over: start from a "
            "checkpoint that has one, or set carry_optimizer to false"
        )
    tensors = load_file(optimizer_path)
    parts: dict[str, dict[str, Tensor]] = {"exp_avg": {}, "exp_avg_sq": {}, "master": {}}
    num_updates = int(tensors.pop("num_updates"))
    for key, tensor in tensors.items():
        kind, name = key.split("/", 1)
        parts[kind][name] = tensor
    return EngineState(
        weights=parts["master"] or load_weights(weights_path),
        exp_avg=parts["exp_avg"],
        exp_avg_sq=parts["exp_avg_sq"],
        num_updates=num_updates,
    )


def load_weights(path: Path) -> dict[str, Tensor]:
    return {name: tensor.float() for name, tensor in load_file(path).items()}


def save_weights(weights: Mapping[str, Tensor], path: Path, *, precision: str) -> None:
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    save_file({n: t.to(dtype) for n, t in weights.items()}, path, metadata={"format": "pt"})


def put_weights(network: nn.Module, weights: Mapping[str, Tensor], source: str) -> None:
    """Copy weights into a network; raises ValueError naming the first that does not fit."""
    expected = dict(network.named_parameters())
    for name in sorted(expected.keys() ^ weights.keys()):
        where = "lacks" if name in expected else "has the unknown"
        raise ValueError(f"{source} {where} tensor {name}: it is of another architecture")
    with torch.no_grad():
        for name, parameter in expected.items():
            if parameter.shape != weights[name].shape:
                raise ValueError(
                    f"{source}: {name} is {list(weights[name].shape)}, the model's is "
                    f"{list(parameter.shape)}: it is of another architecture"
                )
            parameter.copy_(weights[name])


def prepare_moments(engine: Engine) -> None:
    """Make AdamW's state now, zero as at its first step, so that it can be read and set."""
    inner = engine.deepspeed.optimizer
    adam = inner if engine.zero_stage == 0 else inner.optimizer
    for flat in _flat_parameters(engine):
        adam.state[flat] = {
            "step": torch.zeros((), dtype=torch.float32, device=flat.device),
            "exp_avg": torch.zeros_like(flat),
            "exp_avg_sq": torch.zeros_like(flat),
        }
    if engine.zero_stage in (1, 2):  # Both wrappers of stage 1 have it.
        inner._lazy_init_hp_params_optimizer_state()


def get_state(engine: Engine) -> EngineState:
    """Collect the whole state; every rank has to call this."""
    network = engine.network
    return EngineState(
        weights={n: _get(engine, p, None) for n, p in network.named_parameters()},
        exp_avg={n: _get(engine, p, "exp_avg") for n, p in network.named_parameters()},
        exp_avg_sq={n: _get(engine, p, "exp_avg_sq") for n, p in network.named_parameters()},
        num_updates=int(next(iter(_adam_states(engine)))["step"]),
    )


def set_masters(engine: Engine, weights: Mapping[str, Tensor]) -> None:
    """Set the fp32 weights behind a rounded network (which must hold the same, rounded)."""
    if engine.zero_stage:
        for name, parameter in engine.network.named_parameters():
            _set(engine, parameter, None, weights[name])


def set_moments(engine: Engine, state: EngineState) -> None:
    for name, parameter in engine.network.named_parameters():
        _set(engine, parameter, "exp_avg", state.exp_avg[name])
        _set(engine, parameter, "exp_avg_sq", state.exp_avg_sq[name])
    for adam_state in _adam_states(engine):
        adam_state["step"].fill_(state.num_updates)


def _get(engine: Engine, parameter: nn.Parameter, moment: str | None) -> Tensor:
    if engine.zero_stage == 0:
        state = engine.deepspeed.optimizer.state
        whole = parameter if moment is None else state[parameter][moment]
    else:
        from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state

        whole = (
            safe_get_full_fp32_param(parameter)
            if moment is None
            else safe_get_full_optimizer_state(parameter, moment)
        )
    return whole.detach().to("cpu", torch.float32, copy=True).contiguous()


def _set(engine: Engine, parameter: nn.Parameter, moment: str | None, value: Tensor) -> None:
    value = value.to(parameter.device, torch.float32)
    if engine.zero_stage == 0:
        assert moment is not None
        engine.deepspeed.optimizer.state[parameter][moment].copy_(value)
        return
    from deepspeed.utils import safe_set_full_fp32_param, safe_set_full_optimizer_state

    if moment is None:
        safe_set_full_fp32_param(parameter, value)
    else:
        safe_set_full_optimizer_state(parameter, value, moment)


def _flat_parameters(engine: Engine) -> list[Tensor]:
    """Return what AdamW updates: parameters, or this rank's flat fp32 partitions of them."""
    inner = engine.deepspeed.optimizer
    if engine.zero_stage == 0:
        return list(engine.network.parameters())
    if engine.zero_stage == 3:
        return list(inner.fp32_partitioned_groups_flat)
    if engine.has_bf16_wrapper:
        return list(inner.fp32_groups_flat_partition)
    return list(inner.single_partition_of_fp32_groups)


def _adam_states(engine: Engine) -> list[dict[str, Any]]:
    inner = engine.deepspeed.optimizer
    adam = inner if engine.zero_stage == 0 else inner.optimizer
    return [adam.state[flat] for flat in _flat_parameters(engine)]
