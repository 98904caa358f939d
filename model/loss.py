"""Cross-entropy of the head, one chunk of tokens at a time.

The logits of a chunk live only while its loss and gradients are computed, so that memory does
not grow with tokens x vocabulary and the chunk is still in cache when its gradient is taken.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_CHUNK_LOGITS = 1 << 22
"""Logits held at once (16 MiB in fp32)."""


def head_loss(hidden_ND: Tensor, weight_VD: Tensor, target_N: Tensor) -> Tensor:
    """Return the summed negative log-likelihood of the targets, a fp32 scalar."""
    if not (torch.is_grad_enabled() and (hidden_ND.requires_grad or weight_VD.requires_grad)):
        losses = [
            F.cross_entropy(F.linear(hidden, weight_VD).float(), target, reduction="sum")
            for hidden, target in _chunks(hidden_ND, target_N, weight_VD.shape[0])
        ]
        return torch.stack(losses).sum() if losses else hidden_ND.new_zeros((), dtype=torch.float32)
    return _HeadLoss.apply(hidden_ND, weight_VD, target_N)  # type: ignore[no-any-return, no-untyped-call]


class _HeadLoss(torch.autograd.Function):
    """Gradients are computed in the forward pass, while a chunk's logits are at hand."""

    @staticmethod
    def forward(ctx: Any, hidden_ND: Tensor, weight_VD: Tensor, target_N: Tensor) -> Tensor:
        total = hidden_ND.new_zeros((), dtype=torch.float32)
        grad_hidden_ND = torch.empty_like(hidden_ND)
        grad_weight_VD = torch.zeros_like(weight_VD, dtype=torch.float32)
        start = 0
        for hidden, target in _chunks(hidden_ND, target_N, weight_VD.shape[0]):
            logits = F.linear(hidden, weight_VD).float()
            log_sum = logits.logsumexp(dim=-1, keepdim=True)
            total += (log_sum - logits.gather(1, target[:, None])).sum()
            # d nll / d logits = softmax - one-hot, written over the logits.
            grad = logits.sub_(log_sum).exp_()
            grad.scatter_add_(1, target[:, None], grad.new_full((len(target), 1), -1.0))
            grad = grad.to(hidden.dtype)
            grad_hidden_ND[start : start + len(target)] = grad @ weight_VD
            grad_weight_VD += grad.T @ hidden
            start += len(target)
        ctx.save_for_backward(grad_hidden_ND, grad_weight_VD.to(weight_VD.dtype))
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad_total: Tensor) -> tuple[Tensor, Tensor, None]:
        grad_hidden_ND, grad_weight_VD = ctx.saved_tensors
        return grad_hidden_ND * grad_total, grad_weight_VD * grad_total, None


def _chunks(hidden_ND: Tensor, target_N: Tensor, vocab_size: int) -> list[tuple[Tensor, Tensor]]:
    size = max(1, _CHUNK_LOGITS // vocab_size)
    if not len(target_N):
        return []
    return list(zip(torch.split(hidden_ND, size), torch.split(target_N, size), strict=True))
