"""The planner repeats a few rules of modules that need torch: they are the same rules."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from training_jobs import MODEL, make_spec

from model.attention import make_mask
from model.loss import _chunks
from training.engine import ds_config
from training.planning.activations import Pass, mask_entries, num_blocks
from training.planning.layout import CPU, ZERO_STAGES, Layout, Precision
from training.planning.memory import chunk_tokens
from training.spec import TrainExecution


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("zero_stage", [0, 1, 2, 3])
def test_the_planner_offers_exactly_the_zero_stages_that_the_engine_runs(
    tmp_path: Path, precision: Precision, zero_stage: int
) -> None:
    spec = make_spec(tmp_path, tmp_path, precision=precision, zero_stage=zero_stage)
    if zero_stage in ZERO_STAGES[precision]:
        assert ds_config(spec)["zero_optimization"]["stage"] == zero_stage
    else:
        with pytest.raises(ValueError, match="needs zero_stage"):
            ds_config(spec)


@pytest.mark.parametrize("vocab_size", [64, 8192, 133_120])
def test_logits_exist_for_as_many_tokens_at_once_as_the_planner_says(vocab_size: int) -> None:
    expected = chunk_tokens(vocab_size)
    tokens = min(2 * expected + 1, 200_000)
    chunks = _chunks(torch.empty(tokens, 1), torch.empty(tokens), vocab_size)
    assert len(chunks[0][1]) == min(expected, tokens)


@pytest.mark.parametrize("window", [8, 96, 300, 4096])
def test_masks_have_the_entries_and_the_blocks_that_the_planner_counts(window: int) -> None:
    context, samples = 320, 2
    config = replace(MODEL, sliding_window=window, max_position_embeddings=context)
    segments_BT = (torch.arange(context) // 50).expand(samples, context)
    run = Pass(
        samples=samples, context_tokens=context, sequence_parallel=1, element_bytes=4, runtime=CPU
    )
    for layer, seen in ((0, None), (1, window)):
        assert config.is_sliding(layer) is (seen is not None)
        mask = make_mask(
            segments_BT, num_tokens=context, past_tokens=0, window=seen, device=torch.device("cpu")
        )
        assert isinstance(mask, tuple)
        assert num_blocks(config, layer, context) == len(mask)
        entries = sum(b.allowed_B1TS.numel() for b in mask if b.allowed_B1TS is not None)
        assert mask_entries(config, layer, run) == entries


def test_a_layout_says_what_a_job_of_this_version_cannot_be_told() -> None:
    known = " ".join(field.name for field in fields(TrainExecution))
    layout = Layout(
        devices=4, zero_stage=2, sequence_parallel=2, micro_batch_samples=1, accumulation=1,
        activation_checkpointing=False, precision="bf16", offload="optimizer",
    )  # fmt: skip
    missing = {"sequence_parallel": "sequence", "offload": "offload"}
    assert layout.not_run() == [name for name, word in missing.items() if word not in known]
    assert replace(layout, sequence_parallel=1, offload="none").not_run() == []
