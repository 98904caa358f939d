"""The tracking benchmark's own arithmetic, and its trainer and server beside a short real run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.tracking import fastest_quarter, median_interval, report
from orchestration.settings import PROJECT_ROOT


def test_the_interval_of_a_median_holds_it_and_narrows_with_more_rounds() -> None:
    for count in (5, 25, 101):
        ordered = [1 + number / 1000 for number in range(count)]
        low, high = median_interval(ordered)
        assert ordered[0] <= low <= ordered[count // 2] <= high <= ordered[-1]
    few, many = median_interval([0.9, 1.0, 1.1] * 3), median_interval(sorted([0.9, 1.0, 1.1] * 99))
    assert many[1] - many[0] <= few[1] - few[0]


def test_the_report_has_both_clocks_and_the_share_of_the_journal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slices = {"off": 1.0, "up": 1.01, "down": 1.02}
    taken = {
        mode: [{"cpu": seconds, "wall": 2 * seconds, "journal_cpu": 0.001}] * 9
        for mode, seconds in slices.items()
    }
    report(taken)
    told = capsys.readouterr().out
    for mode, ratio in (("up", "1.0100"), ("down", "1.0200")):
        for clock in ("cpu", "wall"):
            assert f"tracker {mode} / off, {clock} clock: median {ratio}" in told
        assert f"tracker {mode} / off, cpu clock, fastest quarter of the slices: {ratio}" in told
    assert "the journal, of the trainer's CPU: min 0.0980%" in told


def test_the_fastest_quarter_is_what_contention_has_left_alone() -> None:
    slices = [{"cpu": seconds} for seconds in (1.0, 1.2, 9.0, 1.5, 3.0, 1.1, 4.0, 8.0)]
    assert fastest_quarter(slices) == pytest.approx(1.05)
    assert fastest_quarter(slices[:1]) == 1.0


@pytest.mark.slow
def test_the_trainer_answers_with_json_alone_and_leaves_a_journal(tmp_path: Path) -> None:
    trainer = subprocess.run(
        [sys.executable, "-m", "benchmarks.tracking_trainer", str(tmp_path), "off", "up"],
        input="off 1\nup 2\n",
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
        check=True,
    )
    ready, *answers = trainer.stdout.splitlines()
    assert ready == "ready"
    assert [set(json.loads(answer)) for answer in answers] == [{"cpu", "wall", "journal_cpu"}] * 2
    assert len((tmp_path / "up.jsonl").read_text().splitlines()) == 2
