"""Warm-up-stable-decay learning rate: the rate of any step is a pure function of the spec."""

from __future__ import annotations

import math

from training.spec import ScheduleSpec


def learning_rate(schedule: ScheduleSpec, step: int, *, steps: int) -> float:
    """Return the rate of 0-based `step` of a job of `steps`; the last cosine step has final_lr."""
    if not 0 <= step < steps:
        raise ValueError(f"step {step} outside 0..{steps - 1}")
    if step < schedule.warmup_steps:
        return schedule.peak_lr * (step + 1) / schedule.warmup_steps
    if schedule.decay == "constant":
        return schedule.peak_lr
    span = steps - 1 - schedule.warmup_steps
    progress = (step - schedule.warmup_steps) / span if span > 0 else 1.0
    height = (1 + math.cos(math.pi * progress)) / 2
    return schedule.final_lr + (schedule.peak_lr - schedule.final_lr) * height
