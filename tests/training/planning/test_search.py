"""Which layout is taken: the least machinery that fits, and clear words where none can."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.training.planning.test_memory import M1_14B
from training.planning.cost import Assumptions
from training.planning.hardware import HARDWARE, hardware
from training.planning.plan import plan_training, smallest_cluster
from training.planning.search import Choice, StageJob, Wishes, choose_layout

JOB = StageJob(
    name="stage1", tokens=1 << 34, steps=1024, context_tokens=8192, batch_samples=2048
)  # fmt: skip


def choose(devices: int = 8, gpu: str = "h100", job: StageJob = JOB, **wishes: Any) -> Choice:
    return choose_layout(
        M1_14B,
        job,
        hardware(gpu),
        devices=devices,
        precision="bf16",
        wishes=Wishes(**wishes),
    )


def test_more_devices_need_less_machinery() -> None:
    few, many = choose(devices=16, gpu="l40s"), choose(devices=256, gpu="h200")
    assert few.fits and many.fits
    assert few.layout.zero_stage == 3
    assert many.layout.zero_stage == 2


def test_a_larger_device_recomputes_nothing() -> None:
    assert choose(devices=256, gpu="h100").layout.activation_checkpointing
    assert not choose(devices=256, gpu="h200").layout.activation_checkpointing


def test_the_micro_batch_is_the_largest_that_fits_and_divides() -> None:
    layout = choose(devices=256).layout
    assert layout.micro_batch_samples * layout.accumulation * layout.replicas == 2048
    assert not choose(devices=256, micro_batch_samples=8, sequence_parallel=1, zero_stage=2).fits
    odd = replace(JOB, batch_samples=3 * 256)
    assert choose(devices=256, job=odd).layout.micro_batch_samples in (1, 3)


def test_what_a_person_decides_is_kept() -> None:
    layout = choose(
        devices=64, zero_stage=3, sequence_parallel=4, micro_batch_samples=2,
        activation_checkpointing=True,
    ).layout  # fmt: skip
    assert (layout.zero_stage, layout.sequence_parallel, layout.micro_batch_samples) == (3, 4, 2)
    assert layout.replicas == 16


def test_sequence_parallelism_comes_where_the_batch_is_smaller_than_the_cluster() -> None:
    small = replace(JOB, batch_samples=64)
    assert choose(devices=128, job=small).layout.sequence_parallel == 2


def test_what_fits_nowhere_says_by_how_much() -> None:
    choice = choose(devices=1)
    assert not choice.fits
    assert choice.memory.total > hardware("h100").usable_bytes


@pytest.mark.parametrize(
    ("devices", "wishes", "message"),
    [
        (7, {}, "2048 samples in a batch, which 7 devices cannot share.*take 4 devices"),
        (8, {"micro_batch_samples": 3}, "micro-batch? 3 does not divide the 256 samples"),
        (8, {"sequence_parallel": 3}, "3 does not divide 8 devices"),
        (48, {"sequence_parallel": 3}, "does not divide the 20 global"),
        (8, {"zero_stage": 0}, "zero stage 0 does not run in bf16"),
    ],
)
def test_impossible_counts_are_refused_with_a_remedy(
    devices: int, wishes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        choose(devices=devices, **wishes)


def test_the_smallest_cluster_fits_and_half_of_it_does_not() -> None:
    for name in ("h100", "h200", "a100", "b200", "mi300x"):
        found = smallest_cluster(M1_14B, [JOB], hardware(name), "bf16", Wishes())
        assert found is not None and found > 1, name
        assert choose(devices=found, gpu=name).fits
        assert not choose(devices=found // 2, gpu=name).fits


def test_no_cluster_of_small_devices_holds_a_forced_micro_batch() -> None:
    huge = Wishes(micro_batch_samples=64, activation_checkpointing=False)
    assert smallest_cluster(M1_14B, [JOB], hardware("l40s"), "bf16", huge) is None


def test_a_plan_adds_up_its_stages() -> None:
    jobs = [JOB, replace(JOB, name="stage2", tokens=1 << 33, steps=512)]
    found = plan_training(
        M1_14B, jobs, hardware("h200"), devices=64, precision="bf16", wishes=Wishes(),
        assumed=Assumptions(mfu=0.4, price_per_hour=2.0),
    )  # fmt: skip
    assert found.fits
    assert found.total.tokens == 1536 * 2048 * 8192
    assert found.total.seconds == pytest.approx(sum(s.cost.seconds for s in found.stages))
    assert found.stages[0].cost.seconds == pytest.approx(2 * found.stages[1].cost.seconds)


def test_no_devices_are_no_plan() -> None:
    with pytest.raises(ValueError, match="--gpus 0 is below 1"):
        plan_training(
            M1_14B, [JOB], hardware("h200"), devices=0, precision="bf16", wishes=Wishes(),
            assumed=Assumptions(mfu=0.4, price_per_hour=2.0),
        )  # fmt: skip


def test_an_unknown_device_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no GPU 'tpu' in the table: choose from h100, h200"):
        hardware("tpu")


def test_every_device_of_the_table_says_where_its_figures_come_from() -> None:
    assert set(HARDWARE) == {"h100", "h200", "a100", "b200", "mi300x", "l40s", "cpu"}
    for device in HARDWARE.values():
        assert device.source.endswith("data sheet") or "our choice" in device.source
        assert device.mfu_source and 0 < device.default_mfu < 1
        assert device.bf16_flops >= device.fp32_flops > 0
        assert 0 < device.usable_bytes < device.memory_bytes
