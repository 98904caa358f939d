"""The layout of a job: as many ranks, slices and samples at once as fit, and never more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assets.checkpoints.layout import Layout, lay_out
from assets.recipes.catalogue import RECIPES
from assets.recipes.m1_14b import m1_14b
from assets.resources import TrainingResources
from training.spec import OptimizerSpec, ScheduleSpec, TrainIdentity

IDENTITY = TrainIdentity(
    model=m1_14b().model,
    init="random",
    init_seed=1,
    data_seed=1,
    context_tokens=8192,
    batch_samples=2048,
    steps=1,
    schedule=ScheduleSpec(peak_lr=4e-4, warmup_steps=0, decay="constant", final_lr=4e-4),
    optimizer=OptimizerSpec(),
    precision="bf16",
    carry_optimizer=False,
)


def _layout(resources: TrainingResources, **changes: Any) -> Layout:
    return lay_out(resources, replace(IDENTITY, **changes))


@pytest.mark.parametrize(
    ("batch", "context", "expected"),
    [(16, 256, 8), (8, 512, 4), (4, 256, 4), (6, 512, 3), (7, 512, 1), (2, 32768, 1)],
)
def test_micro_batches_divide_the_batch(batch: int, context: int, expected: int) -> None:
    layout = _layout(TrainingResources(), batch_samples=batch, context_tokens=context)
    assert layout.micro_batch_samples == expected


@pytest.mark.parametrize(
    ("batch", "ranks", "used", "micro"),
    [(16, 2, 2, 8), (16, 8, 8, 2), (4, 8, 4, 1), (6, 4, 3, 2), (7, 4, 1, 7)],
)
def test_a_job_takes_the_ranks_that_its_batch_can_be_shared_out_over(
    batch: int, ranks: int, used: int, micro: int
) -> None:
    layout = _layout(TrainingResources(ranks=ranks), batch_samples=batch, context_tokens=128)
    assert (layout.world_size, layout.micro_batch_samples) == (used, micro)


@pytest.mark.parametrize(
    ("context", "micro_tokens", "most", "degree"),
    [
        (8192, 8192, 4, 1),  # Short enough as it is.
        (32768, 8192, 8, 4),  # The fewest whose slices are short enough.
        (32768, 8192, 2, 2),  # As many as there may be.
        (32768, 4096, 8, 4),  # 20 and 40 heads: neither 5 (32768 is no multiple) nor 8.
        (40960, 8192, 8, 5),
    ],
)
def test_a_sample_is_shared_by_the_fewest_ranks_that_are_enough(
    context: int, micro_tokens: int, most: int, degree: int
) -> None:
    resources = TrainingResources(ranks=8, sequence_parallel=most, micro_batch_tokens=micro_tokens)
    layout = _layout(resources, context_tokens=context)
    assert layout.sequence_parallel == degree
    assert layout.world_size % degree == 0 and layout.world_size <= 8
    assert layout.micro_batch_samples == 1


def test_eight_devices_train_the_paper_model_at_both_its_contexts() -> None:
    node = TrainingResources(ranks=8, sequence_parallel=4, micro_batch_tokens=8192)
    short = _layout(node, context_tokens=8192, batch_samples=2048)
    long = _layout(node, context_tokens=32_768, batch_samples=512)
    assert (short.world_size, short.sequence_parallel) == (8, 1)
    assert (long.world_size, long.sequence_parallel) == (8, 4)
    assert short.micro_batch_samples == long.micro_batch_samples == 1


@pytest.mark.parametrize(
    ("precision", "ranks", "offload", "stage"),
    [
        ("fp32", 1, False, 0),
        ("fp32", 1, True, 2),
        ("fp32", 2, False, 2),
        ("bf16", 1, False, 2),
        ("bf16", 2, True, 3),
    ],
)
def test_the_zero_stage_follows_from_precision_ranks_and_memory(
    precision: str, ranks: int, offload: bool, stage: int
) -> None:
    resources = TrainingResources(ranks=ranks, offload_optimizer=offload)
    assert _layout(resources, precision=precision).zero_stage == stage
    assert _layout(replace(resources, zero_stage=1), precision=precision).zero_stage == 1


@pytest.mark.parametrize("name", ["tiny", "smoke", "small"])
def test_every_local_recipe_can_use_two_ranks(name: str) -> None:
    recipe = RECIPES[name]()
    for stage in recipe.stages:
        layout = _layout(
            TrainingResources(ranks=2),
            model=recipe.model,
            context_tokens=stage.context_tokens,
            batch_samples=stage.batch_samples,
        )
        assert layout.world_size == 2
