"""reports/scorecard: four reports in one table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Workspace
from assets.reports.scorecard import make_scorecard

Report = Callable[..., dict[str, Any]]


def workspace(folder: Path, reports: dict[str, dict[str, Any]]) -> Workspace:
    lake = FakeLake(folder / "lake")
    inputs = tuple(
        commit_folder(lake, f"reports/{judge}", {"report.json": json.dumps(content).encode()})
        for judge, content in reports.items()
    )
    step = Step(family="reports", name="scorecard", partition="micro", code_version="1", config={})
    return fake_workspace(folder, step, inputs, lake=lake)


def four(report: Report, **changes: Any) -> dict[str, dict[str, Any]]:
    return {
        "perplexity": report(
            ("base", "lambada", "perplexity", 900.0, None),
            ("final", "lambada", "perplexity", 800.0, None),
        ),
        "benchmarks": report(("base", "piqa", "acc", 0.5, 0.5), ("final", "piqa", "acc", 0.7, 0.5)),
        "medical": report(("base", "medqa", "acc", 0.2, 0.2), ("final", "medqa", "acc", 0.9, 0.2)),
        "needle": report(
            ("base", "needle", "exact_match", 0.0, 1e-5),
            ("final", "needle", "exact_match", 0.0, 1e-5),
        ),
        **changes,
    }


def test_all_scores_stand_in_one_place(tmp_path: Path, report: Report) -> None:
    ws = workspace(tmp_path, four(report))
    outcome = make_scorecard(ws)
    card = json.loads((ws.out_dir / "scorecard.json").read_text())
    assert [(s["report"], s["benchmark"], s["model"]) for s in card["scores"]] == [
        (judge, benchmark, model)
        for judge, benchmark in (
            ("perplexity", "lambada"),
            ("benchmarks", "piqa"),
            ("medical", "medqa"),
            ("needle", "needle"),
        )
        for model in ("base", "final")
    ]
    assert [s["above_chance"] for s in card["scores"]] == [
        None, None, False, True, False, True, False, False
    ]  # fmt: skip
    assert outcome.counts == {"models": 2, "benchmarks": 4, "near_chance": 4}
    text = (ws.out_dir / "scorecard.md").read_text()
    assert "- base: 3 of 3 scores are no better than guessing" in text
    assert "- final: 1 of 3 scores are no better than guessing" in text
    assert (ws.out_dir / "scorecard.png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_is_the_same_every_time(tmp_path: Path, report: Report) -> None:
    drawn = []
    for name in ("one", "two"):
        ws = workspace(tmp_path / name, four(report))
        make_scorecard(ws)
        drawn.append((ws.out_dir / "scorecard.png").read_bytes())
    assert drawn[0] == drawn[1]


def test_reports_on_different_models_are_refused(tmp_path: Path, report: Report) -> None:
    lone = report(("base", "piqa", "acc", 0.5, 0.5))
    with pytest.raises(ValueError, match="reports/benchmarks judged base, but reports/perplexity"):
        make_scorecard(workspace(tmp_path, four(report, benchmarks=lone)))
