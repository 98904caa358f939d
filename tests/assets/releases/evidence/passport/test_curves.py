"""Curves: every loss is within its band, what left no update is marked, gaps are gaps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.fakes import FakeLake, commit_folder
from assets.releases.evidence.passport.curves import (
    BOTTOM,
    HEIGHT,
    LEFT,
    MAX_MARKS,
    MAX_POINTS,
    RIGHT,
    TOP,
    WIDTH,
    curve_of,
    draw,
    read_journal,
    thinned,
    ticks,
)  # fmt: skip
from tests.evidence_records import journal


def lines(losses: list[float], skipped: tuple[int, ...] = ()) -> list[str]:
    return journal(losses, skipped).decode().splitlines()


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def test_a_curve_stays_within_its_picture() -> None:
    curve = draw(read_journal(lines([8.0, 7.5, 30.0, 7.0])))
    for x, y in [*points(curve.band), *points(curve.mean)]:
        assert LEFT <= x <= WIDTH - RIGHT
        assert TOP <= y <= HEIGHT - BOTTOM


def test_steps_without_update_are_marked_at_their_loss() -> None:
    curve = draw(read_journal(lines([8.0, 7.0, 9.0, 6.0], skipped=(2,))))
    assert len(curve.marks) == 1
    assert curve.marks[0] in points(curve.mean)


def test_a_spike_survives_the_columns_of_a_long_curve() -> None:
    losses = [5.0] * 10_000
    losses[4_321] = 50.0
    curve = draw(read_journal(lines(losses)))
    top = min(y for _, y in points(curve.band))
    assert len(points(curve.mean)) <= MAX_POINTS
    assert top == pytest.approx(TOP, abs=1)
    assert min(y for _, y in points(curve.mean)) > top + 10


def test_a_rollback_is_a_window() -> None:
    spike = '{"kind": "event", "name": "loss_spike", "step": 3, "action": "rollback", "back_to": 1}'
    curve = draw(read_journal([*lines([8.0, 7.0, 6.0, 90.0, 5.0]), spike]))
    ((left, width),) = curve.windows
    middle = (WIDTH - LEFT - RIGHT) / 4
    assert (left, width) == (pytest.approx(LEFT + middle), pytest.approx(2 * middle))


def test_a_step_whose_loss_is_no_number_has_no_point() -> None:
    bare = '{"kind": "metrics", "step": 1, "train/lr": 0.1}'
    first, last = lines([8.0, 7.0])
    curve = draw(read_journal([first, bare, last.replace('"step": 1', '"step": 2')]))
    assert curve.num_steps == 2


def test_one_step_alone_is_drawn() -> None:
    curve = draw(read_journal(lines([4.0])))
    assert (curve.first, curve.last, curve.lowest) == (4.0, 4.0, 4.0)


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (4.2, 8.1), (3.0, 3.0), (0.0, 750_000.0), (-2.0, 1e-3), (0, 0)]
)
def test_ticks_enclose_their_range_with_few_round_numbers(low: float, high: float) -> None:
    found = ticks(low, high)
    assert found[0] <= low and found[-1] >= high
    assert 2 <= len(found) <= 8
    assert found == sorted(set(found))


def test_thinned_marks_keep_the_first_and_the_last() -> None:
    kept = thinned(range(10_000), MAX_MARKS)
    assert (len(kept), kept[0], kept[-1]) == (MAX_MARKS, 0, 9_999)
    assert thinned([1, 2], MAX_MARKS) == [1, 2]


def test_a_training_without_a_journal_has_no_curve(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    assert curve_of(lake, commit_folder(lake, "checkpoints/stage1", {"w": b"w"})) is None
    empty = commit_folder(lake, "checkpoints/stage2", {"journal.jsonl": b""})
    assert curve_of(lake, empty) is None
