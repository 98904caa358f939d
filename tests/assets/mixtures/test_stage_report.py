"""Plans side by side: a table of the stages and a picture of their difficulty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assets.mixtures.stage_report import draw_curriculum, mixture_report


def plan(medical: float, difficulty: float, why: str = "") -> dict[str, Any]:
    def entry(planned: float, achieved: float) -> dict[str, Any]:
        return {"planned_share": planned, "achieved_share": achieved, "why": why}

    band = {"available_tokens": 100, "achieved_tokens": 500}
    return {
        "planned_tokens": 1000,
        "achieved_tokens": 1001,
        "unique_tokens": 900,
        "mean_difficulty": difficulty,
        "mean_quality_rank": 0.6,
        "multilingual": {"achieved_share": 0.05},
        "difficulty_bands": {"0.0-0.1": band, "0.9-1.0": band},
        "targets": {"medical": entry(medical, medical)},
        "sources": {f"source{medical}": entry(1.0, 0.99)},
        "domains": {},
        "languages": {"en": entry(1.0, 1.0)},
        "content_types": {"": entry(1.0, 1.0)},
        "topics": {},
    }


def test_the_stages_stand_side_by_side_with_what_was_missed() -> None:
    report = mixture_report({"stage1": plan(0.3, 0.4), "stage2": plan(0.5, 0.6, "too little")})
    lines = report.splitlines()
    assert lines[0] == "| | stage1 | stage2 |"
    assert "| mean difficulty | 0.400 | 0.600 |" in lines
    assert "| target: medical | 30.0 / 30.0 | 50.0 / 50.0 |" in lines
    assert "| source: source0.3 | 100.0 / 99.0 | - |" in lines
    assert "| content type: (none) | 100.0 / 100.0 | 100.0 / 100.0 |" in lines
    assert lines[-1] == "- stage2, medical: too little"


def test_the_curriculum_is_drawn_the_same_every_time(tmp_path: Path) -> None:
    plans = {"stage1": plan(0.3, 0.4), "stage2": plan(0.5, 0.6)}
    for name in ("a.png", "b.png"):
        draw_curriculum(plans, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").stat().st_size > 1000
