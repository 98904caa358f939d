"""The GPU benchmark at micro size on the CPU, and what it says where there is no GPU."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks import gpu_step
from benchmarks.gpu_step import MasterAdamW, measure, probe
from model.loss import chunk_tokens
from tests.benchmarks.test_roofline import SMALL

CPU = torch.device("cpu")


@pytest.mark.parametrize("sliding", [(), (1, 3), (0, 1, 2, 3)])
def test_the_parts_of_a_step_add_up_to_it(sliding: tuple[int, ...]) -> None:
    config = replace(SMALL, sliding_window_layers=sliding)
    on = probe(CPU, torch.float32, size=64, copied_bytes=1 << 16, repeats=1)
    figures = measure(config, on, rows=2, tokens=32, repeats=1)
    parts = {part["name"]: part for part in figures["parts"]}
    kinds = {"global attention"} if len(sliding) < 4 else set()
    kinds |= {"sliding attention"} if sliding else set()
    assert set(parts) == kinds | {"cross-entropy", "optimizer", "projections"}
    assert sum(part["share_of_step"] for part in parts.values()) == pytest.approx(1)
    for part in parts.values():
        assert part["share_of_bound"] == pytest.approx(part["bound_s"] / part["seconds"])
    assert figures["tokens_per_step"] == 64
    assert figures["tokens_per_s"] == pytest.approx(64 / figures["step_s"])
    assert figures["mfu_of_data_sheet"] is None and figures["peak_memory_bytes"] is None
    assert figures["logits_held_bytes"] == 4 * SMALL.vocab_size * chunk_tokens(SMALL.vocab_size)


def test_the_optimizer_keeps_what_bf16_weights_cannot_hold() -> None:
    weight = torch.nn.Parameter(torch.ones(4, dtype=torch.bfloat16))
    exact = torch.nn.Parameter(torch.ones(4))
    ours, theirs = MasterAdamW([weight]), torch.optim.AdamW([exact], lr=1e-4, fused=True)
    for _ in range(60):
        # One step changes 1.0 by 1e-4, which bf16 rounds away: only the masters add it up.
        weight.grad, exact.grad = torch.ones_like(weight), torch.ones_like(exact)
        ours.step()
        theirs.step()
    assert weight.grad is None
    assert torch.equal(weight, exact.bfloat16()) and weight[0] != 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU to run it on")
def test_without_a_gpu_it_says_so_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu_step.main([]) == 2
    assert "needs a CUDA GPU" in capsys.readouterr().err


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_small_step_runs_on_a_gpu() -> None:
    device = torch.device("cuda")
    on = probe(device, torch.bfloat16, size=1024, copied_bytes=1 << 24, repeats=1)
    config = replace(gpu_step.SIZES["0.5b"], num_layers=2, sliding_window_layers=(1,))
    figures = measure(config, on, rows=1, tokens=1024, repeats=1)
    assert 0 < figures["mfu_of_measured_matmul"] < 1
