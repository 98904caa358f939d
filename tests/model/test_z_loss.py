"""The head's loss with z-loss against plain autograd, in one chunk of tokens and in many."""

from __future__ import annotations

import pytest
import torch

from model import loss
from model.loss import head_loss, head_loss_with_z

NUM_TOKENS = 1100
Z_WEIGHT = 0.05
"""Far above what one would train with, so that it shows in every gradient."""


def _problem() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn((NUM_TOKENS, 8), generator=generator, requires_grad=True)
    weight = torch.randn((23, 8), generator=generator, requires_grad=True)
    return hidden, weight, torch.randint(0, 23, (NUM_TOKENS,), generator=generator)


def _plainly(
    hidden: torch.Tensor, weight: torch.Tensor, target: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    logits = hidden @ weight.T
    nll = torch.nn.functional.cross_entropy(logits, target, reduction="sum")
    z_loss = Z_WEIGHT * logits.logsumexp(dim=-1).square().sum()
    return nll + z_loss, z_loss


@pytest.mark.parametrize("chunk_logits", [1 << 22, 200 * 23])
def test_z_loss_and_its_gradients_are_those_of_plain_autograd(
    chunk_logits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "_CHUNK_LOGITS", chunk_logits)
    monkeypatch.setattr(loss, "_MIN_CHUNK_TOKENS", 1)
    hidden, weight, target = _problem()
    expected, expected_z = _plainly(hidden, weight, target)
    gradients = torch.autograd.grad(expected * 0.5, (hidden, weight))
    total, z_loss = head_loss_with_z(hidden, weight, target, Z_WEIGHT)
    torch.testing.assert_close((total, z_loss), (expected, expected_z))
    found = torch.autograd.grad(total * 0.5, (hidden, weight))
    torch.testing.assert_close(found, gradients, atol=1e-4, rtol=1e-5)


def test_the_values_are_the_same_where_no_gradient_is_asked_for() -> None:
    hidden, weight, target = _problem()
    with torch.no_grad():
        values = head_loss_with_z(hidden, weight, target, Z_WEIGHT)
    torch.testing.assert_close(values, head_loss_with_z(hidden, weight, target, Z_WEIGHT))


def test_a_weight_of_zero_is_no_z_loss() -> None:
    total, z_loss = head_loss_with_z(*_problem(), 0.0)
    assert z_loss == 0
    assert head_loss(*_problem()) == total < head_loss_with_z(*_problem(), Z_WEIGHT)[0]
