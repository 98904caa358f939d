"""Steps at the contexts of the recipe's stages: two ranks that share the sample against one.

On a CPU a mask over documents is written out, so a packed sample stops at 8K here; one document
of 32K needs none.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load
from training_jobs import MODEL, finish, journal, make_spec, write_shards

from training.spec import TrainSpec

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("context", "one_document"), [(8192, False), (32_768, True)], ids=["8k_packed", "32k"]
)
def test_a_long_sample_shared_by_two_ranks_gives_the_step_of_one(
    context: int, one_document: bool, tmp_path: Path
) -> None:
    model = replace(
        MODEL,
        num_global_heads=2,
        num_swa_heads=4,
        num_swa_kv_heads=2,
        sliding_window=2048,
        rope_theta=1e6,
        max_position_embeddings=context,
    )
    shards = write_shards(
        tmp_path / "shards", num_samples=2, context=context, one_document=one_document
    )
    changes = {
        "model": model,
        "context_tokens": context,
        "batch_samples": 1,
        "micro_batch_samples": 1,
        "steps": 1,
    }
    layout = {
        "world_size": 2,
        "sequence_parallel": 2,
        "zero_stage": 2,
        "activation_checkpointing": True,
    }
    alone = make_spec(tmp_path / "alone", shards, **changes)
    pair = make_spec(tmp_path / "pair", shards, **changes, **layout)
    expected, found = load(finish(alone)["model.safetensors"]), finish(pair)
    for one, other in zip(_metrics(alone), _metrics(pair), strict=True):
        assert other["train/loss"] == pytest.approx(one["train/loss"], rel=0, abs=1e-5)
        assert other["train/grad_norm"] == pytest.approx(one["train/grad_norm"], rel=1e-5)
    for name, tensor in load(found["model.safetensors"]).items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=1e-5)


def _metrics(spec: TrainSpec) -> list[dict[str, float]]:
    return [line for line in journal(spec) if line["kind"] == "metrics"]
