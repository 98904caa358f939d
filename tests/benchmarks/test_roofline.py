"""The arithmetic behind MFU and the roofline, against counting one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import roofline
from benchmarks.gpu_step import SIZES
from benchmarks.roofline import Part
from model.config import ModelConfig

SMALL = ModelConfig(
    vocab_size=61,
    hidden_size=32,
    intermediate_size=40,
    num_layers=4,
    num_global_heads=2,
    num_global_kv_heads=1,
    num_swa_heads=4,
    num_swa_kv_heads=2,
    sliding_window=5,
    sliding_window_layers=(1, 3),
    conv_window=2,
    rope_theta=1e4,
    max_position_embeddings=64,
)


@pytest.mark.parametrize("window", [None, 1, 4, 9, 20])
@pytest.mark.parametrize("tokens", [1, 8, 9, 10])
def test_pairs_are_those_that_the_mask_lets_through(window: int | None, tokens: int) -> None:
    seen = [
        (query, key)
        for query in range(tokens)
        for key in range(query + 1)
        if window is None or key > query - window
    ]
    assert roofline.seen_pairs(tokens, window) == len(seen)


def test_projections_and_head_are_all_matrices_but_the_embedding() -> None:
    matrices = SMALL.num_parameters() - SMALL.hidden_size * (1 + 2 * SMALL.num_layers)
    matrices -= 2 * (2 * 1 + 2 * 2) * SMALL.conv_window  # the taps of both kinds of layers
    head = SMALL.vocab_size * SMALL.hidden_size
    assert roofline.body_weights(SMALL) == matrices - 2 * head


def test_a_step_costs_six_operations_a_weight_and_twelve_a_seen_pair_and_channel() -> None:
    rows, tokens = 3, 20
    weights = roofline.body_weights(SMALL) + SMALL.vocab_size * SMALL.hidden_size
    pairs = 2 * roofline.seen_pairs(tokens, None) + 2 * roofline.seen_pairs(tokens, 5)
    expected = 6 * weights * rows * tokens + 12 * rows * pairs * SMALL.hidden_size
    assert roofline.step_flops(SMALL, rows=rows, tokens=tokens) == expected


def test_a_part_is_bound_by_the_slower_of_its_two_limits() -> None:
    part = Part(name="x", flops=100, num_bytes=10)
    assert part.bound_s(flops_per_s=50, bytes_per_s=10) == 2
    assert part.bound_s(flops_per_s=50, bytes_per_s=2) == 5


def test_larger_chunks_read_the_head_less_often() -> None:
    few, many = (
        roofline.cross_entropy(SIZES["0.5b"], tokens=8192, chunk=chunk, width=2)
        for chunk in (512, 31)
    )
    assert few.flops == many.flops
    assert few.num_bytes < many.num_bytes / 5


def test_an_optimizer_with_masters_moves_more() -> None:
    assert roofline.adamw(10, width=4).num_bytes == 10 * 28
    assert roofline.adamw(10, width=2).num_bytes == 10 * (2 + 24 + 6)


def test_the_sizes_are_what_they_are_called() -> None:
    assert SIZES["0.5b"].num_parameters() == pytest.approx(0.5e9, rel=0.1)
    assert SIZES["1.5b"].num_parameters() == pytest.approx(1.5e9, rel=0.1)
    assert all(size.vocab_size == 133_120 for size in SIZES.values())


def test_data_sheets_are_found_by_the_devices_name() -> None:
    assert roofline.peak_flops("NVIDIA H100 80GB HBM3") == 989.4e12
    assert roofline.peak_flops("Some GPU") is None
    assert replace(SMALL, sliding_window_layers=()).is_sliding(1) is False
