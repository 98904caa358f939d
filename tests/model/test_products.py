"""Products are those of torch, whatever library computes them, and so are their gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import products
from model.products import MIN_ROWS, Projection, product, project, weight_gradient

ODD_SIZES = st.integers(1, 70)


def numbers(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=60, deadline=None)
@given(rows=ODD_SIZES, num_in=ODD_SIZES, num_out=ODD_SIZES)
def test_products_of_any_shape_are_those_of_double_precision(
    rows: int, num_in: int, num_out: int
) -> None:
    left, right = numbers(rows, num_in), numbers(num_in, num_out, seed=2)
    exact = left.double() @ right.double()
    torch.testing.assert_close(product(left, right).double(), exact, atol=1e-5, rtol=1e-5)
    turned = product(left, right.T.contiguous().T)
    torch.testing.assert_close(turned.double(), exact, atol=1e-5, rtol=1e-5)
    grad = numbers(rows, num_out, seed=3)
    exact = grad.double().T @ left.double()
    found = weight_gradient(grad, left)
    assert found.shape == (num_out, num_in)
    torch.testing.assert_close(found.double(), exact, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", [(3, 40, 24), (2, 24), (1, 1, 24), (40, 24)])
def test_a_projection_and_its_gradients_are_those_of_a_linear_layer(shape: tuple[int, ...]) -> None:
    ours, theirs = Projection(24, 56), torch.nn.Linear(24, 56, bias=False)
    theirs.load_state_dict(ours.state_dict())
    assert list(ours.state_dict()) == ["weight"]
    x = numbers(*shape).requires_grad_()
    grad = numbers(*shape[:-1], 56, seed=4)
    got, expected = ours(x), theirs(x)
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)
    for found, plain in zip(
        torch.autograd.grad(got, (x, ours.weight), grad),
        torch.autograd.grad(expected, (x, theirs.weight), grad),
        strict=True,
    ):
        torch.testing.assert_close(found, plain, atol=2e-5, rtol=1e-5)


def test_a_frozen_side_gets_no_gradient() -> None:
    layer = Projection(24, 56).requires_grad_(False)
    x = numbers(40, 24).requires_grad_()
    layer(x).sum().backward()
    assert x.grad is not None and layer.weight.grad is None
    layer.requires_grad_(True)
    layer(x.detach()).sum().backward()
    assert layer.weight.grad is not None


def test_a_repeated_product_is_the_same_to_the_last_bit() -> None:
    left, right = numbers(700, 256), numbers(256, 300, seed=2)
    assert torch.equal(product(left, right), product(left, right))


@pytest.mark.skipif(not products._HAS_ONEDNN, reason="no AVX-512, or a torch without oneDNN")
@pytest.mark.parametrize("rows", [MIN_ROWS - 1, MIN_ROWS])
def test_onednn_takes_fp32_with_enough_rows(rows: int) -> None:
    """The operation is not part of torch's public interface: this tells when it goes away."""
    x, weight = numbers(rows, 24), numbers(56, 24, seed=2)
    with torch.profiler.profile() as recorded:
        project(x, weight)
    names = {event.key for event in recorded.key_averages()}
    assert ("mkldnn::_linear_pointwise" in names) == (rows >= MIN_ROWS)
    with torch.profiler.profile() as recorded:
        project(x.bfloat16(), weight.bfloat16())
    assert "mkldnn::_linear_pointwise" not in {event.key for event in recorded.key_averages()}


def test_without_onednn_the_results_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight = numbers(40, 24), numbers(56, 24, seed=2)
    fast = project(x, weight), product(x, weight.T), weight_gradient(x, x[:, :10])
    monkeypatch.setattr(products, "_HAS_ONEDNN", False)
    plain = project(x, weight), product(x, weight.T), weight_gradient(x, x[:, :10])
    torch.testing.assert_close(fast, plain, atol=1e-5, rtol=1e-5)


@pytest.mark.skipif(not products._HAS_ONEDNN, reason="no AVX-512, or a torch without oneDNN")
def test_the_operation_told_to_the_compiler_is_well_formed() -> None:
    sample = (numbers(40, 24), numbers(56, 24, seed=2))
    torch.library.opcheck(torch.ops.materia.multiply, sample)
    torch.library.opcheck(torch.ops.materia.multiply, (numbers(2, 20, 24), sample[1]))
