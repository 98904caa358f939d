"""One fp32 training step of our network beside transformers' Gemma 3 of the same shape.

Gemma 3 is the nearest public peer: it also alternates global and sliding layers. Both sides run
interleaved in one process, because the speed of a shared machine drifts; the result is the ratio.
Measured so, 2 cores shared with other work: median 1.31 (1.18 to 1.38, 9 rounds), with packed
documents 1.29. On a busy machine only `--clock cpu --threads 1` means anything.

    python -m benchmarks.training_step [--threads 2] [--rounds 7] [--clock wall]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from model.config import ModelConfig
from model.network import Network

BATCH, TOKENS, VOCAB, HIDDEN, WIDE, LAYERS, WINDOW = 8, 512, 8192, 256, 864, 8, 128
Step = Callable[[], object]
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def our_step(tokens_BT: torch.Tensor, segments_BT: torch.Tensor) -> tuple[Step, int]:
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
    mask_BT = torch.ones_like(tokens_BT, dtype=torch.bool)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)

    def step() -> object:
        total, count = net.loss(tokens_BT, segments_BT, mask_BT)
        (total / count).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        return total

    return step, net.num_parameters()


def gemma_step(tokens_BT: torch.Tensor) -> tuple[Step, int]:
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
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)

    def step() -> object:
        loss = net(input_ids=tokens_BT, labels=tokens_BT, use_cache=False).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return step, sum(p.numel() for p in net.parameters())


def seconds(step: Step, clock: Callable[[], float]) -> float:
    start = clock()
    step()
    return clock() - start


def matmul_peak_flops(clock: Callable[[], float], size: int = 2048) -> float:
    a, b = torch.randn(size, size), torch.randn(size, size)
    return 2 * size**3 / min(seconds(lambda: a @ b, clock) for _ in range(5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    arguments = parser.parse_args()
    clock = CLOCKS[arguments.clock]
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    tokens_BT = torch.randint(0, VOCAB, (BATCH, TOKENS))
    one_BT = torch.zeros_like(tokens_BT)
    packed_BT = one_BT + torch.arange(TOKENS) // 150
    ours, num_ours = our_step(tokens_BT, one_BT)
    packed, _ = our_step(tokens_BT, packed_BT)
    gemma, num_gemma = gemma_step(tokens_BT)
    sides = {"ours": ours, "ours, packed documents": packed, "gemma3": gemma}
    for step in sides.values():
        step()
    times: dict[str, list[float]] = {name: [] for name in sides}
    peaks = []
    for _ in range(arguments.rounds):
        peaks.append(matmul_peak_flops(clock))
        for name, step in sides.items():
            times[name].append(seconds(step, clock))
    tokens = BATCH * TOKENS
    # 6 FLOPs per weight and token, the embedding table (a look-up) left out; attention not counted.
    flops = {name: 6.0 * (num_ours - VOCAB * HIDDEN) * tokens for name in sides}
    flops["gemma3"] = 6.0 * (num_gemma - VOCAB * HIDDEN) * tokens
    peak = statistics.median(peaks)
    print(
        f"{arguments.threads} threads, {arguments.clock} time, fp32 matmul {peak / 1e9:.0f} GFLOP/s"
    )
    for name, values in times.items():
        middle = statistics.median(values)
        print(
            f"{name:24} {tokens / middle:7.0f} tokens/s, "
            f"{flops[name] / middle / peak:5.1%} of the matmul peak"
        )
    for name in ("ours", "ours, packed documents"):
        ratios = sorted(g / o for g, o in zip(times["gemma3"], times[name], strict=True))
        print(
            f"{name} / gemma3: min {ratios[0]:.2f}, median {statistics.median(ratios):.2f}, "
            f"max {ratios[-1]:.2f} ({len(ratios)} rounds)"
        )


if __name__ == "__main__":
    main()
