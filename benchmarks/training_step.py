"""One training step of our network beside transformers' Gemma 3 of the same shape.

Gemma 3 is the nearest public peer: it also alternates global and sliding layers. Both sides run
interleaved in one process, because the speed of a shared machine drifts; the result is the ratio.
On a busy machine only `--clock cpu --threads 1` means anything. In bf16 both sides hold weights,
gradients and moments in bf16. Compiled, Gemma 3 is compiled whole and we layer by layer: two
different layers, compiled once each; the first step's wall time is told.

    python -m benchmarks.training_step [--precision fp32 bf16] [--compiled] [--threads 2]
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.speed import CLOCKS, Step, interleaved, ratio, seconds, write_result
from model.config import ModelConfig
from model.network import Network
from model.products import product

BATCH, TOKENS, VOCAB, HIDDEN, WIDE, LAYERS, WINDOW = 8, 512, 8192, 256, 864, 8, 128
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def our_network(dtype: torch.dtype) -> Network:
    config = ModelConfig(
        vocab_size=VOCAB,
        hidden_size=HIDDEN,
        intermediate_size=WIDE,
        num_layers=LAYERS,
        num_global_heads=2,
        num_global_kv_heads=1,
        num_swa_heads=4,
        num_swa_kv_heads=2,
        sliding_window=WINDOW,
        sliding_window_layers=tuple(range(1, LAYERS, 2)),
        conv_window=2,
        rope_theta=1e5,
        max_position_embeddings=TOKENS,
    )
    net = Network(config)
    net.init_weights(1)
    return net.to(dtype)


def our_step(
    tokens_BT: torch.Tensor, segments_BT: torch.Tensor, *, dtype: torch.dtype, compiled: bool
) -> Step:
    net = our_network(dtype)
    if compiled:
        for layer in net.model.layers:
            layer.compile(dynamic=False)
    mask_BT = torch.ones_like(tokens_BT, dtype=torch.bool)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)

    def step() -> object:
        total, count = net.loss(tokens_BT, segments_BT, mask_BT)
        (total / count).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        return total

    return step


def gemma_step(tokens_BT: torch.Tensor, *, dtype: torch.dtype, compiled: bool) -> Step:
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    net = Gemma3ForCausalLM(
        Gemma3TextConfig(
            vocab_size=VOCAB,
            hidden_size=HIDDEN,
            intermediate_size=WIDE,
            num_hidden_layers=LAYERS,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=HIDDEN // 4,
            sliding_window=WINDOW,
            layer_types=["full_attention", "sliding_attention"] * (LAYERS // 2),
            max_position_embeddings=TOKENS,
            tie_word_embeddings=False,
            attn_implementation="sdpa",
        )
    ).train()
    net = net.to(dtype)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)
    forward: Callable[..., Any] = torch.compile(net) if compiled else net

    def step() -> object:
        loss = forward(input_ids=tokens_BT, labels=tokens_BT, use_cache=False).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return step


def matmul_peak_flops(
    clock: Callable[[], float], dtype: torch.dtype = torch.float32, size: int = 2048
) -> float:
    """Return the rate of torch's own matrix product, which is what Gemma 3 gets."""
    a, b = torch.randn(2, size, size).to(dtype)
    return 2 * size**3 / min(seconds(lambda: a @ b, clock) for _ in range(5))


def fastest_peak_flops(
    clock: Callable[[], float], dtype: torch.dtype = torch.float32, size: int = 2048
) -> float:
    """Return the rate of the product we use (model/products.py), the machine's real limit."""
    a, b = torch.randn(2, size, size).to(dtype)
    return 2 * size**3 / min(seconds(lambda: product(a, b), clock) for _ in range(5))


def step_flops(network: Network) -> float:
    """Return 6 FLOPs per weight and token: no embedding table (a look-up), no attention.

    Attention adds a tenth to it, which is left out on both sides.
    """
    return 6.0 * (network.num_parameters() - VOCAB * HIDDEN) * BATCH * TOKENS


def measure(precision: str, *, compiled: bool, rounds: int, clock: str) -> dict[str, Any]:
    """Run all sides in one precision; return rates, ratios and shares of the matmul peak."""
    dtype, tick = DTYPES[precision], CLOCKS[clock]
    tokens_BT = torch.randint(0, VOCAB, (BATCH, TOKENS))
    one_BT = torch.zeros_like(tokens_BT)
    packed_BT = one_BT + torch.arange(TOKENS) // 150
    sides = {
        "ours": our_step(tokens_BT, one_BT, dtype=dtype, compiled=compiled),
        "ours, packed documents": our_step(tokens_BT, packed_BT, dtype=dtype, compiled=compiled),
        "gemma3": gemma_step(tokens_BT, dtype=dtype, compiled=compiled),
    }
    first_s = {name: seconds(step, CLOCKS["wall"]) for name, step in sides.items()}
    interleaved(sides, rounds=1, clock=tick)
    peaks, fastest = [], []
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        peaks.append(matmul_peak_flops(tick, dtype))
        fastest.append(fastest_peak_flops(tick, dtype))
        for name, values in interleaved(sides, rounds=1, clock=tick).items():
            times[name] += values
    peak, best = statistics.median(peaks), statistics.median(fastest)
    flops = step_flops(our_network(dtype))
    figures: dict[str, Any] = {
        "matmul_gflops": peak / 1e9,
        "fastest_product_gflops": best / 1e9,
        "tokens_per_s": {n: BATCH * TOKENS / statistics.median(t) for n, t in times.items()},
        "share_of_matmul_peak": {n: flops / statistics.median(t) / peak for n, t in times.items()},
        "share_of_fastest_product": {
            n: flops / statistics.median(t) / best for n, t in times.items()
        },
        "over_gemma3": {
            name: ratio(times["gemma3"], values)
            for name, values in times.items()
            if name != "gemma3"
        },
    }
    return figures | ({"first_step_wall_s": first_s} if compiled else {})


def show(name: str, figures: dict[str, Any]) -> None:
    print(
        f"{name}: torch's matmul {figures['matmul_gflops']:.0f} GFLOP/s, the fastest product "
        f"{figures['fastest_product_gflops']:.0f}"
    )
    for side, rate in figures["tokens_per_s"].items():
        share = figures["share_of_matmul_peak"][side]
        best = figures["share_of_fastest_product"][side]
        print(
            f"  {side:24} {rate:7.0f} tokens/s, {share:5.1%} of torch's, {best:5.1%} of the fastest"
        )
    for side, value in figures["over_gemma3"].items():
        print(f"  {side} / gemma3: {value}")
    for side, value in figures.get("first_step_wall_s", {}).items():
        print(f"  first step, compilation included: {side} {value:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--precision", nargs="+", choices=DTYPES, default=["fp32"])
    parser.add_argument("--compiled", action="store_true", help="compile both sides")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    mode = "compiled" if arguments.compiled else "eager"
    print(f"{arguments.threads} threads, {arguments.clock} time")
    found = {}
    for precision in arguments.precision:
        found[f"{precision} {mode}"] = measure(
            precision,
            compiled=arguments.compiled,
            rounds=arguments.rounds,
            clock=arguments.clock,
        )
        show(f"{precision} {mode}", found[f"{precision} {mode}"])
    print(f"written: {write_result(f'training_step_{mode}', vars(arguments), found)}")


if __name__ == "__main__":
    main()
