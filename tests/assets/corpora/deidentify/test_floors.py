"""The two checks pass on what is sound and fail, without a value, on what is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from assets.corpora.deidentify import floors
from assets.corpora.deidentify.classes import CLASSES
from assets.corpora.deidentify.evaluation import evaluate
from assets.corpora.deidentify.floors import (
    PRECISION_FLOORS,
    RECALL_FLOORS,
    deidentification_meets_floors,
    judge,
    no_identifiers_left,
)
from assets.fakes import FakeLake, commit_folder
from assets.lineage.checks import Verdict
from tests.artifacts import parquet

CLEAN = {"title": "A visit", "text": "Dr. [NAME] saw her on [DATE 2019]. MRN: [MRN]."}
SOUND = {
    "documents": parquet([CLEAN]),
    "dropped": parquet([{"title": "", "excerpt": "too short"}]),
    "quarantine": parquet([{"excerpt": "broken"}]),
}


def _left(tmp_path: Path, **files: bytes) -> Verdict:
    lake = FakeLake(tmp_path / "lake")
    named = {f"{name}.parquet": content for name, content in files.items()}
    return no_identifiers_left(commit_folder(lake, "corpora/documents", named), lake)


def test_every_class_reaches_its_floor_on_the_fixed_sample() -> None:
    verdict = deidentification_meets_floors()
    assert verdict.passed, verdict.reason
    assert verdict.facts["name_recall"] >= RECALL_FLOORS["name"]  # type: ignore[operator]


def test_structured_classes_have_the_higher_floors() -> None:
    assert set(RECALL_FLOORS) == set(PRECISION_FLOORS) == set(CLASSES)
    assert min(RECALL_FLOORS.values()) == 0.95
    assert RECALL_FLOORS["ssn"] == 0.98


def test_one_class_below_its_floor_fails_by_name() -> None:
    scores = evaluate(1, 330)
    worse = pl.when(pl.col("class") == "ssn").then(0.97).otherwise(pl.col("recall"))
    verdict = judge(replace(scores, cells=scores.cells.with_columns(recall=worse)))
    assert not verdict.passed
    assert verdict.reason == "ssn: recall 0.9700 below 0.98"


def test_a_class_that_the_sample_lacks_fails() -> None:
    scores = evaluate(1, 330)
    cells = scores.cells.filter(pl.col("class") != "vehicle")
    verdict = judge(replace(scores, cells=cells))
    assert not verdict.passed
    assert "vehicle: no recall, the sample has none of it" in verdict.reason


def test_masked_tables_have_no_identifiers_left(tmp_path: Path) -> None:
    verdict = _left(tmp_path, **{**SOUND, "documents": parquet([CLEAN, CLEAN])})
    assert verdict.passed
    assert verdict.reason == "4 rows read again, identifiers left: none"


@pytest.mark.parametrize("name", ["documents", "dropped", "quarantine"])
def test_an_identifier_in_any_table_fails_with_its_class_and_no_value(
    tmp_path: Path, name: str
) -> None:
    column = "text" if name == "documents" else "excerpt"
    row = {"title": "", column: "SSN 123-45-6789"}
    verdict = _left(tmp_path, **(SOUND | {name: parquet([row])}))
    assert not verdict.passed
    assert verdict.reason.endswith("identifiers left: ssn 1")
    assert "6789" not in repr(verdict)


def test_an_artifact_without_documents_fails(tmp_path: Path) -> None:
    verdict = _left(tmp_path, counts=b"")
    assert not verdict.passed
    assert verdict.reason == "no table documents to read"


@pytest.mark.parametrize("name", ["documents", "dropped", "quarantine"])
def test_an_artifact_that_lacks_a_table_fails(tmp_path: Path, name: str) -> None:
    files = {**SOUND}
    del files[name]
    verdict = _left(tmp_path, **files)
    assert not verdict.passed
    assert verdict.reason == f"no table {name} to read"


def test_documents_in_parts_are_all_read(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    bad = {"title": "", "text": "SSN 123-45-6789"}
    files = {f"{name}.parquet": content for name, content in SOUND.items() if name != "documents"}
    files["documents/00000.parquet"] = parquet([CLEAN])
    files["documents/00001.parquet"] = parquet([bad])
    verdict = no_identifiers_left(commit_folder(lake, "corpora/documents", files), lake)
    assert verdict.reason == "4 rows read again, identifiers left: ssn 1"


def test_a_large_table_is_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floors, "MAX_ROWS_CHECKED", 10)
    verdict = _left(tmp_path, **{**SOUND, "documents": parquet([CLEAN] * 95)})
    assert verdict.passed
    assert verdict.reason == "12 rows read again, identifiers left: none"
