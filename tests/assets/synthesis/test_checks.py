"""Checks of synthetic questions tell a sound artifact from one with a single fault."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.expectations.verdicts import SUITE_CHECKS
from assets.synthesis.checks import QUESTION_CHECKS
from tests.artifacts import Case, both_ways, judge, parquet


def questions(*checks: str | None) -> dict[str, bytes]:
    rows = [{"check": check} for check in checks]
    return {"questions.parquet": parquet(rows, check=pl.String)}


CASES = [
    Case(
        check="counts_add_up",
        passes=True,
        says="made 9 against kept + rejected = 9",
        counts={"made": 9, "kept": 5, "rejected": 4},
    ),
    Case(
        check="counts_add_up",
        passes=False,
        says="made 9 against kept + rejected = 8",
        counts={"made": 9, "kept": 5, "rejected": 3},
    ),
    Case(
        check="counts_add_up",
        passes=False,
        says="not counted: rejected",
        counts={"made": 5, "kept": 5},
    ),
    Case(
        check="every_answer_is_checked",
        passes=True,
        says="0 of 2 without a check",
        files=questions("look_up", "execution"),
    ),
    Case(
        check="every_answer_is_checked",
        passes=False,
        says="2 of 3 without a check",
        files=questions("look_up", "", None),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_questions_are_counted_and_checked(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "synthesis/questions", QUESTION_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_every_check_is_seen_to_pass_and_to_fail() -> None:
    suites = {check.name for check in SUITE_CHECKS}  # seen in tests/assets/expectations
    assert both_ways(CASES) == {check.name for check in QUESTION_CHECKS} - suites
