"""Checks of corpora tell a sound artifact from one with a single fault."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.corpora.checks import BENCHMARK_CHECKS, COLUMNS, DOCUMENT_CHECKS, RAW_CHECKS
from tests.artifacts import Case, both_ways, judge, parquet

CONTENT = b"<mediawiki/>"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def documents(*changes: dict[str, Any], without: str = "") -> dict[str, bytes]:
    rows = []
    for index, change in enumerate(changes):
        row = {name: f"{name} {index}" for name in COLUMNS} | {"licence": "CC0-1.0"} | change
        row.pop(without, None)
        rows.append(row)
    return {"documents.parquet": parquet(rows, **({} if without else {"licence": pl.String}))}


def items(**change: Any) -> dict[str, bytes]:
    item = {"benchmark": "medqa", "kind": "choice", "choices": ["spleen", "liver"], "answer": 1}
    row = item | {"text": "Which organ makes bile?"} | change
    types = {"choices": pl.List(pl.String), "answer": pl.Int64, "text": pl.String}
    return {"items.parquet": parquet([row], **types)}


def raw(sha256: str, *paths: str) -> dict[str, Any]:
    return {"snapshot": {"files": [{"path": path, "sha256": sha256} for path in paths]}}


def tally(read: int) -> dict[str, int]:
    return {"read": read, "kept": 5, "dropped": 3, "quarantined": 1}


HELD = {"files/dump.xml": CONTENT}
ASKED = {"benchmarks": ["medqa"]}
UNANSWERABLE: list[dict[str, Any]] = [
    {"answer": 2},
    {"answer": -1},
    {"answer": None},
    {"choices": [], "answer": 0},
]

RAW = [
    Case(
        check="snapshot_is_whole",
        passes=True,
        says="1 files held, 1 in the snapshot",
        files=HELD,
        config=raw(SHA256, "dump.xml"),
    ),
    Case(
        check="snapshot_is_whole",
        passes=False,
        says="1 files held, 2 in",
        files=HELD,
        config=raw(SHA256, "dump.xml", "index.txt"),
    ),
    Case(
        check="snapshot_is_whole",
        passes=False,
        says="1 files held, 1 in",
        files=HELD,
        config=raw("0" * 64, "dump.xml"),
    ),
    Case(check="snapshot_is_whole", passes=False, says="0 files held, 0 in", config=raw(SHA256)),
]
DOCUMENTS = [
    Case(check="counts_add_up", passes=True, says="read 9 against", counts=tally(9)),
    Case(check="counts_add_up", passes=False, says="= 9", counts=tally(10)),
    Case(check="counts_add_up", passes=False, says="not counted: read, kept", counts={}),
    Case(check="schema_holds", passes=True, says="2 documents, 0", files=documents({}, {})),
    Case(
        check="schema_holds",
        passes=False,
        says="columns missing: provenance",
        files=documents({}, without="provenance"),
    ),
    Case(
        check="schema_holds",
        passes=False,
        says="1 repeated ids",
        files=documents({"doc_id": "same"}, {"doc_id": "same"}),
    ),
    Case(
        check="schema_holds",
        passes=False,
        says="1 missing values",
        files=documents({}, {"title": None}),
    ),
    Case(
        check="licences_allow_use",
        passes=True,
        says="0 documents without a licence; CC0-1.0",
        files=documents({}, {}),
    ),
    *(
        Case(
            check="licences_allow_use",
            passes=False,
            says="1 documents without a licence",
            files=documents({}, {"licence": licence}),
        )
        for licence in ("", " ", "unknown", "NOASSERTION", None)
    ),
]
BENCHMARKS = [
    Case(check="items_are_answerable", passes=True, says="1 items, 0", files=items(), config=ASKED),
    Case(
        check="items_are_answerable",
        passes=True,
        says="1 items, 0",
        files=items(kind="completion", choices=[], answer=-1),
        config=ASKED,
    ),
    *(
        Case(
            check="items_are_answerable",
            passes=False,
            says="1 with an answer that is no choice",
            files=items(**change),
            config=ASKED,
        )
        for change in UNANSWERABLE
    ),
    *(
        Case(
            check="items_are_answerable",
            passes=False,
            says="1 without text",
            files=items(text=text),
            config=ASKED,
        )
        for text in ("", None)
    ),
    Case(
        check="items_are_answerable",
        passes=False,
        says="without items: ['lambada']",
        files=items(),
        config={"benchmarks": ["medqa", "lambada"]},
    ),
]


@pytest.mark.parametrize("case", RAW, ids=str)
def test_a_raw_snapshot_is_judged_by_its_bytes(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "corpora/raw", RAW_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


@pytest.mark.parametrize("case", DOCUMENTS, ids=str)
def test_documents_are_judged_by_counts_schema_and_licence(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "corpora/documents", DOCUMENT_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


@pytest.mark.parametrize("case", BENCHMARKS, ids=str)
def test_benchmarks_are_judged_by_their_items(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "corpora/benchmarks", BENCHMARK_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_every_check_is_seen_to_pass_and_to_fail() -> None:
    checks = [*RAW_CHECKS, *DOCUMENT_CHECKS, *BENCHMARK_CHECKS]
    assert both_ways([*RAW, *DOCUMENTS, *BENCHMARKS]) == {check.name for check in checks}
