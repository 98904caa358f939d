"""Checks of reports tell a sound artifact from one with a single fault."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from assets.recipes.ablation import VARIANTS
from assets.reports.checks import ABLATION_CHECKS, REPORT_CHECKS, SCORECARD_CHECKS
from tests.artifacts import Case, both_ways, encoded, judge


def report(**change: Any) -> dict[str, bytes]:
    score = {"model": "final", "benchmark": "medqa", "metric": "accuracy", "value": 0.4}
    return {"report.json": encoded({"scores": [score | {"ci_low": 0.3, "ci_high": 0.5} | change]})}


def scorecard(*scores: tuple[str, str]) -> dict[str, bytes]:
    rows = [{"model": model, "benchmark": benchmark} for model, benchmark in scores]
    return {"scorecard.json": encoded({"scores": rows})}


def ablation(*variants: str, label: str = "toy size") -> dict[str, bytes]:
    rows = [f"| {VARIANTS[name]} | 5.1 |" for name in variants]
    return {"ablation.md": "\n".join([label, *rows]).encode()}


REPORT = [
    Case(check="scores_in_range", passes=True, says="none", files=report()),
    Case(
        check="scores_in_range",
        passes=True,
        says="none",
        files=report(metric="perplexity", value=40.0, ci_low=38.0, ci_high=42.0),
    ),
    *(
        Case(
            check="scores_in_range",
            passes=False,
            says="1 scores, out of range: final/medqa",
            files=report(**change),
        )
        for change in (
            {"value": 0.6},
            {"value": math.nan},
            {"value": 1.2, "ci_high": 1.3},
            {"metric": "perplexity", "value": math.inf, "ci_high": math.inf},
        )
    ),
    Case(
        check="scores_in_range",
        passes=False,
        says="0 scores",
        files={"report.json": encoded({"scores": []})},
    ),
]
SCORECARD = [
    Case(
        check="every_model_has_every_score",
        passes=True,
        says="2 models, 2 benchmarks, missing: none",
        files=scorecard(
            ("base", "medqa"), ("base", "needle"), ("final", "medqa"), ("final", "needle")
        ),
    ),
    Case(
        check="every_model_has_every_score",
        passes=False,
        says="missing: ['base/needle']",
        files=scorecard(("base", "medqa"), ("final", "medqa"), ("final", "needle")),
    ),
    Case(check="every_model_has_every_score", passes=False, says="0 models", files=scorecard()),
]
ABLATION = [
    Case(
        check="every_variant_has_a_row",
        passes=True,
        says="2 variants, without a row: none",
        files=ablation("default", "no_swa"),
        config={"variants": ["default", "no_swa"]},
    ),
    Case(
        check="every_variant_has_a_row",
        passes=False,
        says=f"without a row: ['{VARIANTS['no_swa']}']",
        files=ablation("default"),
        config={"variants": ["default", "no_swa"]},
    ),
    Case(
        check="every_variant_has_a_row",
        passes=False,
        says="1 variants",
        files=ablation("default", label="full size"),
        config={"variants": ["default"]},
    ),
]


@pytest.mark.parametrize("case", REPORT, ids=str)
def test_a_report_is_judged_by_its_scores(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "reports/judge", REPORT_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


@pytest.mark.parametrize("case", SCORECARD, ids=str)
def test_a_scorecard_has_no_gap(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "reports/scorecard", SCORECARD_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


@pytest.mark.parametrize("case", ABLATION, ids=str)
def test_an_ablation_tells_all_variants_and_its_size(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "reports/ablation", ABLATION_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_every_check_is_seen_to_pass_and_to_fail() -> None:
    checks = [*REPORT_CHECKS, *SCORECARD_CHECKS, *ABLATION_CHECKS]
    assert both_ways([*REPORT, *SCORECARD, *ABLATION]) == {check.name for check in checks}
