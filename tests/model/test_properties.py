"""What holds for every length, split and packing: decoding, packing, causality, windows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.cache import Cache
from model.config import ModelConfig
from model.kernels import rotate
from model.plan import rotary_table
from tests.model.test_network import SMALL, network, tokens

MAX_TOKENS = 40
TOLERANCE = {"atol": 2e-5, "rtol": 0}
"""fp32 against fp32 in another order of sums; logits go up to 4."""

CONFIGS = {
    "hybrid": SMALL,
    "window of one": replace(SMALL, sliding_window=1),
    "no convolution": replace(SMALL, conv_window=0),
    "wide window": replace(SMALL, sliding_window=MAX_TOKENS - 3),
}
NETWORKS = {name: network(config) for name, config in CONFIGS.items()}
names = st.sampled_from(sorted(CONFIGS))


@settings(max_examples=40, deadline=None)
@given(name=names, cuts=st.sets(st.integers(1, MAX_TOKENS - 1), max_size=12))
def test_decoding_in_any_pieces_equals_the_full_forward_at_every_position(
    name: str, cuts: set[int]
) -> None:
    net, rows = NETWORKS[name], tokens(MAX_TOKENS, rows=2)
    cache = Cache(net.config)
    with torch.no_grad():
        parts = [
            net(rows[:, first:last], cache=cache)
            for first, last in pairwise([0, *sorted(cuts), MAX_TOKENS])
        ]
        torch.testing.assert_close(torch.cat(parts, dim=1), net(rows), **TOLERANCE)


@settings(max_examples=40, deadline=None)
@given(
    name=names,
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    padding=st.integers(0, 5),
)
def test_a_packed_row_equals_its_documents_apart(
    name: str, lengths: list[int], padding: int
) -> None:
    net = NETWORKS[name]
    documents = [tokens(length, seed=i) for i, length in enumerate(lengths)]
    row = torch.cat([*documents, tokens(padding, seed=99)], dim=1)
    numbers = torch.tensor([*range(len(lengths)), -1])
    segments = torch.repeat_interleave(numbers, torch.tensor([*lengths, padding]))[None]
    with torch.no_grad():
        together = net(row, segments)[:, : sum(lengths)]
        apart = torch.cat([net(document) for document in documents], dim=1)
    torch.testing.assert_close(together, apart, **TOLERANCE)


@settings(max_examples=30, deadline=None)
@given(name=names, changed=st.integers(0, 23), first_length=st.integers(1, 23))
def test_a_token_reaches_only_what_follows_it_in_its_document(
    name: str, changed: int, first_length: int
) -> None:
    net, row = NETWORKS[name], tokens(24)
    segments = (torch.arange(24) >= first_length).long()[None]
    other = row.clone()
    other[0, changed] = (other[0, changed] + 1) % SMALL.vocab_size
    with torch.no_grad():
        difference = (net(row, segments) - net(other, segments)).abs().amax(dim=-1)[0]
    end = first_length if changed < first_length else 24
    untouched = [t for t in range(24) if not changed <= t < end]
    assert difference[changed] > 1e-4
    assert all(difference[t] == 0 for t in untouched)


@pytest.mark.parametrize("window", [1, 2, 7, 24, 30])
def test_a_stack_of_sliding_layers_reaches_one_window_further_each(window: int) -> None:
    config: ModelConfig = replace(
        SMALL, sliding_window=window, sliding_window_layers=(0, 1), num_layers=2, conv_window=0
    )
    net, row = network(config), tokens(24)
    other = row.clone()
    other[0, 0] = (other[0, 0] + 1) % SMALL.vocab_size
    with torch.no_grad():
        moved = (net(row) - net(other)).abs().amax(dim=-1)[0] > 1e-7
    assert moved.nonzero()[:, 0].tolist() == list(range(min(24, 2 * (window - 1) + 1)))


def test_the_convolution_comes_before_the_rotation_and_starts_from_zero() -> None:
    """Turned keys would be mixed at two different angles; the sum is of raw ones."""
    config = replace(SMALL, num_layers=1, sliding_window_layers=())
    net, row = network(config), tokens(2)
    attention = net.model.layers[0].self_attn
    cache = Cache(config)
    with torch.no_grad():
        net(row, cache=cache)
        x = net.model.layers[0].input_layernorm(net.model.embed_tokens(row))
        raw_k = attention.W_pack(x)[0, :, 32:48].double()
        held, _ = cache.layers[0].append(
            torch.zeros(1, 1, 1, 16), torch.zeros(1, 1, 1, 16), torch.zeros(1, 1, 2, 16)
        )
    before, now = attention.conv_k.detach().flatten().double()
    mixed = torch.stack((now * raw_k[0], before * raw_k[0] + now * raw_k[1]))
    angle = torch.arange(2)[:, None] * config.rope_theta ** -(torch.arange(8).double() / 8)
    turned = torch.complex(mixed[:, :8], mixed[:, 8:]) * torch.polar(
        torch.ones(2, 8).double(), angle
    )
    expected = torch.cat((turned.real, turned.imag), dim=-1)
    torch.testing.assert_close(held[0, 0, :2].double(), expected, atol=2e-5, rtol=1e-5)


def test_the_head_scores_against_rows_of_unit_length_whatever_their_stored_length() -> None:
    net, row = network(), tokens(5)
    with torch.no_grad():
        before = net(row)
        lengths = torch.linspace(0.5, 20, SMALL.vocab_size)[:, None]
        net.lm_head.weight.mul_(lengths)
        torch.testing.assert_close(net(row), before, atol=2e-6, rtol=1e-5)
        bound = net.hidden(row).norm(dim=-1, keepdim=True)
    assert (before.abs() <= bound + 1e-5).all()


def test_the_rotation_is_computed_in_fp32_for_a_network_in_bf16() -> None:
    x = torch.randn(1, 1, 1, 16, generator=torch.Generator().manual_seed(1)).bfloat16()
    for position in (1, 257, 32_767):  # bf16 cannot even hold the last two.
        table = rotary_table(torch.tensor([[position]]), 16, 1e6)
        assert all(values.dtype == torch.float32 for values in table)
        angle = position * 1e6 ** -(torch.arange(8).double() / 8)
        turn = torch.polar(torch.ones(8).double(), angle)
        turned = torch.complex(x[..., :8].double(), x[..., 8:].double()) * turn
        expected = torch.cat((turned.real, turned.imag), dim=-1)
        got = rotate(x, table)
        assert got.dtype == torch.bfloat16
        # Half a unit of bf16's last place, and the table's angles in fp32.
        torch.testing.assert_close(got.double(), expected, rtol=2**-8, atol=4e-3)
