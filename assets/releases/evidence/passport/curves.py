"""The loss curve of each training, drawn from its journal, with the steps that left no update."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_file
from assets.ports import Lake

JOURNAL = "journal.jsonl"
WIDTH, HEIGHT = 400.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 42.0, 12.0, 10.0, 36.0
MAX_POINTS = 240
"""Columns of a curve: about one to two screen pixels each. A column shows its least, mean and
greatest loss, so that no spike is smoothed away."""
MAX_MARKS = 400
"""Marks drawn; all steps are in result.json of the artifact (our choice)."""
_TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass
class Journal:
    """What a curve needs of a journal of any length."""

    steps: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    undone: list[tuple[int, int]] = field(default_factory=list)
    """First and last step of each window that a rollback has taken back."""


@dataclass(frozen=True, kw_only=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One picture, in units of WIDTH x HEIGHT."""

    band: str
    mean: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[tuple[float, float], ...]
    """Steps whose update was dropped, at their loss."""
    windows: tuple[tuple[float, float], ...]
    """Left edge and width of what was rolled back."""
    num_steps: int
    first: float
    last: float
    lowest: float


def curve_of(lake: Lake, training: Manifest) -> Curve | None:
    """Return the curve of a training, or None when no journal with losses is in the lake."""
    if not has_file(training, JOURNAL):
        return None
    with lake.fetch(training, training.file(JOURNAL)).open(encoding="utf-8") as lines:
        journal = read_journal(lines)
    return draw(journal) if journal.losses else None


def read_journal(lines: Iterable[str]) -> Journal:
    """Read losses and what happened to steps; a loss that is no number has no point."""
    found = Journal()
    for line in lines:
        entry = json.loads(line)
        if entry["kind"] == "metrics" and "train/loss" in entry:
            found.steps.append(int(entry["step"]))
            found.losses.append(float(entry["train/loss"]))
        elif entry.get("name") == "step_skipped":
            found.skipped.append(int(entry["step"]))
        elif entry.get("name") == "loss_spike" and entry.get("back_to") is not None:
            found.undone.append((int(entry["back_to"]), int(entry["step"])))
    return found


def draw(journal: Journal) -> Curve:
    """Return the picture of a journal that has at least one loss."""
    steps, losses = journal.steps, journal.losses
    last_step = max(steps[-1], 1)
    y_ticks = ticks(min(losses), max(losses))
    low, high = y_ticks[0], y_ticks[-1]

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / last_step

    def y(loss: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (loss - low) / (high - low)

    columns = _columns(steps, losses)
    upper = [f"{x(at):.1f} {y(most):.1f}" for at, _, _, most in columns]
    lower = [f"{x(at):.1f} {y(least):.1f}" for at, least, _, _ in reversed(columns)]
    by_step = dict(zip(steps, losses, strict=True))
    skipped = [step for step in journal.skipped if step in by_step]
    return Curve(
        band=f"M{'L'.join([*upper, *lower])}Z",
        mean="M" + "L".join(f"{x(at):.1f} {y(mean):.1f}" for at, _, mean, _ in columns),
        x_ticks=tuple(
            Tick(at=round(x(t), 1), label=f"{t:,.0f}")
            for t in ticks(0, last_step)
            if t <= last_step
        ),
        y_ticks=tuple(Tick(at=round(y(t), 1), label=f"{t:g}") for t in y_ticks),
        marks=tuple(
            (round(x(step), 1), round(y(by_step[step]), 1)) for step in thinned(skipped, MAX_MARKS)
        ),
        windows=tuple(
            (round(x(first), 1), round(x(last) - x(first), 1)) for first, last in journal.undone
        ),
        num_steps=len(steps),
        first=losses[0],
        last=losses[-1],
        lowest=min(losses),
    )


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers, at least two, that enclose the range."""
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / (most - 1)))
    step = next(s * power for s in _TICK_STEPS if s * power * (most - 1) >= span * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(n * step, 10) for n in range(first, max(last, first + 1) + 1)]


def thinned(values: Sequence[int], most: int) -> list[int]:
    """Return at most so many of the values, evenly from first to last."""
    if len(values) <= most:
        return list(values)
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]


def _columns(
    steps: Sequence[int], losses: Sequence[float]
) -> list[tuple[float, float, float, float]]:
    """Return (mean step, least, mean and greatest loss) of runs of steps."""
    size = -(-len(steps) // MAX_POINTS)
    columns = []
    for start in range(0, len(steps), size):
        part = losses[start : start + size]
        at = sum(steps[start : start + size]) / len(part)
        columns.append((at, min(part), sum(part) / len(part), max(part)))
    return columns
