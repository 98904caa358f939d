"""How times grow with work: a start that does not, and what does; at least, likely, at most.

Pure arithmetic on what one earlier artifact took. A single one cannot tell its start from the rest:
that it was all start, and that it was none, are the bounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from assets.lineage.usage import CPU

START_CPU_S = 3.0
"""What data work takes before it has done any: imports, kernels read from disk, worker processes.
The longest of recipe `smoke` without compiling: questions 2.9 to 3.3, copies 2.6 to 3.1 (our
choice)."""
COMPILE_CPU_S = 20.0
"""What compiling may have taken where the record is older than `compile_s`: the longest of `smoke`
on a new machine is the tokenizer's, 19.8."""
JOB_START_S = 5.0
"""What a job takes before its first step and after its last, where no earlier one tells: 4.9 core
seconds by benchmarks/job_start.py."""
SPREAD = 2.0
"""Times, between two makings of one artifact, and between a size and its forecast: `smoke` made
twice on a machine that others use differs by up to 1.9 by the clock, 1.5 in core seconds."""
UNKNOWN_SIZE = 4.0
"""Times, where the size of the work is not known at all (our choice)."""
APART = 2.0
"""Times the work, from which two artifacts tell a start from what grows (our choice)."""
REACHABLE = {CPU: 1.0}
"""Share of a device's peak that the best trainings reach: on two cores those of `tiny` 0.4 to 1.1
of the table's."""
REACHABLE_BY_ACCELERATORS = 0.5
"""PaLM 0.46 (arXiv 2204.02311), Megatron-LM 0.52 (arXiv 2104.04473)."""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Times what an earlier artifact took; or seconds, on the way there."""

    low: float
    likely: float
    high: float

    def __post_init__(self) -> None:
        assert 0 <= self.low <= self.likely <= self.high, self

    def times(self, factor: float) -> Growth:
        return Growth(low=self.low * factor, likely=self.likely * factor, high=self.high * factor)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What an earlier artifact of data work took, and how many times its work is to be done."""

    spent_s: float
    compile_s: float | None
    """Of it; None where the record does not tell."""
    scale: float

    @property
    def warm_s(self) -> float:
        """What it would take again on a machine that has its kernels, as far as that is known."""
        return max(0.0, self.spent_s - (self.compile_s or 0.0))


def growth_of_work(samples: Sequence[Sample], likely_s: float | None) -> Growth:
    """Return how many times the first sample's time the work takes; the others widen the bounds.

    `likely_s` is what is known better than from the first alone: a line through two.
    """
    seconds = [_seconds(sample) for sample in samples]
    likely = seconds[0].likely if likely_s is None else likely_s
    low = min(likely, *(each.low for each in seconds))
    high = max(likely, *(each.high for each in seconds))
    return Growth(low=low, likely=likely, high=high).times(1 / samples[0].spent_s)


def line_through(samples: Sequence[Sample]) -> float | None:
    """Return the seconds by the line through the first sample and the one least like it.

    None where there is no such line: a start that takes time, and more work that takes more.
    """
    near = samples[0]
    other = max(samples, key=lambda each: abs(math.log(each.scale / near.scale)))
    # In units of the work to come, a sample's work is 1 / scale.
    here, there = 1 / near.scale, 1 / other.scale
    if not (there / here >= APART or here / there >= APART):
        return None
    slope = (other.warm_s - near.warm_s) / (there - here)
    start = near.warm_s - slope * here
    return start + slope if slope > 0 and start >= 0 else None


def growth_of_unknown_size() -> Growth:
    return Growth(low=1 / UNKNOWN_SIZE, likely=1.0, high=UNKNOWN_SIZE)


def growth_of_job(
    *, held_s: float, steps_s: float, tokens: float, operations: float, reached: float, device: str
) -> Growth:
    """Return how many times a job of `tokens` times the tokens, `operations` each, holds devices.

    Only its steps grow. The same model takes the same time for a token. A larger one takes at most
    as many times longer as it has operations; at least what it takes at the reachable share of the
    peak, since larger products run faster. `reached` is the earlier job's share of the peak.
    """
    if not 0 < steps_s < held_s:
        start_s, steps_s = 0.0, held_s
    else:
        start_s = held_s - steps_s
    per_token = time_per_token(operations, reached, device)
    return Growth(
        low=(start_s + steps_s * tokens * per_token.low) / SPREAD,
        likely=start_s + steps_s * tokens * per_token.likely,
        high=(start_s + steps_s * tokens * per_token.high) * SPREAD,
    ).times(1 / held_s)


def time_per_token(operations: float, reached: float, device: str) -> Growth:
    """Return how many times longer a token takes that needs so many times the operations.

    Likely is the geometric middle of what is possible: neither end is known.
    """
    if operations <= 1:
        low, high = operations, 1.0
    else:
        low, high = min(operations, max(1.0, operations * reached / reachable(device))), operations
    # A root that is rounded may lie beside equal ends.
    return Growth(low=low, likely=min(high, max(low, math.sqrt(low * high))), high=high)


def reachable(device: str) -> float:
    return REACHABLE.get(device, REACHABLE_BY_ACCELERATORS)


def _seconds(sample: Sample) -> Growth:
    """Return the seconds that one sample foretells.

    What may be start, or work as well, likely grows by the middle of the two.
    """
    warm, scale = sample.warm_s, sample.scale
    compiling = min(warm, COMPILE_CPU_S) if sample.compile_s is None else 0.0
    least = warm - compiling
    start = min(least, START_CPU_S)
    return Growth(
        low=min(least, least * scale) / SPREAD,
        likely=compiling + start * math.sqrt(scale) + (least - start) * scale,
        # On another machine, or in other workers, what it starts with is to be paid once more.
        high=max(warm, warm * scale) * SPREAD + START_CPU_S + (sample.compile_s or 0.0),
    )
