"""A bf16 training step at 8K context on one GPU: MFU, and the roofline of its parts.

Parts are timed apart, forward and backward, at the shapes of the step: attention of both kinds,
cross-entropy over the vocabulary in chunks, and the optimizer with fp32 masters; what is left of
the whole step are projections, norms and gating. Needs one CUDA GPU of Ampere or later and says so
with exit status 2 where there is none.

    python -m benchmarks.gpu_step [--sizes 0.5b 1.5b] [--tokens 8192] [--compile]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from benchmarks import roofline
from benchmarks.roofline import Part
from benchmarks.speed import Step, write_result
from model.attention import attend, make_mask
from model.config import ModelConfig
from model.loss import chunk_tokens, head_loss
from model.network import Network

VOCAB = 133_120
"""Baichuan-M1's vocabulary."""

COPIED_BYTES = 1 << 30
"""Far more than any cache of the device holds."""


def _config(hidden: int, wide: int, layers: int) -> ModelConfig:
    return ModelConfig(
        vocab_size=VOCAB,
        hidden_size=hidden,
        intermediate_size=wide,
        num_layers=layers,
        num_global_heads=hidden // 256,
        num_global_kv_heads=hidden // 1024,
        num_swa_heads=hidden // 128,
        num_swa_kv_heads=hidden // 512,
        sliding_window=2048,
        sliding_window_layers=tuple(range(1, layers, 2)),
        conv_window=2,
        rope_theta=1e5,
        max_position_embeddings=8192,
    )


SIZES = {"0.5b": _config(1024, 3456, 16), "1.5b": _config(2048, 6912, 18)}
"""M1's proportions and head widths; the window is that of its 1.5B ablations (Table 2)."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """The machine's two limits, measured, and how to wait for it."""

    device: torch.device
    dtype: torch.dtype
    flops_per_s: float
    bytes_per_s: float


class MasterAdamW:
    """AdamW on fp32 copies of bf16 weights, as DeepSpeed's bf16 optimizer does it."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self._parameters = list(parameters)
        self._masters = [p.detach().float().clone() for p in parameters]
        self._optimizer = torch.optim.AdamW(self._masters, lr=1e-4, fused=True)

    @torch.no_grad()
    def step(self) -> None:
        for master, parameter in zip(self._masters, self._parameters, strict=True):
            master.grad = None if parameter.grad is None else parameter.grad.float()
        self._optimizer.step()
        torch._foreach_copy_(self._parameters, self._masters)
        for master, parameter in zip(self._masters, self._parameters, strict=True):
            master.grad = parameter.grad = None


def timed(step: Step, device: torch.device, repeats: int) -> float:
    """Return the median seconds of a step after two that warm up (and compile)."""
    values = []
    for _ in range(repeats + 2):
        _wait(device)
        start = time.perf_counter()
        step()
        _wait(device)
        values.append(time.perf_counter() - start)
    return statistics.median(values[2:])


def probe(
    device: torch.device, dtype: torch.dtype, *, size: int, copied_bytes: int, repeats: int
) -> Device:
    """Measure the rate of a large matrix product and of a large copy."""
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    source = torch.empty(copied_bytes, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return Device(
        device=device,
        dtype=dtype,
        flops_per_s=2 * size**3 / timed(lambda: a @ b, device, repeats),
        bytes_per_s=2 * source.numel() / timed(lambda: target.copy_(source), device, repeats),
    )


def step_sides(
    config: ModelConfig, on: Device, *, rows: int, tokens: int, compiled: bool, checkpointing: bool
) -> tuple[Step, Step]:
    """Return a whole training step, and the optimizer's part alone."""
    with on.device:
        network = Network(config).to(on.dtype)
    network.init_weights(1)
    network.activation_checkpointing = checkpointing
    network.train()
    if compiled:
        for layer in network.model.layers:
            layer.compile(dynamic=False)
    tokens_BT = torch.randint(0, config.vocab_size, (rows, tokens), device=on.device)
    segments_BT = torch.zeros_like(tokens_BT)
    mask_BT = torch.ones_like(tokens_BT, dtype=torch.bool)
    optimizer = MasterAdamW(list(network.parameters()))

    def step() -> None:
        nll, count = network.loss(tokens_BT, segments_BT, mask_BT)
        (nll / count).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def update() -> None:
        for parameter in network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        optimizer.step()

    return step, update


def attention_side(config: ModelConfig, layer: int, on: Device, *, rows: int, tokens: int) -> Step:
    """Return attention of one layer on random queries, keys and values, forward and backward."""
    heads, kv_heads, dim = config.heads(layer)
    q, k, v = (
        torch.randn(rows, n, tokens, dim, device=on.device, dtype=on.dtype, requires_grad=True)
        for n in (heads, kv_heads, kv_heads)
    )
    window = config.sliding_window if config.is_sliding(layer) else None
    mask = make_mask(None, num_tokens=tokens, past_tokens=0, window=window, device=on.device)
    grad = torch.randn_like(q)

    def step() -> None:
        torch.autograd.grad(attend(q, k, v, mask), (q, k, v), grad)

    return step


def loss_side(config: ModelConfig, on: Device, *, tokens: int) -> Step:
    """Return the head's loss with both gradients; no more than one chunk of logits exists."""
    hidden = torch.randn(tokens, config.hidden_size, device=on.device, dtype=on.dtype)
    weight = torch.randn(config.vocab_size, config.hidden_size, device=on.device, dtype=on.dtype)
    target = torch.randint(0, config.vocab_size, (tokens,), device=on.device)
    hidden.requires_grad_()
    weight.requires_grad_()

    def step() -> None:
        torch.autograd.grad(head_loss(hidden, weight, target), (hidden, weight))

    return step


def parts_of(
    config: ModelConfig, on: Device, *, rows: int, tokens: int, update: Step, repeats: int
) -> list[tuple[Part, float]]:
    """Time every part apart; return it with its seconds in one step."""
    width = torch.finfo(on.dtype).bits // 8
    found = []
    for sliding in (False, True):
        layers = [i for i in range(config.num_layers) if config.is_sliding(i) == sliding]
        if layers:
            one = roofline.attention(config, layers[0], rows=rows, tokens=tokens, width=width)
            side = attention_side(config, layers[0], on, rows=rows, tokens=tokens)
            seconds = timed(side, on.device, repeats) * len(layers)
            count = len(layers)
            whole = Part(name=one.name, flops=one.flops * count, num_bytes=one.num_bytes * count)
            found.append((whole, seconds))
    chunk = chunk_tokens(config.vocab_size)
    loss = roofline.cross_entropy(config, tokens=rows * tokens, chunk=chunk, width=width)
    found.append((loss, timed(loss_side(config, on, tokens=rows * tokens), on.device, repeats)))
    adamw = roofline.adamw(config.num_parameters(), width=width)
    found.append((adamw, timed(update, on.device, repeats)))
    return found


def measure(
    config: ModelConfig,
    on: Device,
    *,
    rows: int,
    tokens: int,
    repeats: int,
    compiled: bool = False,
    checkpointing: bool = False,
) -> dict[str, Any]:
    """Return the figures of one size: the whole step, and each part with its bound."""
    step, update = step_sides(
        config, on, rows=rows, tokens=tokens, compiled=compiled, checkpointing=checkpointing
    )
    step_s = timed(step, on.device, repeats)
    peak_bytes = torch.cuda.max_memory_allocated(on.device) if on.device.type == "cuda" else None
    parts = parts_of(config, on, rows=rows, tokens=tokens, update=update, repeats=repeats)
    projections = roofline.linears(
        config, tokens=rows * tokens, width=torch.finfo(on.dtype).bits // 8
    )
    parts.append((projections, step_s - sum(seconds for _, seconds in parts)))
    flops = roofline.step_flops(config, rows=rows, tokens=tokens)
    sheet = roofline.peak_flops(torch.cuda.get_device_name()) if peak_bytes is not None else None
    return {
        "parameters": config.num_parameters(),
        "tokens_per_step": rows * tokens,
        "step_s": step_s,
        "tokens_per_s": rows * tokens / step_s,
        "mfu_of_data_sheet": flops / step_s / sheet if sheet else None,
        "mfu_of_measured_matmul": flops / step_s / on.flops_per_s,
        "peak_memory_bytes": peak_bytes,
        "logits_held_bytes": 4 * config.vocab_size * chunk_tokens(config.vocab_size),
        "logits_if_whole_bytes": 4 * config.vocab_size * rows * tokens,
        "parts": [_row(part, seconds, step_s, on) for part, seconds in parts],
    }


def _row(part: Part, seconds: float, step_s: float, on: Device) -> dict[str, Any]:
    bound = part.bound_s(flops_per_s=on.flops_per_s, bytes_per_s=on.bytes_per_s)
    return {
        "name": part.name,
        "seconds": seconds,
        "share_of_step": seconds / step_s,
        "flops": part.flops,
        "bytes": part.num_bytes,
        "bound_s": bound,
        "share_of_bound": bound / seconds,
    }


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main(argv: Sequence[str] | None = None, say: Callable[[str], None] = print) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=8192)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--compile", action="store_true", help="compile every layer")
    parser.add_argument("--checkpointing", action="store_true", help="recompute activations")
    arguments = parser.parse_args(argv)
    if not torch.cuda.is_available():
        print("gpu_step needs a CUDA GPU, and torch sees none here", file=sys.stderr)
        return 2
    device = torch.device("cuda")
    repeats = arguments.repeats
    on = probe(device, torch.bfloat16, size=8192, copied_bytes=COPIED_BYTES, repeats=repeats)
    figures: dict[str, Any] = {
        "matmul_flops_per_s": on.flops_per_s, "copy_bytes_per_s": on.bytes_per_s
    }  # fmt: skip
    for size in arguments.sizes:
        torch.cuda.reset_peak_memory_stats()
        figures[size] = measure(
            SIZES[size],
            on,
            rows=arguments.rows,
            tokens=arguments.tokens,
            repeats=repeats,
            compiled=arguments.compile,
            checkpointing=arguments.checkpointing,
        )
        say(f"{size}: {figures[size]}")
    name = torch.cuda.get_device_name().lower().replace(" ", "-")
    say(f"written: {write_result(f'gpu-{name}', vars(arguments), figures)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
