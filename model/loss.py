"""Cross-entropy of the head, one chunk of tokens at a time.

The logits of a chunk live only while its loss and gradients are computed, so that memory does
not grow with tokens x vocabulary and the chunk is still in cache when its gradient is taken.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from model.products import product, weight_gradient

_CHUNK_LOGITS = 1 << 22
"""Logits held at once (16 MiB in fp32), while that gives chunks of enough tokens."""

_MIN_CHUNK_TOKENS = 512
_MIN_CHUNK_TOKENS_GPU = 2048
"""A chunk reads the whole head twice and its fp32 gradient once. With 133,120 entries, 31 tokens
would do 16 operations for every byte of the head; 512 do 256, which keeps a CPU busy, and 2,048
(1 GiB of logits) leave the gradient a tenth of the time on a GPU."""


def head_loss(hidden_ND: Tensor, weight_VD: Tensor, target_N: Tensor) -> Tensor:
    """Return the summed negative log-likelihood of the targets, a fp32 scalar."""
    if not (torch.is_grad_enabled() and (hidden_ND.requires_grad or weight_VD.requires_grad)):
        losses = [
            F.cross_entropy(product(hidden, weight_VD.T).float(), target, reduction="sum")
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
            logits = product(hidden, weight_VD.T).float()
            top = logits.amax(dim=-1, keepdim=True)
            target_logit = logits.gather(1, target[:, None])
            share = logits.sub_(top).exp_()
            total_share = share.sum(dim=-1, keepdim=True)
            total += (top + total_share.log() - target_logit).sum()
            # d nll / d logits = share / total_share - one-hot. The division is left to the small
            # factors, so no pass over the logits is spent on it.
            share.scatter_add_(1, target[:, None], -total_share)
            share, scale = share.to(hidden.dtype), total_share.reciprocal_().to(hidden.dtype)
            torch.mul(
                product(share, weight_VD), scale, out=grad_hidden_ND[start : start + len(target)]
            )
            grad_weight_VD += weight_gradient(share, hidden * scale)
            start += len(target)
        ctx.save_for_backward(grad_hidden_ND, grad_weight_VD.to(weight_VD.dtype))
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad_total: Tensor) -> tuple[Tensor, Tensor, None]:
        grad_hidden_ND, grad_weight_VD = ctx.saved_tensors
        return grad_hidden_ND * grad_total, grad_weight_VD * grad_total, None


def chunk_tokens(vocab_size: int, device: torch.device) -> int:
    """Return how many tokens' logits exist at once."""
    least = _MIN_CHUNK_TOKENS if device.type == "cpu" else _MIN_CHUNK_TOKENS_GPU
    return max(least, _CHUNK_LOGITS // vocab_size)


def _chunks(hidden_ND: Tensor, target_N: Tensor, vocab_size: int) -> list[tuple[Tensor, Tensor]]:
    size = chunk_tokens(vocab_size, hidden_ND.device)
    if not len(target_N):
        return []
    return list(zip(torch.split(hidden_ND, size), torch.split(target_N, size), strict=True))
