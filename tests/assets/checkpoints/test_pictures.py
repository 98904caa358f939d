"""The curve: smoothing by hand, and equal bytes for equal journals."""

import json
from pathlib import Path

import pytest

from assets.checkpoints.pictures import draw_curve, running_mean


def test_the_running_mean_shrinks_at_the_ends() -> None:
    assert running_mean([0.0, 3.0, 6.0, 9.0], 1) == pytest.approx([1.5, 3.0, 6.0, 7.5])


def test_equal_journals_give_equal_pictures(tmp_path: Path) -> None:
    lines = [
        {"kind": "metrics", "step": s, "train/loss": 9.0 / (s + 1), "train/lr": 0.1}
        for s in range(200)
    ]
    journal = tmp_path / "journal.jsonl"
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name in ("a.png", "b.png"):
        draw_curve(journal, tmp_path / name, title="stage1")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
