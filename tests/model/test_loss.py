"""The loss in chunks is that of all logits at once, whatever the chunks."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from model import loss
from model.loss import chunk_tokens, head_loss


def inputs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    hidden = (3 * torch.randn(90, 16, generator=generator)).requires_grad_()
    weight = torch.randn(37, 16, generator=generator).requires_grad_()
    return hidden, weight, torch.randint(0, 37, (90,), generator=generator)


@pytest.mark.parametrize("chunk", [1, 7, 16, 89, 90, 500])
def test_loss_and_gradients_do_not_depend_on_the_chunks(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "_CHUNK_LOGITS", 0)
    monkeypatch.setattr(loss, "_MIN_CHUNK_TOKENS", chunk)
    hidden, weight, target = inputs()
    plain = F.cross_entropy(hidden @ weight.T, target, reduction="sum")
    got = head_loss(hidden, weight, target)
    torch.testing.assert_close(got, plain, atol=1e-4, rtol=1e-6)
    torch.testing.assert_close(
        torch.autograd.grad(got, (hidden, weight)),
        torch.autograd.grad(plain, (hidden, weight)),
        atol=2e-5,
        rtol=1e-5,
    )
    with torch.no_grad():
        torch.testing.assert_close(head_loss(hidden, weight, target), plain, atol=1e-4, rtol=1e-6)


def test_only_one_chunk_of_logits_exists_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "_CHUNK_LOGITS", 0)
    monkeypatch.setattr(loss, "_MIN_CHUNK_TOKENS", 10)
    with torch.profiler.profile(record_shapes=True) as recorded:
        head_loss(*inputs()).backward()
    shapes = [shape for event in recorded.events() for shape in event.input_shapes if shape]
    with_vocabulary = [shape[0] for shape in shapes if shape[-1:] == [37] and len(shape) == 2]
    assert with_vocabulary and max(with_vocabulary) <= 16  # 10 tokens, or 16 channels turned.


def test_a_large_vocabulary_still_gets_chunks_worth_reading_the_head_for() -> None:
    assert chunk_tokens(8192) == 512
    assert chunk_tokens(1000) == (1 << 22) // 1000
    assert chunk_tokens(133_120) == 512
