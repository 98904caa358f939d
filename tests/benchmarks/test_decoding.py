"""The memory that the decoding benchmark expects is the memory that the cache takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks.decoding import CONFIG, cache_bytes, filled_cache, make_networks, measure
from model.cache import BLOCK_TOKENS, Cache
from model.network import Network

MICRO = replace(
    CONFIG, vocab_size=64, hidden_size=32, intermediate_size=40, num_layers=4,
    sliding_window=16, sliding_window_layers=(1, 3),
)  # fmt: skip


@pytest.mark.parametrize("context", [8, 16, 700])
def test_the_formula_gives_the_bytes_held_but_for_room_to_come(context: int) -> None:
    cache = filled_cache(MICRO, context, rows=2)
    spare = cache.num_bytes - 2 * cache_bytes(MICRO, context)
    one_token = 2 * 2 * sum(
        kv * dim * 4 for _, kv, dim in map(MICRO.heads, range(MICRO.num_layers))
    )  # fmt: skip
    raw = one_token
    assert 0 < spare <= raw + BLOCK_TOKENS * one_token


def test_a_filled_cache_is_that_of_a_prompt_of_the_same_length() -> None:
    network = Network(MICRO)
    network.init_weights(1)
    cache = Cache(MICRO)
    with torch.no_grad():
        network(torch.zeros(2, 40, dtype=torch.long), cache=cache)
    filled = filled_cache(MICRO, 40, rows=2)
    assert filled.num_tokens == cache.num_tokens == 40
    assert [x.num_tokens for x in filled.layers] == [x.num_tokens for x in cache.layers]
    assert filled.num_bytes == cache.num_bytes


def test_the_other_side_has_the_same_weights_and_no_window() -> None:
    hybrid, whole = make_networks(MICRO, 64).values()
    tokens = torch.randint(0, 64, (1, 40))
    with torch.no_grad():
        torch.testing.assert_close(hybrid(tokens)[:, :16], whole(tokens)[:, :16])
        assert not torch.allclose(hybrid(tokens)[:, -1], whole(tokens)[:, -1])


def test_a_measurement_compares_memory_with_the_formula() -> None:
    figures = measure(MICRO, context=600, rows=1, tokens=2, rounds=2, clock="cpu")
    assert figures["memory_ratio"] == pytest.approx(figures["memory_ratio_expected"], rel=0.35)
    assert figures["memory_ratio_expected"] > 1.9
    assert set(figures["tokens_per_s"]) == {"hybrid", "all global"}
