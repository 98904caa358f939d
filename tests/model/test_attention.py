"""Both attention kernels against softmax over an explicit mask, and the hand-written gradients."""

from __future__ import annotations

import warnings

import pytest
import torch

from model import attention
from model.attention import attend, make_mask
from model.flex import can_use_flex, flex_mask
from model.kernels import rms_norm, rotate, swiglu
from model.plan import rotary_table

CPU = torch.device("cpu")
SEGMENTS = torch.tensor([[0] * 7 + [1] * 30 + [-1] * 4, [0] * 41])


def qkv(num_tokens: int = 41) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    shapes = ((2, 4, num_tokens, 8), (2, 2, num_tokens, 8), (2, 2, num_tokens, 8))
    q, k, v = (torch.randn(shape, generator=generator) for shape in shapes)
    return q, k, v


def plain(segments: torch.Tensor | None, window: int | None) -> torch.Tensor:
    q, k, v = qkv()
    t = torch.arange(41)
    allowed = (t[None] <= t[:, None])[None, None]
    if window is not None:
        allowed = allowed & (t[None] > t[:, None] - window)
    if segments is not None:
        allowed = allowed & (segments[:, None, :, None] == segments[:, None, None, :])
    scores = q @ k.repeat_interleave(2, dim=1).transpose(-1, -2) / 8**0.5
    share = scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1)
    return share @ v.repeat_interleave(2, dim=1)


CASES = [
    pytest.param(segments, window, id=f"{name}-{window}")
    for name, segments in (("one", None), ("packed", SEGMENTS))
    for window in (None, 1, 4, 8, 10, 40, 41, 100)
]


@pytest.mark.parametrize("min_block", [1, 3, 64])
@pytest.mark.parametrize(("segments", "window"), CASES)
def test_blocks_give_the_plain_softmax(
    segments: torch.Tensor | None,
    window: int | None,
    min_block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attention, "MIN_BLOCK_TOKENS", min_block)
    monkeypatch.setattr(attention, "GLOBAL_BLOCK_TOKENS", 2 * min_block)
    mask = make_mask(segments, num_tokens=41, past_tokens=0, window=window, device=CPU)
    got = attend(*qkv(), mask)
    torch.testing.assert_close(got, plain(segments, window), atol=2e-6, rtol=0)


@pytest.mark.parametrize(("segments", "window"), CASES)
def test_flex_attention_gives_the_plain_softmax(
    segments: torch.Tensor | None, window: int | None
) -> None:
    mask = flex_mask(segments, num_tokens=41, window=window, device=CPU)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # On CPU it runs uncompiled, and says so.
        got = attend(*qkv(), mask)
    torch.testing.assert_close(got, plain(segments, window), atol=2e-6, rtol=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("segments", "window"), CASES)
def test_the_compiled_gpu_kernel_gives_the_plain_softmax(
    segments: torch.Tensor | None, window: int | None
) -> None:
    device = torch.device("cuda")
    if not can_use_flex(device):
        pytest.skip("this GPU is older than FlexAttention's kernels")
    # The kernel's tiles are at least 16 wide.
    q, k, v = (torch.nn.functional.pad(x, (0, 8)).to(device) for x in qkv())
    given = None if segments is None else segments.to(device)
    mask = make_mask(given, num_tokens=41, past_tokens=0, window=window, device=device)
    got = attend(q * 2**0.5, k, v, mask)[..., :8].cpu()
    torch.testing.assert_close(got, plain(segments, window), atol=2e-3, rtol=0)


def test_sliding_layers_hold_no_mask_over_all_pairs() -> None:
    mask = make_mask(None, num_tokens=4096, past_tokens=0, window=128, device=CPU)
    assert isinstance(mask, tuple) and len(mask) == 64
    sizes = [b.allowed_B1TS.numel() for b in mask if b.allowed_B1TS is not None]
    assert sum(sizes) <= 4096 * 192
    whole = make_mask(None, num_tokens=4096, past_tokens=0, window=None, device=CPU)
    assert isinstance(whole, tuple) and len(whole) == 1
    assert whole[0].allowed_B1TS is None and whole[0].causal


def test_a_block_of_a_global_layer_meets_no_key_behind_its_queries() -> None:
    packed = torch.zeros(2, 300, dtype=torch.long)
    for segments in (None, packed):
        mask = make_mask(segments, num_tokens=300, past_tokens=0, window=None, device=CPU)
        assert isinstance(mask, tuple)
        assert [block.keys.stop for block in mask] == [128, 256, 300]


def test_the_norm_and_its_gradients_are_those_of_the_formula() -> None:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(2, 3, 8, generator=generator, dtype=torch.float64).float().requires_grad_()
    weight = torch.randn(8, generator=generator).requires_grad_()
    grad = torch.randn(2, 3, 8, generator=generator)
    got = rms_norm(x, weight, 1e-3)
    gradients = torch.autograd.grad(got, (x, weight), grad)
    expected = weight * x / (x.pow(2).mean(dim=-1, keepdim=True) + 1e-3).sqrt()
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(gradients, torch.autograd.grad(expected, (x, weight), grad))


def test_gating_and_its_gradients_are_those_of_the_formula() -> None:
    generator = torch.Generator().manual_seed(4)
    gate, up, grad = (torch.randn(2, 3, 8, generator=generator) for _ in range(3))
    gate.requires_grad_()
    up.requires_grad_()
    got, expected = swiglu(gate, up), gate * torch.sigmoid(gate) * up
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(
        torch.autograd.grad(got, (gate, up), grad), torch.autograd.grad(expected, (gate, up), grad)
    )


def test_the_norm_of_bfloat16_takes_its_statistics_in_fp32() -> None:
    x = torch.full((1, 1, 64), 300.0, dtype=torch.bfloat16)
    x[..., 0] = 1.0
    got = rms_norm(x, torch.ones(64, dtype=torch.bfloat16), 1e-6)
    exact = x.double() / x.double().pow(2).mean().sqrt()
    assert got.dtype == torch.bfloat16
    assert torch.equal(got, exact.bfloat16())


def test_rotation_pairs_channel_i_with_i_plus_half_and_goes_back_in_the_gradient() -> None:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(1, 3, 2, 6, generator=generator).requires_grad_()
    table = rotary_table(torch.tensor([[0, 1, 5]]), 6, 100.0)
    got = rotate(x, table)
    angle = torch.tensor([0.0, 1.0, 5.0])[:, None] * 100.0 ** -(torch.arange(3) / 3)
    turned = torch.view_as_real(
        torch.complex(x[..., :3], x[..., 3:]) * torch.polar(torch.ones(3, 3), angle)[None, :, None]
    )
    expected = torch.cat((turned[..., 0], turned[..., 1]), dim=-1)
    torch.testing.assert_close(got, expected)
    grad = torch.randn(x.shape, generator=generator)
    torch.testing.assert_close(
        torch.autograd.grad(got, x, grad), torch.autograd.grad(expected, x, grad)
    )
    assert rotate(x.detach().bfloat16(), table).dtype == torch.bfloat16
