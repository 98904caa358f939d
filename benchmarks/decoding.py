"""Decoding with the hybrid cache beside the same weights whose every layer keeps all tokens.

The other side is the same network with a window as long as the context, so that its sliding layers
are global and nothing else differs. The cache of each context is filled with random keys and
values, since their content costs no time; then tokens are decoded in turns. The expected ratio of
memory is computed from the shapes, the expected ratio of time from the bytes that a token reads:
all weights once a step, and each row's keys and values.

    python -m benchmarks.decoding [--contexts 1024 4096 16384 32768] [--rows 1 4]
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import torch

from benchmarks.speed import CLOCKS, interleaved, ratio, write_result
from model.cache import Cache
from model.config import ModelConfig
from model.network import Network

CONFIG = ModelConfig(
    vocab_size=8192,
    hidden_size=512,
    intermediate_size=1728,
    num_layers=8,
    num_global_heads=2,
    num_global_kv_heads=1,
    num_swa_heads=4,
    num_swa_kv_heads=2,
    sliding_window=1024,
    sliding_window_layers=tuple(range(1, 8, 2)),
    conv_window=2,
    rope_theta=1e6,
    max_position_embeddings=32_768,
)
"""M1's proportions (global heads twice as wide, half the layers sliding) at 31 M parameters."""

FP32_BYTES = 4


def cache_bytes(config: ModelConfig, context: int) -> int:
    """Return the bytes that the keys and values of one row need at a context, by the shapes."""
    total = 0
    for layer in range(config.num_layers):
        _, kv_heads, dim = config.heads(layer)
        held = min(context, config.sliding_window - 1) if config.is_sliding(layer) else context
        total += 2 * held * kv_heads * dim * FP32_BYTES
    return total


def read_bytes(config: ModelConfig, context: int, rows: int) -> int:
    """Return the bytes a decoding step must read: weights (no embedding table), keys, values."""
    weights = config.num_parameters() - config.vocab_size * config.hidden_size
    return weights * FP32_BYTES + rows * cache_bytes(config, context)


def filled_cache(config: ModelConfig, context: int, rows: int) -> Cache:
    """Return a cache that has seen `context` tokens of random content."""
    cache = Cache(config)
    for index, layer in enumerate(cache.layers):
        _, kv_heads, dim = config.heads(index)
        k, v = torch.randn(2, rows, kv_heads, context, dim)
        layer.append(k, v, torch.randn(rows, 1, 2 * kv_heads, dim))
    cache.num_tokens = context
    return cache


class Decoder:
    """One side: every call decodes some tokens for all rows, as model/generate.py does."""

    def __init__(self, network: Network, context: int, rows: int, tokens: int) -> None:
        self.cache = filled_cache(network.config, context, rows)
        self._network, self._tokens = network, tokens
        self._last_B1 = torch.zeros(rows, 1, dtype=torch.long)
        self._head_VD = network.lm_head.normalized_weight()

    @torch.inference_mode()
    def __call__(self) -> None:
        for _ in range(self._tokens):
            hidden_BD = self._network.hidden(self._last_B1, cache=self.cache)[:, -1]
            self._last_B1 = (hidden_BD @ self._head_VD.T).argmax(dim=-1, keepdim=True)


def make_networks(config: ModelConfig, context: int) -> dict[str, Network]:
    """Return the hybrid network, and the same weights with every layer global."""
    unbounded = replace(config, sliding_window=2 * max(context, config.sliding_window))
    networks = {"hybrid": Network(config), "all global": Network(unbounded)}
    networks["hybrid"].init_weights(1)
    networks["all global"].load_state_dict(networks["hybrid"].state_dict())
    return networks


def measure(
    config: ModelConfig, *, context: int, rows: int, tokens: int, rounds: int, clock: str
) -> dict[str, Any]:
    """Return rates, memory and ratios of one context and number of rows."""
    with torch.inference_mode():
        networks = make_networks(config, context)
        sides = {name: Decoder(net, context, rows, tokens) for name, net in networks.items()}
    interleaved(sides, rounds=1, clock=CLOCKS[clock])
    times = interleaved(sides, rounds=rounds, clock=CLOCKS[clock])
    at_end = context + (rounds + 1) * tokens
    global_config = networks["all global"].config
    return {
        "context": context,
        "rows": rows,
        "tokens_per_s": {n: rows * tokens / statistics.median(t) for n, t in times.items()},
        "speed_ratio": asdict(ratio(times["all global"], times["hybrid"])),
        "speed_ratio_by_bytes": read_bytes(global_config, context, rows)
        / read_bytes(config, context, rows),
        "bytes_per_token": {
            name: side.cache.num_bytes / rows / at_end for name, side in sides.items()
        },
        "memory_ratio": sides["all global"].cache.num_bytes / sides["hybrid"].cache.num_bytes,
        "memory_ratio_expected": cache_bytes(global_config, at_end) / cache_bytes(config, at_end),
    }


def show(figures: dict[str, Any]) -> str:
    rates, size = figures["tokens_per_s"], figures["bytes_per_token"]
    speed = figures["speed_ratio"]
    return (
        f"{figures['context']:6} tokens x {figures['rows']:2}: {rates['hybrid']:6.1f} tokens/s, "
        f"all global {rates['all global']:6.1f}; {speed['median']:.2f} "
        f"({speed['min']:.2f} to {speed['max']:.2f}) times as fast, by bytes "
        f"{figures['speed_ratio_by_bytes']:.2f}; cache {size['hybrid']:,.0f} bytes/token, all "
        f"global {size['all global']:,.0f}: {figures['memory_ratio']:.2f} times less, expected "
        f"{figures['memory_ratio_expected']:.2f}"
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--contexts", type=int, nargs="+", default=[1024, 4096, 16_384, 32_768])
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--tokens", type=int, default=8, help="decoded in each round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=CLOCKS, default="cpu")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    figures = []
    for rows in arguments.rows:
        for context in arguments.contexts:
            figures.append(
                measure(
                    CONFIG,
                    context=context,
                    rows=rows,
                    tokens=arguments.tokens,
                    rounds=arguments.rounds,
                    clock=arguments.clock,
                )
            )
            print(show(figures[-1]), flush=True)
    print(f"written: {write_result('decoding', vars(arguments), {'rows': figures})}")


if __name__ == "__main__":
    main()
