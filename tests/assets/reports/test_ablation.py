"""reports/ablation: our rows beside the paper's."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Workspace
from assets.recipes.ablation import VARIANTS
from assets.reports.ablation import average, make_ablation
from assets.reports.paper import AVERAGE, AVERAGED, COLUMNS, HEADINGS, PAPER

Report = Callable[..., dict[str, Any]]


def workspace(folder: Path, report: Report, *, leave_out: tuple[str, ...] = ()) -> Workspace:
    """Variant v scores (10 + v)% on every share and 100 + v on every perplexity."""
    lake = FakeLake(folder / "lake")
    inputs = []
    for number, variant in enumerate(VARIANTS):
        for judge in ("perplexity", "benchmarks", "needle"):
            rows = [
                ("base", c.benchmark, c.metric, (10 + number) / 100 if c.is_share else 100 + number)
                for c in COLUMNS
                if c.report == judge and c.benchmark not in leave_out
            ]
            content = report(*[(*row, None) for row in rows])
            files = {"report.json": json.dumps(content).encode()}
            inputs.append(
                commit_folder(
                    lake, f"reports/{judge}", files, partition=f"tiny-{variant}", v=number
                )
            )
    step = Step(
        family="reports",
        name="ablation",
        partition="",
        code_version="1",
        config={"variants": list(VARIANTS)},
    )
    return fake_workspace(folder, step, tuple(inputs), lake=lake)


def test_each_variant_stands_beside_its_row_of_the_paper(tmp_path: Path, report: Report) -> None:
    ws = workspace(tmp_path, report)
    outcome = make_ablation(ws)
    card = json.loads((ws.out_dir / "ablation.json").read_text())
    assert card["headings"] == [
        "Wiki", "LMB", "PIQA", "Hella", "Wino", "ARC-e", "ARC-c", "SIQA", "BoolQ", "Avg", "Niah"
    ]  # fmt: skip
    for number, (row, variant) in enumerate(zip(card["rows"], VARIANTS, strict=True)):
        assert row["variant"] == variant
        assert row["ours"]["Wiki"]["value"] == 100 + number
        for heading in (*AVERAGED, AVERAGE, "Niah"):
            assert row["ours"][heading]["value"] == pytest.approx(10 + number)
        assert row["paper"]["Niah"] == PAPER[variant][-1]
    assert outcome.counts == {"variants": 6, "columns": 11}
    assert outcome.metrics["eval/no_conv/PIQA"] == pytest.approx(14)
    text = (ws.out_dir / "ablation.md").read_text()
    assert "| Baichuan (default) | paper, 1.5B | 15.39 | 14.93 | 79.01 |" in text
    assert text.count("| | **ours, toy** |") == 6
    assert "toy size" in text


def test_every_input_is_read(tmp_path: Path, report: Report) -> None:
    ws = workspace(tmp_path, report)
    make_ablation(ws)
    assert len([given.record() for given in ws.all_inputs()]) == 18


def test_a_column_that_was_not_judged_stays_empty(tmp_path: Path, report: Report) -> None:
    ws = workspace(tmp_path, report, leave_out=("wikipedia_heldout", "boolq"))
    make_ablation(ws)
    row = json.loads((ws.out_dir / "ablation.json").read_text())["rows"][0]["ours"]
    assert (row["Wiki"], row["BoolQ"], row["Avg"]) == (None, None, None)
    assert "| n/a |" in (ws.out_dir / "ablation.md").read_text()


def test_a_variant_without_its_reports_is_refused(tmp_path: Path, report: Report) -> None:
    ws = workspace(tmp_path, report)
    ws.config = {"variants": list(VARIANTS)[:5]}
    with pytest.raises(ValueError, match="6 inputs reports/perplexity for 5 variants"):
        make_ablation(ws)


def test_the_average_has_the_interval_of_a_mean_of_independent_shares() -> None:
    cells = [(0.5, 100)] * 7
    found = average(cells)
    half = 100 * 1.959964 * math.sqrt(0.25 / 100 / 7)
    assert found["value"] == pytest.approx(50)
    assert found["ci_high"] - found["value"] == pytest.approx(half, rel=1e-5)


@pytest.mark.parametrize("variant", list(PAPER))
def test_the_paper_s_average_is_the_mean_of_its_columns(variant: str) -> None:
    row = dict(zip(HEADINGS, PAPER[variant], strict=True))
    mean = sum(row[heading] for heading in AVERAGED) / 7
    # One slip in the paper, kept as printed.
    expected = 62.17 if variant == "rope_1e4" else row[AVERAGE]
    assert mean == pytest.approx(expected, abs=0.006)


def test_the_paper_has_a_row_for_every_variant() -> None:
    assert list(PAPER) == list(VARIANTS)
