"""The layout of a job: as many ranks, slices and samples at once as fit, and never more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assets.checkpoints.layout import Layout, lay_out
from assets.recipes.catalogue import RECIPES
from assets.recipes.m1_14b import m1_14b
from assets.resources import AutoLayout, TrainingResources
from orchestration.commands.plan import stage_jobs
from training.ds_config import ds_config
from training.planning.hardware import hardware
from training.planning.search import Wishes, choose_layout
from training.spec import OptimizerSpec, ScheduleSpec, TrainExecution, TrainIdentity, TrainSpec

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


# The planner's layout

AUTO = TrainingResources(ranks=256, auto=AutoLayout(device="h200"))


def _auto(ranks: int = 256, **decided: Any) -> TrainingResources:
    return replace(AUTO, ranks=ranks, auto=AutoLayout(device="h200", **decided))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_stage_is_laid_out_as_materia_plan_says(number: int) -> None:
    recipe = m1_14b()
    stage, job = recipe.stages[number], stage_jobs(recipe)[number]
    planned = choose_layout(
        recipe.model, job, hardware("h200"), devices=256, precision="bf16", wishes=Wishes()
    ).layout
    layout = _layout(AUTO, context_tokens=stage.context_tokens, batch_samples=stage.batch_samples)
    assert layout == Layout(
        world_size=planned.devices,
        sequence_parallel=planned.sequence_parallel,
        micro_batch_samples=planned.micro_batch_samples,
        zero_stage=planned.zero_stage,
        activation_checkpointing=planned.activation_checkpointing,
    )


def test_what_the_installation_has_decided_stays_decided() -> None:
    decided = _auto(zero_stage=3, activation_checkpointing=True, micro_batch_tokens=16384)
    layout = _layout(decided)
    assert (layout.zero_stage, layout.activation_checkpointing) == (3, True)
    assert layout.micro_batch_samples == 2


def test_ranks_that_cannot_share_a_batch_stay_idle() -> None:
    assert _layout(_auto(ranks=100)).world_size == 64
    assert _layout(_auto(ranks=8), batch_samples=1, context_tokens=32768).world_size in (1, 2, 4)


def test_a_sample_is_shared_by_no_more_ranks_than_it_may_be() -> None:
    # Kept activations of 32K tokens are 259 GB (docs/planning.md): four ranks can hold them.
    long = {"batch_samples": 64, "context_tokens": 32768}
    assert _layout(_auto(ranks=64, activation_checkpointing=False), **long).sequence_parallel == 4
    with pytest.raises(ValueError, match="no layout of 64 x 32768 tokens fits 64 x NVIDIA"):
        _layout(_auto(ranks=64, activation_checkpointing=False, sequence_parallel=2), **long)


@pytest.mark.parametrize(("precision", "stage"), [("bf16", 3), ("fp32", 2)])
def test_an_offloaded_optimizer_gets_a_stage_at_which_the_engine_moves_it(
    precision: str, stage: int
) -> None:
    resources = replace(_auto(ranks=64), offload_optimizer=True)
    assert _layout(resources, precision=precision).zero_stage == stage


def test_a_job_that_fits_nowhere_is_refused_with_what_it_would_take() -> None:
    with pytest.raises(
        ValueError, match=r"fits 1 x NVIDIA H200.*: the smallest takes .* GB at the"
    ):
        _layout(_auto(ranks=1))


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_planned_layout_is_one_that_the_engine_runs(name: str) -> None:
    """On devices as small as the recipe needs; ds_config refuses what DeepSpeed cannot do."""
    recipe = RECIPES[name]()
    device = "cpu" if recipe.precision == "fp32" else "h200"
    resources = TrainingResources(ranks=64, auto=AutoLayout(device=device))
    for stage in recipe.stages:
        identity = replace(
            IDENTITY,
            model=replace(recipe.model, max_position_embeddings=stage.context_tokens),
            context_tokens=stage.context_tokens,
            batch_samples=stage.batch_samples,
            precision=recipe.precision,
        )
        layout = lay_out(resources, identity)
        execution = TrainExecution(
            shards_dir="", init_dir=None, output_dir="", resume_dir="", journal_path="",
            world_size=layout.world_size,
            sequence_parallel=layout.sequence_parallel,
            micro_batch_samples=layout.micro_batch_samples,
            zero_stage=layout.zero_stage,
            activation_checkpointing=layout.activation_checkpointing,
        )  # fmt: skip
        assert ds_config(TrainSpec(identity=identity, execution=execution))
