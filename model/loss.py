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
"""A chunk reads the whole head twice. With 133,120 entries, 31 tokens would do 16 operations for
every byte of it; 512 tokens (260 MiB of logits) do 256, near what a GPU needs to stay busy."""


def head_loss(hidden_ND: Tensor, weight_VD: Tensor, target_N: Tensor) -> Tensor:
    """Return the summed negative log-likelihood of the targets, a fp32 scalar."""
    return head_loss_with_z(hidden_ND, weight_VD, target_N, 0.0)[0]


def head_loss_with_z(
    hidden_ND: Tensor, weight_VD: Tensor, target_N: Tensor, z_weight: float
) -> tuple[Tensor, Tensor]:
    """Return (summed loss of the targets, the part of it that is z-loss), fp32 scalars.

    The loss is the negative log-likelihood plus z_weight x (log of the softmax's denominator)^2,
    which keeps logits from drifting (arXiv 2204.02311, section 5). Gradients pass the sum only.
    """
    if not (torch.is_grad_enabled() and (hidden_ND.requires_grad or weight_VD.requires_grad)):
        totals = hidden_ND.new_zeros(2, dtype=torch.float32)
        for hidden, target in _chunks(hidden_ND, target_N, weight_VD.shape[0]):
            logits = product(hidden, weight_VD.T).float()
            z_loss = _z_loss(logits.logsumexp(dim=-1), z_weight) if z_weight else 0.0
            totals[0] += F.cross_entropy(logits, target, reduction="sum") + z_loss
            totals[1] += z_loss
        return totals[0], totals[1]
    return _HeadLoss.apply(hidden_ND, weight_VD, target_N, z_weight)  # type: ignore[no-any-return, no-untyped-call]


def _z_loss(log_z_N: Tensor, z_weight: float) -> Tensor:
    return z_weight * log_z_N.square().sum()


class _HeadLoss(torch.autograd.Function):
    """Gradients are computed in the forward pass, while a chunk's logits are at hand."""

    @staticmethod
    def forward(
        ctx: Any, hidden_ND: Tensor, weight_VD: Tensor, target_N: Tensor, z_weight: float
    ) -> tuple[Tensor, Tensor]:
        total = hidden_ND.new_zeros((), dtype=torch.float32)
        z_total = torch.zeros_like(total)
        grad_hidden_ND = torch.empty_like(hidden_ND)
        grad_weight_VD = torch.zeros_like(weight_VD, dtype=torch.float32)
        start = 0
        for hidden, target in _chunks(hidden_ND, target_N, weight_VD.shape[0]):
            logits = product(hidden, weight_VD.T).float()
            top = logits.amax(dim=-1, keepdim=True)
            target_logit = logits.gather(1, target[:, None])
            share = logits.sub_(top).exp_()
            total_share = share.sum(dim=-1, keepdim=True)
            log_z = top + total_share.log()
            total += (log_z - target_logit).sum()
            if z_weight:
                z_total += _z_loss(log_z, z_weight)
                # d z_weight log_z^2 / d logits = 2 z_weight log_z x share / total_share
                share.mul_(1 + 2 * z_weight * log_z)
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
        ctx.mark_non_differentiable(z_total)
        return total + z_total, z_total

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(
        ctx: Any, grad_total: Tensor, _grad_z: Tensor
    ) -> tuple[Tensor, Tensor, None, None]:
        grad_hidden_ND, grad_weight_VD = ctx.saved_tensors
        return grad_hidden_ND * grad_total, grad_weight_VD * grad_total, None, None


def chunk_tokens(vocab_size: int) -> int:
    """Return how many tokens' logits exist at once."""
    return max(_MIN_CHUNK_TOKENS, _CHUNK_LOGITS // vocab_size)


def _chunks(hidden_ND: Tensor, target_N: Tensor, vocab_size: int) -> list[tuple[Tensor, Tensor]]:
    size = chunk_tokens(vocab_size)
    if not len(target_N):
        return []
    return list(zip(torch.split(hidden_ND, size), torch.split(target_N, size), strict=True))
