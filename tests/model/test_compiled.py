"""Layers compiled by torch give the loss and gradients of the eager ones."""

from __future__ import annotations

import shutil
import warnings

import pytest
import torch

from tests.model.test_network import SHALLOW, SMALL, network, tokens


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch's compiler needs g++ on a CPU")
def test_compiled_layers_give_the_eager_loss_and_gradients() -> None:
    rows = tokens(40, rows=2)
    segments = (torch.arange(40) // 15).expand(2, 40)
    mask = torch.ones_like(rows, dtype=torch.bool)
    found = []
    for compiled in (False, True):
        net = network(SHALLOW).train()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # The compiler's own deprecations.
            for layer in net.model.layers if compiled else ():
                layer.compile(dynamic=False)
            total, _ = net.loss(rows, segments, mask)
            total.backward()
        found.append((total.detach(), {n: p.grad for n, p in net.named_parameters()}))
    (eager, eager_grads), (fused, fused_grads) = found
    assert SMALL.num_layers > SHALLOW.num_layers == 2  # One layer of each kind.
    torch.testing.assert_close(fused, eager, atol=1e-3, rtol=1e-5)
    for name, gradient in eager_grads.items():
        torch.testing.assert_close(fused_grads[name], gradient, atol=1e-3, rtol=1e-3, msg=name)
