"""Sequence parallelism: slices on several ranks give what one rank gives, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from slice_work import gradients, gradients_of_a_slice, make_network
from training_jobs import MODEL, make_spec, on_ranks

from model.config import ModelConfig
from training.ds_config import ds_config

WIDE = replace(
    MODEL,
    hidden_size=48,
    num_global_heads=6,
    num_global_kv_heads=2,
    num_swa_heads=12,
    num_swa_kv_heads=4,
)


def packed_rows() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Three rows of 24 tokens, so that slices of 12, 8 and 6 begin in every kind of place.

    Documents that cross slices, one that begins where a slice does, padding over whole slices,
    and targets that the mask leaves out on both sides of a border.
    """
    lengths = ((5, 9, 10), (6, 6, 12), (7, 2))
    segments = torch.full((3, 24), -1)
    for row, sizes in enumerate(lengths):
        ends = torch.tensor(sizes).cumsum(0).tolist()
        for number, (size, end) in enumerate(zip(sizes, ends, strict=True)):
            segments[row, end - size : end] = number
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(1, 64, (3, 24), generator=generator)
    mask = torch.rand((3, 24), generator=generator) < 0.8
    mask[0, 12:14] = torch.tensor([True, False])
    mask[1, 6] = False
    return tokens, segments, mask


@pytest.mark.parametrize(
    ("config", "degree", "checkpointing"),
    [
        pytest.param(WIDE, 2, False, id="kv_heads_divide"),
        pytest.param(WIDE, 2, True, id="recomputed"),
        pytest.param(WIDE, 3, False, id="kv_heads_repeated"),
        pytest.param(replace(WIDE, num_global_heads=12), 4, False, id="some_repeated"),
        pytest.param(replace(WIDE, conv_window=0), 2, False, id="no_convolution"),
    ],
)
def test_slices_add_up_to_the_loss_and_gradients_of_one_rank(
    config: ModelConfig, degree: int, checkpointing: bool, tmp_path: Path
) -> None:
    rows = packed_rows()
    expected = gradients(make_network(config), rows)
    on_ranks(tmp_path, degree, gradients_of_a_slice, config, degree, checkpointing, rows)
    parts = [load_file(tmp_path / f"{rank}.safetensors") for rank in range(degree)]
    for name, value in expected.items():
        total = torch.stack([part[name] for part in parts]).sum(0)
        torch.testing.assert_close(total, value, rtol=2e-6, atol=2e-6 * float(value.abs().max()))


def test_a_row_of_one_document_needs_no_mask_and_still_knows_the_slice_before(
    tmp_path: Path,
) -> None:
    tokens = packed_rows()[0]
    rows = (tokens, torch.zeros_like(tokens), torch.ones_like(tokens))
    expected = gradients(make_network(WIDE), rows)
    on_ranks(tmp_path, 2, gradients_of_a_slice, WIDE, 2, False, rows)
    parts = [load_file(tmp_path / f"{rank}.safetensors") for rank in range(2)]
    for name, value in expected.items():
        total = parts[0][name] + parts[1][name]
        torch.testing.assert_close(total, value, rtol=2e-6, atol=2e-6 * float(value.abs().max()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"world_size": 3, "sequence_parallel": 2}, "world_size 3 is no multiple of .* 2"),
        ({"sequence_parallel": 0}, "world_size 1 is no multiple of sequence_parallel 0"),
        (
            {"world_size": 3, "sequence_parallel": 3, "model": WIDE},
            "context_tokens 32 cannot be cut into 3 equal slices",
        ),
        (
            {"world_size": 4, "sequence_parallel": 4, "model": WIDE},
            "sequence_parallel 4 does not divide the query heads of every layer: .* 1, 2, 3, 6",
        ),
        (
            {"world_size": 6, "sequence_parallel": 2, "model": WIDE},
            "batch_samples 4 is no multiple of world_size 6 / sequence_parallel 2 x .* 2",
        ),
    ],
)
def test_a_degree_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ds_config(make_spec(Path("job"), Path("shards"), **changes))


def test_the_paper_model_can_be_sliced_as_its_heads_allow() -> None:
    from assets.recipes.m1_14b import m1_14b
    from training.spec import common_heads

    assert common_heads(m1_14b().model) == 20
