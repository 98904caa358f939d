"""Suites as asset checks: critical findings block, unusual ones warn, facts hold no values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assets.expectations.verdicts import SUITE_CHECKS
from assets.fakes import FakeLake, commit_folder
from assets.lineage.checks import Verdict
from tests.assets.expectations.tables import document, files

BLOCKING, WARNING = SUITE_CHECKS


def verdicts(folder: Path, *rows: dict[str, Any]) -> tuple[Verdict, Verdict]:
    lake = FakeLake(folder)
    manifest = commit_folder(lake, "corpora/documents", files(documents=list(rows)))
    blocking, warning = (check.run(manifest, lake) for check in (BLOCKING, WARNING))
    return blocking, warning


def test_sound_documents_pass_both_checks(tmp_path: Path) -> None:
    blocking, warning = verdicts(tmp_path, document("a"), document("b"))
    assert blocking.passed
    assert warning.passed
    assert blocking.facts["unsuccessful_names"] == "none"
    assert blocking.facts["rows_validated"] == blocking.facts["rows"] == 2


def test_a_critical_fault_fails_the_blocking_check_alone(tmp_path: Path) -> None:
    blocking, warning = verdicts(tmp_path, document("a", domain="law"), document("b"))
    assert not blocking.passed
    assert warning.passed
    assert "the domain is medical, general or code (1 of 2 are not)" in blocking.reason
    assert blocking.facts["unsuccessful_names"] == "column_values_to_be_in_set(domain)"


def test_an_unusual_table_fails_the_warning_alone(tmp_path: Path) -> None:
    blocking, warning = verdicts(tmp_path, document("a", text="short"))
    assert blocking.passed
    assert not warning.passed
    assert "95% of the texts have 20 characters or more" in warning.reason


def test_a_verdict_says_what_column_is_missing(tmp_path: Path) -> None:
    row = document("a")
    del row["licence"]
    blocking, _ = verdicts(tmp_path, row)
    assert "there is no column licence" in blocking.reason


def test_an_artifact_without_a_suite_does_not_pass(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path)
    manifest = commit_folder(lake, "corpora/raw", {"files/a": b"a"})
    assert not BLOCKING.run(manifest, lake).passed


@pytest.mark.parametrize("check", SUITE_CHECKS, ids=lambda check: check.name)
def test_only_what_is_critical_stops_the_graph(check: Any) -> None:
    assert check.blocking == (check.name == "expectations_are_met")
