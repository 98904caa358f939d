"""The DeepSpeed engine under our rules: loss over the global batch, decisions on the raw norm.

All that this project knows about DeepSpeed's inside stands in this file and in state.py.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from model.network import Network
from training.data import MicroBatch
from training.ds_config import accumulation_steps, ds_config
from training.ranks import Ranks
from training.slices import join_slices
from training.spec import TrainSpec


@dataclass(frozen=True, kw_only=True)
class StepOutcome:
    grad_norm: float
    """Global norm before clipping."""
    accepted: bool


class NonFiniteError(RuntimeError):
    """Loss or gradient norm is NaN or infinite: the run must not go on."""


class Engine:
    """One network under DeepSpeed."""

    def __init__(
        self, spec: TrainSpec, ranks: Ranks, network: Network, accept: Callable[[float], bool]
    ) -> None:
        """Take a network with its start weights; `accept` decides on each step's global norm."""
        network.activation_checkpointing = spec.execution.activation_checkpointing
        network.slices = join_slices(ranks, spec.execution.sequence_parallel)
        self.network = network
        self.accumulation_steps = accumulation_steps(spec)
        self._ranks = ranks
        self._accept = accept
        self._outcome: StepOutcome | None = None
        deepspeed = import_deepspeed()
        deepspeed.init_distributed(dist_backend=torch.distributed.get_backend(), verbose=False)
        self.deepspeed, *_ = deepspeed.initialize(
            model=_Objective(network, spec.identity.z_loss),
            model_parameters=parameter_groups(network, spec.identity.optimizer.weight_decay),
            config=ds_config(spec, on_gpu=ranks.device.type == "cuda"),
        )
        self.zero_stage = spec.execution.zero_stage
        self.has_bf16_wrapper = type(self.deepspeed.optimizer).__name__ == "BF16_Optimizer"
        """DeepSpeed's own choice for bf16 at stage 1 without offload."""
        self._watch_norm()

    def backward(self, batch: MicroBatch, *, num_predicted: int) -> tuple[Tensor, Tensor, Tensor]:
        """Add a micro-batch's gradients; return (summed nll, summed z-loss, predicted tokens).

        `num_predicted` counts the whole global batch. DeepSpeed averages over ranks, so the sum
        over ranks and micro-batches is scaled by world size / num_predicted.
        """
        device = self._ranks.device
        total, z_loss, predicted = self.deepspeed(
            batch.tokens_BT.to(device), batch.segments_BT.to(device), batch.loss_mask_BT.to(device)
        )
        self.deepspeed.backward(total * (self._ranks.size / num_predicted), scale_wrt_gas=False)
        self._micro_batches_done += 1
        if self._micro_batches_done < self.accumulation_steps:
            self.deepspeed.step()  # Only counts the micro-batch.
        return total.detach() - z_loss, z_loss, predicted

    def step(self, lr: float) -> StepOutcome:
        """Update the weights, or drop the step; raises NonFiniteError for a norm that is none.

        Also after that error the gradients are gone and weights and moments are what they were.
        """
        for group in self.deepspeed.optimizer.param_groups:
            group["lr"] = lr
        self._outcome, self._micro_batches_done = None, 0
        self.deepspeed.step()
        if self._outcome is None:
            raise NonFiniteError("the gradient norm is not finite")
        return self._outcome

    def drop(self) -> None:
        """End a step without an update; its norm is not asked about and not remembered."""
        self._dropping = True
        try:
            self.step(0.0)
        except NonFiniteError:
            pass  # _decide never gives an outcome while dropping.
        finally:
            self._dropping = False

    def close(self) -> None:
        """Give memory and hooks back, so that another engine can be made in this process."""
        self.deepspeed.destroy()

    _micro_batches_done = 0
    _dropping = False

    def _watch_norm(self) -> None:
        """Put our decision where DeepSpeed has the global norm and has not clipped yet.

        An invalid norm (-1) is its own sign for a step to drop: it clears the gradients and
        leaves weights, moments and the optimizer's step count alone.
        """
        inner = self.deepspeed.optimizer
        if self.zero_stage == 0:
            self.deepspeed.clip_fp32_gradients = self._clip_replicated
        elif self.has_bf16_wrapper:
            self._watch_gradients()
        elif self.zero_stage == 3:
            norm_groups = inner._get_norm_groups

            def watched_groups() -> list[Tensor]:
                groups: list[Tensor] = norm_groups()
                total = torch.stack([g.float().reshape(()) for g in groups]).square().sum().sqrt()
                taken = all(bool(g >= 0) for g in groups) and self._decide(total)
                return groups if taken else [torch.full_like(g, -1.0) for g in groups]

            inner._get_norm_groups = watched_groups
        else:
            global_norm = inner.scaled_global_norm

            def watched_norm(norm_type: int = 2) -> Tensor:
                norm: Tensor = global_norm(norm_type)
                return norm if self._decide(norm) else torch.full_like(norm, -1.0)

            inner.scaled_global_norm = watched_norm

    def _watch_gradients(self) -> None:
        """Stage 1 in bf16: it asks for the gradients, then takes their norm in one function."""
        inner = self.deepspeed.optimizer
        gradients_for_norm = inner.get_grads_for_norm

        def watched(for_clipping: bool = False) -> Any:
            gradients = gradients_for_norm(for_clipping)
            if for_clipping:
                return gradients
            taken = self._decide(torch.nn.utils.get_total_norm(gradients[0]))
            return gradients if taken else ([torch.full((1,), torch.inf)], {})

        inner.get_grads_for_norm = watched

    def _clip_replicated(self) -> None:
        """Stage 0: every rank holds all gradients, and a step without gradients changes nothing."""
        parameters = list(self.network.parameters())
        max_norm = self.deepspeed.gradient_clipping()
        if not self._decide(torch.nn.utils.clip_grad_norm_(parameters, max_norm)):
            self.deepspeed.zero_grad()

    def _decide(self, norm: Tensor) -> bool:
        value = self._ranks.max(float(norm))
        if self._dropping or not 0 <= value < float("inf"):
            return False
        self._outcome = StepOutcome(grad_norm=value, accepted=self._accept(value))
        return self._outcome.accepted


class _Objective(nn.Module):
    """What DeepSpeed calls: the network's loss as a forward."""

    def __init__(self, network: Network, z_weight: float) -> None:
        super().__init__()
        self.network = network
        self._z_weight = z_weight

    def forward(
        self, tokens_BT: Tensor, segments_BT: Tensor, loss_mask_BT: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        return self.network.objective(tokens_BT, segments_BT, loss_mask_BT, z_weight=self._z_weight)


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay matrices only; norms and convolution taps are scales (our choice)."""
    matrices = [p for p in network.parameters() if p.dim() == 2]
    scales = [p for p in network.parameters() if p.dim() != 2]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": scales, "weight_decay": 0.0},
    ]


def import_deepspeed() -> Any:
    """Import DeepSpeed so that it starts fast, stays quiet and never runs a compiler."""
    if not torch.cuda.is_available():
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # It would find out, and warn about it.
    with _without("mlflow"):
        deepspeed = importlib.import_module("deepspeed")
    # No compiled operation is offered: its shared-memory all-reduce is built with g++ at first
    # use (plain gloo needs nothing), and even asking which ones could be built runs gcc.
    deepspeed.ops.__compatible_ops__ = {}
    deepspeed.utils.logger.setLevel(logging.ERROR)
    return deepspeed


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Hide a module while DeepSpeed is imported: its autotuner pulls in all of MLflow (5 s)."""
    had = sys.modules.get(module)
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if had is None:
            del sys.modules[module]
        else:
            sys.modules[module] = had
