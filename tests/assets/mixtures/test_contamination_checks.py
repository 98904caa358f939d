"""Checks of decontamination tell sound evidence from one with a single fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assets.mixtures.contamination_checks import CONTAMINATION_CHECKS
from tests.artifacts import Case, both_ways, judge, parquet
from tests.assets.mixtures.decontamination_case import (
    FILLER,
    ITEM,
    decontaminated,
    document,
    item,
)


def row(doc_id: str, **changes: Any) -> dict[str, Any]:
    whole = {
        "doc_id": doc_id,
        "source": "wiki",
        "benchmark": "medqa",
        "rule": "ngram",
        "ngram": "thirteen words of an item",
        "num_shared": 2,
        "overlap": 0.5,
    }
    return {**whole, **changes}


def files(
    *rows: dict[str, Any], kept: str = "x", num_documents: int = 2, ngram: int = 2
) -> dict[str, bytes]:
    cell = {"source": "wiki", "benchmark": "medqa", "num_documents": num_documents}
    counts = {"exact": 0, "normalised": 0, "ngram": ngram}
    return {
        "removed.parquet": parquet(rows),
        "documents.parquet": parquet([{"doc_id": kept}]),
        "heldout.parquet": parquet([{"doc_id": "held"}]),
        "matrix.parquet": parquet([{**cell, **counts}]),
    }


TWO = (row("a"), row("a", rule="exact", overlap=1.0), row("b"))
CASES = [
    Case(
        check="removals_have_evidence",
        passes=True,
        says="2 documents have evidence, 2 were removed; 0 of 3",
        files=files(*TWO),
        counts={"removed": 2},
    ),
    Case(
        check="removals_have_evidence",
        passes=False,
        says="2 documents have evidence, 3 were removed",
        files=files(*TWO),
        counts={"removed": 3},
    ),
    *(
        Case(
            check="removals_have_evidence",
            passes=False,
            says="1 of 2 pieces of evidence are incomplete, for example b",
            files=files(row("a"), row("b", **fault)),
            counts={"removed": 2},
        )
        for fault in (
            {"rule": "guess"},
            {"ngram": ""},
            {"num_shared": 0},
            {"overlap": 0.0},
            {"overlap": 1.5},
        )
    ),
    Case(
        check="nothing_removed_was_kept",
        passes=True,
        says="0 removed documents stand",
        files=files(*TWO),
    ),
    Case(
        check="nothing_removed_was_kept",
        passes=False,
        says="1 removed documents stand",
        files=files(*TWO, kept="b"),
    ),
    Case(check="matrix_adds_up", passes=True, says="0 of 1 cells disagree", files=files(*TWO)),
    Case(
        check="matrix_adds_up",
        passes=False,
        says="1 of 1 cells disagree with the evidence, for example ('wiki', 'medqa')",
        files=files(*TWO, num_documents=3, ngram=3),
    ),
    Case(
        check="matrix_adds_up",
        passes=False,
        says="1 of 1 cells disagree",
        files=files(*TWO, ngram=1),
    ),
    Case(
        check="matrix_adds_up",
        passes=False,
        says="1 of 2 cells disagree",
        files=files(*TWO, row("c", source="forms")),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_evidence_is_judged_by_the_files(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "mixtures/decontaminated", CONTAMINATION_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_a_corpus_that_was_made_passes_its_checks(tmp_path: Path) -> None:
    documents = [document("wiki", str(n), f"{FILLER} {n} {ITEM * (n % 3)}") for n in range(30)]
    items = [item("medqa", "7", ITEM), item("arc", "7", ITEM)]
    _, outcome, out = decontaminated(tmp_path / "made", documents, items, heldout_share=0.2)
    written = {path.name: path.read_bytes() for path in out.iterdir()}
    for check in CONTAMINATION_CHECKS:
        case = Case(check=check.name, passes=True, says="", files=written, counts=outcome.counts)
        verdict = judge(
            tmp_path / check.name, "mixtures/decontaminated", CONTAMINATION_CHECKS, case
        )
        assert verdict.passed, verdict.reason


def test_every_check_is_seen_to_pass_and_to_fail() -> None:
    assert both_ways(CASES) == {check.name for check in CONTAMINATION_CHECKS}
