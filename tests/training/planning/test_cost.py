"""Time, energy and money by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from training_jobs import MODEL

from tests.training.planning.test_memory import M1_14B, layout
from training.planning.cost import Assumptions, communication_seconds, stage_cost
from training.planning.flops import recomputed_flops, train_flops
from training.planning.hardware import hardware
from training.planning.search import StageJob

JOB = StageJob(name="stage1", tokens=10**6, steps=100, context_tokens=32, batch_samples=16)
ASSUMED = Assumptions(mfu=0.5, price_per_hour=2.0, pue=1.5, carbon_g_per_kwh=400)


def test_a_stage_costs_its_operations_at_the_stated_share_of_the_peak() -> None:
    device = hardware("h100")
    plain = layout(devices=4, activation_checkpointing=False)
    cost = stage_cost(MODEL, JOB, plain, device, ASSUMED)
    assert cost.tokens == 100 * 16 * 32  # Whole steps: the rest of the budget is no step.
    assert cost.flops == train_flops(MODEL, context_tokens=32, tokens=cost.tokens)
    assert cost.seconds == pytest.approx(cost.flops / (989.4e12 * 0.5 * 4))
    assert cost.device_hours == pytest.approx(4 * cost.seconds / 3600)
    watts = device.device_watts + device.host_watts
    assert cost.energy_kwh == pytest.approx(cost.device_hours * watts / 1000 * 1.5)
    assert cost.co2_kg == pytest.approx(cost.energy_kwh * 0.4)
    assert cost.price_usd == pytest.approx(2 * cost.device_hours)
    assert cost.days == pytest.approx(cost.seconds / 86400)


def test_recomputation_takes_time_but_is_no_operation_of_the_model() -> None:
    device = hardware("h100")
    plain, again = (
        stage_cost(MODEL, JOB, layout(activation_checkpointing=on), device, ASSUMED)
        for on in (False, True)
    )
    assert again.flops == plain.flops
    more = recomputed_flops(MODEL, context_tokens=32, tokens=plain.tokens)
    assert again.seconds / plain.seconds == pytest.approx(1 + more / plain.flops)


def test_recomputation_is_a_third_of_the_14b_less_its_head() -> None:
    flops = train_flops(M1_14B, context_tokens=8192, tokens=1)
    more = recomputed_flops(M1_14B, context_tokens=8192, tokens=1)
    assert more == pytest.approx(flops / 3 - 2 * 133_120 * 5120)
    assert 0.30 < more / flops < 1 / 3


def test_the_14b_takes_the_operations_that_its_paper_implies() -> None:
    # 6 x 13.8e9 x 20e12 = 1.66e24 without attention.
    stages = [(8192, 18e12), (32768, 2e12)]
    flops = sum(train_flops(M1_14B, context_tokens=c, tokens=int(t)) for c, t in stages)
    assert 1.66e24 < flops < 2.0e24


def test_fp32_has_a_peak_of_its_own() -> None:
    device = hardware("a100")
    both = [
        stage_cost(
            MODEL,
            JOB,
            layout(precision=precision, activation_checkpointing=False),
            device,
            ASSUMED,
        ).seconds
        for precision in ("fp32", "bf16")
    ]
    assert both[0] / both[1] == pytest.approx(312 / 19.5)


def exchange(devices: int, **changes: Any) -> float:
    device = replace(
        hardware("h100"), link_bytes_per_s=1.0, network_bytes_per_s=1.0, devices_per_node=8
    )
    return communication_seconds(
        MODEL, layout(devices=devices, **changes), device, context_tokens=32
    )


def test_exchanges_of_one_step_by_hand() -> None:
    parameters = MODEL.num_parameters()
    assert exchange(1) == 0
    # All-reduce of fp32 gradients once a step; of bf16 ones per micro-batch, and a gather.
    assert exchange(4, zero_stage=0, precision="fp32") == pytest.approx(8 * parameters * 3 / 4)
    assert exchange(4) == pytest.approx((2 * 2 * 2 + 2) * parameters * 3 / 4)
    assert exchange(4, zero_stage=3) == pytest.approx(3 * 2 * 2 * parameters * 3 / 4)


def test_sequence_parallelism_adds_all_to_alls() -> None:
    assert exchange(4, sequence_parallel=2) > exchange(4)


def test_more_than_a_node_goes_over_the_network() -> None:
    def seconds(devices: int) -> float:
        device = replace(hardware("h100"), link_bytes_per_s=4.0, network_bytes_per_s=1.0)
        wide = layout(devices=devices, zero_stage=3)
        return communication_seconds(MODEL, wide, device, context_tokens=32)

    assert seconds(16) / seconds(8) == pytest.approx(4 * (15 / 16) / (7 / 8))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mfu": 0.0}, r"--mfu 0.0 is not in \(0, 1\]"),
        ({"mfu": 35.0}, "give a share"),
        ({"price_per_hour": -1.0}, "price_per_hour -1.0 is below 0"),
        ({"carbon_g_per_kwh": -1.0}, "carbon_g_per_kwh -1.0 is below 0"),
        ({"pue": 0.9}, "--pue 0.9 is below 1"),
    ],
)
def test_assumptions_that_cannot_be_are_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(ASSUMED, **changes)
