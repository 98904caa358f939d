"""docs/data-quality.md names every suite, what it judges and the checks that follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.expectations.catalogue import SUITES
from assets.expectations.engine import MAX_ROWS
from assets.expectations.verdicts import SUITE_CHECKS

PAGE = (Path(__file__).parents[3] / "docs" / "data-quality.md").read_text()


@pytest.mark.parametrize("node", SUITES)
def test_every_suite_is_told_beside_what_it_judges(node: str) -> None:
    for suite_of in SUITES[node]:
        suite = suite_of({})
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{suite.name}` |")]
        assert f"`{node}`" in row or node == "mixtures/stage2"
        assert f"| {suite.table} |" in row


def test_the_checks_and_the_cap_of_rows_are_told() -> None:
    assert all(f"`{check.name}`" in PAGE for check in SUITE_CHECKS)
    assert f"{MAX_ROWS:,} rows" in PAGE
