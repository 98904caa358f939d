"""The learning rate of every step, by hand."""

import math

import pytest

from training.schedule import learning_rate
from training.spec import ScheduleSpec


def _rates(schedule: ScheduleSpec, steps: int) -> list[float]:
    return [learning_rate(schedule, step, steps=steps) for step in range(steps)]


def test_warm_up_is_linear_and_then_constant() -> None:
    schedule = ScheduleSpec(peak_lr=4e-4, warmup_steps=4, decay="constant", final_lr=4e-4)
    assert _rates(schedule, 6) == pytest.approx([1e-4, 2e-4, 3e-4, 4e-4, 4e-4, 4e-4])


def test_cosine_starts_at_the_peak_passes_the_middle_and_ends_at_final() -> None:
    schedule = ScheduleSpec(peak_lr=1.0, warmup_steps=0, decay="cosine", final_lr=0.2)
    assert _rates(schedule, 5) == pytest.approx(
        [1.0, 0.6 + 0.4 * math.cos(math.pi / 4), 0.6, 0.6 - 0.4 * math.cos(math.pi / 4), 0.2]
    )


def test_cosine_follows_its_warm_up() -> None:
    schedule = ScheduleSpec(peak_lr=1.0, warmup_steps=2, decay="cosine", final_lr=0.0)
    assert _rates(schedule, 5) == pytest.approx([0.5, 1.0, 1.0, 0.5, 0.0])


def test_a_cosine_of_one_step_has_the_final_rate() -> None:
    schedule = ScheduleSpec(peak_lr=1.0, warmup_steps=0, decay="cosine", final_lr=0.1)
    assert _rates(schedule, 1) == pytest.approx([0.1])


@pytest.mark.parametrize("step", [-1, 5])
def test_a_step_outside_the_job_is_refused(step: int) -> None:
    schedule = ScheduleSpec(peak_lr=1.0, warmup_steps=0, decay="constant", final_lr=1.0)
    with pytest.raises(ValueError, match=rf"step {step} outside 0..4"):
        learning_rate(schedule, step, steps=5)
