"""Matrix products by the fastest library at hand: oneDNN's for fp32 on a CPU with AVX-512.

torch multiplies fp32 matrices by MKL, which leaves a processor of another maker than its own at
half its rate: 105 GFLOP/s a core against oneDNN's 240, measured on an AMD EPYC at this network's
shapes. torch ships both; the second is reached through the operation that its compiler uses.
Anything else (other types, other devices, few rows) is torch's own product.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

MIN_ROWS = 16
"""With fewer rows the operation's own cost outweighs its rate (even at 8, twice at 1)."""

_HAS_ONEDNN = (
    torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    and torch.backends.cpu.get_cpu_capability() == "AVX512"
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
)


class Projection(nn.Linear):
    """A linear layer without bias."""

    def __init__(self, num_in: int, num_out: int) -> None:
        super().__init__(num_in, num_out, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return project(x, self.weight)


def project(x_TI: Tensor, weight_OI: Tensor) -> Tensor:
    """Return x @ weight.T with gradients; x may have any leading shape."""
    if not _has_fast_product(x_TI):
        return F.linear(x_TI, weight_OI)
    return _Project.apply(x_TI, weight_OI)  # type: ignore[no-any-return, no-untyped-call]


def product(left_MK: Tensor, right_KN: Tensor) -> Tensor:
    """Return left @ right of two matrices, without gradients; either may be a transposed view."""
    if not _has_fast_product(left_MK):
        return left_MK @ right_KN
    return _multiply(left_MK, right_KN.T)


def weight_gradient(grad_TO: Tensor, x_TI: Tensor) -> Tensor:
    """Return grad.T @ x, the gradient of the weight between x and what grad belongs to."""
    if not _has_fast_product(grad_TO):
        return grad_TO.T @ x_TI
    # Both are read across their rows; it goes faster by half with the narrower one as the left.
    if grad_TO.shape[1] > x_TI.shape[1]:
        return _multiply(x_TI.T, grad_TO.T).T
    return _multiply(grad_TO.T, x_TI.T)


class _Project(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x_TI: Tensor, weight_OI: Tensor) -> Tensor:
        ctx.save_for_backward(x_TI, weight_OI)
        return _multiply(x_TI, weight_OI)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad_TO: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x_TI, weight_OI = ctx.saved_tensors
        needs_x, needs_weight = ctx.needs_input_grad
        grad_x = _multiply(grad_TO, weight_OI.T) if needs_x else None
        grad_weight = None
        if needs_weight:
            grad_weight = weight_gradient(grad_TO.flatten(0, -2), x_TI.flatten(0, -2))
        return grad_x, grad_weight


def _multiply(x_TI: Tensor, weight_OI: Tensor) -> Tensor:
    if torch.compiler.is_compiling():
        return torch.ops.materia.multiply(x_TI, weight_OI)  # type: ignore[no-any-return]
    return _onednn(x_TI, weight_OI)


def _onednn(x_TI: Tensor, weight_OI: Tensor) -> Tensor:
    result: Tensor = torch.ops.mkldnn._linear_pointwise(x_TI, weight_OI, None, "none", [], "")
    return result


def _declare() -> None:
    """Tell torch's compiler to call the product as it is: its own rule for it wants constants.

    The code that a release ships declares the same operation, so it may be there already.
    """
    if _HAS_ONEDNN and not hasattr(torch.ops.materia, "multiply"):
        operation = torch.library.custom_op("materia::multiply", _onednn, mutates_args=())
        operation.register_fake(lambda x_TI, w_OI: x_TI.new_empty((*x_TI.shape[:-1], len(w_OI))))


def _has_fast_product(x: Tensor) -> bool:
    few = x.numel() < MIN_ROWS * x.shape[-1]
    return _HAS_ONEDNN and x.dtype == torch.float32 and x.device.type == "cpu" and not few


_declare()
