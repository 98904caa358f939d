"""The cache gives back what a list of all tokens would, and holds little more than it must."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.cache import BLOCK_TOKENS, LayerCache

CHANNELS = 3


def tokens(first: int, count: int) -> torch.Tensor:
    """Keys that say which token they belong to, [2, 1, count, 3]."""
    number = torch.arange(first, first + count, dtype=torch.float32)
    return number[None, None, :, None].expand(2, 1, count, CHANNELS)


def append(layer: LayerCache, first: int, count: int) -> list[list[float]]:
    """Append tokens; return the numbers of the keys and of the values that may be seen."""
    raw = tokens(first + count - 1, 1).transpose(1, 2)
    k, v = layer.append(tokens(first, count), -tokens(first, count), raw)
    return [k[1, 0, :, 2].tolist(), v[0, 0, :, 0].tolist()]


@settings(max_examples=80, deadline=None)
@given(
    window=st.one_of(st.none(), st.integers(1, 3 * BLOCK_TOKENS)),
    counts=st.lists(st.integers(1, 2 * BLOCK_TOKENS), min_size=1, max_size=8),
)
def test_new_tokens_see_all_past_ones_or_those_of_a_window(
    window: int | None, counts: list[int]
) -> None:
    layer, first = LayerCache(window), 0
    for count in counts:
        oldest = 0 if window is None else max(0, first - window + 1)
        expected = list(range(oldest, first + count))
        assert append(layer, first, count) == [expected, [-n for n in expected]]
        first += count
        assert layer.num_tokens == (first if window is None else min(first, window - 1))
        assert layer.raw_B1JC is not None and layer.raw_B1JC[0, 0, 0, 0] == first - 1


@pytest.mark.parametrize("window", [None, 2, 300])
def test_a_token_is_written_in_place_and_the_rest_is_moved_once_a_block(window: int | None) -> None:
    layer, places = LayerCache(window), []
    append(layer, 0, 500)
    for step in range(4 * BLOCK_TOKENS):
        k, _ = layer.append(*(tokens(500 + step, 1),) * 2, tokens(500 + step, 1).transpose(1, 2))
        places.append(k.untyped_storage().data_ptr())
    moves = sum(before != after for before, after in pairwise(places))
    assert 3 <= moves <= 4


@pytest.mark.parametrize(("window", "held"), [(None, 1000), (100, 99)])
@pytest.mark.parametrize("counts", [[1000], [1] * 1000, [600, 400]])
def test_memory_is_that_of_the_tokens_held_and_one_block(
    window: int | None, held: int, counts: list[int]
) -> None:
    layer, first = LayerCache(window), 0
    for count in counts:
        append(layer, first, count)
        first += count
    per_token = 2 * 2 * CHANNELS * 4  # keys and values of two rows in fp32
    raw = 2 * CHANNELS * 4
    assert held * per_token <= layer.num_bytes - raw <= (held + BLOCK_TOKENS) * per_token
