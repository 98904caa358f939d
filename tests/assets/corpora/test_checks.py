"""Checks of corpora tell a sound artifact from one with a single fault."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.corpora.checks import (
    BENCHMARK_CHECKS,
    COLUMNS,
    DOCUMENT_CHECKS,
    RAW_CHECKS,
    WITHDRAWN_CHECKS,
)
from assets.corpora.deidentify import floors
from assets.corpora.withdrawal_lists import QUARANTINE_SCHEMA
from assets.corpora.withdrawn import WITHDRAWN_SCHEMA
from assets.expectations.verdicts import SUITE_CHECKS
from assets.fakes import FakeLake, commit_folder
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


def raw(
    sha256: str, *paths: str, size_bytes: int = len(CONTENT), origin: str = "package"
) -> dict[str, Any]:
    files = [{"path": path, "size_bytes": size_bytes, "sha256": sha256} for path in paths]
    return {"source": {"origin": origin}, "snapshot": {"files": files}}


def masked(text: str, deidentify: str) -> dict[str, Any]:
    """The tables and the source of documents whose identifiers are masked, or are not."""
    files = {
        "documents.parquet": parquet([{"title": "", "text": text}]),
        "dropped.parquet": parquet([{"title": "", "excerpt": "too short"}]),
        "quarantine.parquet": parquet([{"excerpt": "broken"}]),
    }
    return {"files": files, "config": {"source": {"deidentify": deidentify}}}


def tally(read: int) -> dict[str, int]:
    return {"read": read, "kept": 5, "dropped": 3, "quarantined": 1}


def lists(*faults: str) -> dict[str, bytes]:
    rows = [{"file": "a.csv", "line": n + 2, "reason": fault} for n, fault in enumerate(faults)]
    buffer = io.BytesIO()
    pl.DataFrame(rows, schema=QUARANTINE_SCHEMA).write_parquet(buffer)
    return {"quarantine.parquet": buffer.getvalue()}


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
    Case(
        check="snapshot_is_whole",
        passes=False,
        says="1 files held, 1 in",
        files=HELD,
        config=raw(SHA256, "other.xml"),
    ),
    Case(check="snapshot_is_whole", passes=False, says="0 files held, 0 in", config=raw(SHA256)),
    # A bucket's listing has no hash: the size stands for the content.
    Case(
        check="snapshot_is_whole",
        passes=True,
        says="1 files held, 1 in",
        files=HELD,
        config=raw("", "dump.xml", origin="s3"),
    ),
    Case(
        check="snapshot_is_whole",
        passes=False,
        says="1 files held, 1 in",
        files=HELD,
        config=raw("", "dump.xml", origin="s3", size_bytes=len(CONTENT) + 1),
    ),
    Case(
        check="snapshot_is_whole",
        passes=False,
        says="1 files held, 2 in",
        files=HELD,
        config=raw("", "dump.xml", "more.xml", origin="s3"),
    ),
    # A data set is exported: what is held is not listed before.
    Case(
        check="snapshot_is_whole",
        passes=True,
        says="1 files held, 0 in",
        files={"files/00000.arrow": CONTENT},
        config=raw("", origin="hub"),
    ),
    Case(
        check="snapshot_is_whole",
        passes=False,
        says="0 files held, 0 in",
        config=raw("", origin="hub"),
    ),
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
    Case(
        check="licences_are_known",
        passes=True,
        says="0 documents under licences that no row",
        files=documents({}, {"licence": "MIT OR Apache-2.0"}),
    ),
    Case(
        check="licences_are_known",
        passes=False,
        says="1 documents under licences that no row",
        files=documents({}, {"licence": "LicenseRef-Mine"}),
    ),
]
IDENTIFIERS = [
    Case(
        check="identifiers_are_found",
        passes=True,
        says="nothing is masked",
        config={"source": {"deidentify": "none"}},
    ),
    Case(
        check="identifiers_are_found",
        passes=False,
        says="the sample has none of it",
        config={"source": {"deidentify": "safe_harbor"}},
    ),
    Case(
        check="no_identifier_is_left",
        passes=True,
        says="nothing is masked",
        **masked("SSN 123-45-6789", "none"),
    ),
    Case(
        check="no_identifier_is_left",
        passes=True,
        says="3 rows read again, identifiers left: none",
        **masked("SSN [SSN]", "safe_harbor"),
    ),
    Case(
        check="no_identifier_is_left",
        passes=False,
        says="identifiers left: ssn 1",
        **masked("SSN 123-45-6789", "safe_harbor"),
    ),
]
WITHDRAWN = [
    Case(
        check="counts_add_up",
        passes=True,
        says="read 3 against",
        counts={"read": 3, "withdrawn": 2, "quarantined": 1},
    ),
    Case(
        check="counts_add_up",
        passes=False,
        says="read 3 against",
        counts={"read": 3, "withdrawn": 2, "quarantined": 0},
    ),
    Case(check="every_row_is_understood", passes=True, says="0 rows", files=lists()),
    Case(
        check="every_row_is_understood",
        passes=False,
        says="1 rows not understood: a.csv line 2, has no reason",
        files=lists("has no reason"),
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


@pytest.mark.parametrize("case", IDENTIFIERS, ids=str)
def test_identifiers_are_looked_for_where_a_source_is_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    # One note shows not all classes: the floors themselves are held in deidentify/test_floors.py.
    monkeypatch.setattr(floors, "FLOOR_NOTES", 1)
    verdict = judge(tmp_path, "corpora/documents", DOCUMENT_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


@pytest.mark.parametrize("case", WITHDRAWN, ids=str)
def test_lists_of_withdrawn_documents_are_judged_row_by_row(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "corpora/withdrawn", WITHDRAWN_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


@pytest.mark.parametrize(("doc_id", "passes"), [("d1", False), ("d2", True)])
def test_a_list_names_the_artifacts_that_it_taints(
    tmp_path: Path, doc_id: str, passes: bool
) -> None:
    lake = FakeLake(tmp_path)
    identity = {"doc_id": "d1", "source": "s", "native_id": "1", "text_hash": "t"}
    commit_folder(lake, "mixtures/deduped", {"documents.parquet": parquet([identity])})
    blank = {name: "" for name in WITHDRAWN_SCHEMA} | {"file": "a.csv", "line": 2}
    content = parquet([{**blank, "doc_id": doc_id}], **WITHDRAWN_SCHEMA)
    manifest = commit_folder(lake, "corpora/withdrawn", {"withdrawn.parquet": content})
    (check,) = [check for check in WITHDRAWN_CHECKS if check.name == "nothing_made_is_tainted"]
    verdict = check.run(manifest, lake)
    assert verdict.passed is passes
    assert ("mixtures/deduped[p]" in verdict.reason) is not passes


def test_a_tainted_artifact_is_told_and_does_not_stop_the_list() -> None:
    assert [c.name for c in WITHDRAWN_CHECKS if not c.blocking] == ["nothing_made_is_tainted"]


@pytest.mark.parametrize("case", BENCHMARKS, ids=str)
def test_benchmarks_are_judged_by_their_items(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "corpora/benchmarks", BENCHMARK_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_every_check_is_seen_to_pass_and_to_fail() -> None:
    checks = {check.name for check in (*RAW_CHECKS, *DOCUMENT_CHECKS, *BENCHMARK_CHECKS)}
    suites = {check.name for check in SUITE_CHECKS}  # seen in tests/assets/expectations
    assert both_ways([*RAW, *DOCUMENTS, *IDENTIFIERS, *BENCHMARKS]) == checks - suites
    listed = {check.name for check in WITHDRAWN_CHECKS}
    assert both_ways(WITHDRAWN) == listed - {"nothing_made_is_tainted"}
