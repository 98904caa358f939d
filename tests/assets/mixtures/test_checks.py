"""Checks of mixtures tell a sound artifact from one with a single fault."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assets.expectations.verdicts import SUITE_CHECKS
from assets.lineage.checks import Check
from assets.lineage.taint import NO_WITHDRAWN_DOCUMENT
from assets.mixtures.checks import DECONTAMINATED_CHECKS, DEDUPED_CHECKS, STAGE_CHECKS
from tests.artifacts import Case, both_ways, judge, parquet
from tests.assets.mixtures.test_contamination_checks import CASES as EVIDENCE
from tests.assets.mixtures.test_stage_checks import CASES as PLANS


def deduped(*copies: int, merged: int = 0) -> dict[str, bytes]:
    kept = [{"doc_id": f"k{n}", "duplicate_count": count} for n, count in enumerate(copies)]
    return {
        "documents.parquet": parquet(kept),
        "merged.parquet": parquet([{"doc_id": f"m{n}"} for n in range(merged)]),
    }


def texts(*hashes: str) -> dict[str, bytes]:
    return {"documents.parquet": parquet([{"text_hash": name} for name in hashes])}


def licensed(*licences: str) -> dict[str, bytes]:
    rows = [{"doc_id": name, "source": "s", "licence": name} for name in licences]
    return {"documents.parquet": parquet(rows)}


def split(trained: str, heldout: str) -> dict[str, bytes]:
    return {
        "documents.parquet": parquet([{"cluster_id": name} for name in trained]),
        "heldout.parquet": parquet([{"cluster_id": name} for name in heldout]),
    }


def selection(*rows: tuple[int, int]) -> dict[str, bytes]:
    chosen = [{"num_tokens": tokens, "repeats": repeats} for tokens, repeats in rows]
    return {"selection.parquet": parquet(chosen)}


def parts(documents_in: int) -> dict[str, int]:
    return {"documents_in": documents_in, "documents": 7, "heldout": 2, "removed": 1}


def removal(lost: float, largest: float, documents_in: int = 1000) -> dict[str, Any]:
    metrics = {"removed_share/hpo": lost, "removed_share/pmc": 0.0}
    return {
        "metrics": {**metrics, "largest_cluster_share": largest},
        "counts": {"documents_in": documents_in},
    }


DEDUPED = [
    Case(
        check="counts_add_up",
        passes=True,
        says="2 kept + 2 merged against 4",
        files=deduped(3, 1, merged=2),
    ),
    Case(
        check="counts_add_up",
        passes=False,
        says="2 kept + 1 merged against 4",
        files=deduped(3, 1, merged=1),
    ),
    Case(
        check="no_exact_duplicate_is_left",
        passes=True,
        says="0 texts stand",
        files=texts("a", "b"),
    ),
    Case(
        check="no_exact_duplicate_is_left",
        passes=False,
        says="1 texts stand",
        files=texts("a", "b", "a"),
    ),
    Case(
        check="policy_allows_licences",
        passes=True,
        says="policy commercial allows CC-BY-4.0, MIT",
        files=licensed("MIT", "CC-BY-4.0"),
        config={"policy": "commercial"},
    ),
    Case(
        check="policy_allows_licences",
        passes=False,
        says="does not allow 1 of 2 documents",
        files=licensed("MIT", "CC-BY-NC-4.0"),
        config={"policy": "commercial"},
    ),
    Case(
        check="policy_allows_licences",
        passes=False,
        says="names no licence policy",
        files=licensed("MIT"),
    ),
    Case(
        check="removal_is_within_alarms",
        passes=True,
        says="no source, no cluster stands out",
        **removal(0.3, 0.01),
    ),
    Case(
        check="removal_is_within_alarms",
        passes=False,
        says="ALARM: hpo lost 31% of its documents",
        **removal(0.31, 0.01),
    ),
    Case(
        check="removal_is_within_alarms",
        passes=False,
        says="ALARM: one cluster holds 1.1% of all documents.",
        **removal(0.3, 0.011),
    ),
    Case(
        check="removal_is_within_alarms",
        passes=True,
        says="stands out",
        **removal(0.0, 0.5, documents_in=999),
    ),
]
DECONTAMINATED = [
    Case(check="counts_add_up", passes=True, says="documents_in 10 against", counts=parts(10)),
    Case(check="counts_add_up", passes=False, says="removed = 10", counts=parts(11)),
    Case(check="heldout_is_apart", passes=True, says="0 of 2", files=split("abc", "de")),
    Case(check="heldout_is_apart", passes=False, says="1 of 2", files=split("abc", "cd")),
]
STAGE = [
    Case(
        check="budget_is_met",
        passes=True,
        says="950 of 1000 tokens",
        files=selection((400, 2), (150, 1)),
        config={"tokens": 1000},
    ),
    Case(
        check="budget_is_met",
        passes=False,
        says="949 of 1000 tokens",
        files=selection((400, 2), (149, 1)),
        config={"tokens": 1000},
    ),
]


@pytest.mark.parametrize("case", DEDUPED, ids=str)
def test_deduplicated_documents_are_counted_and_distinct(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "mixtures/deduped", DEDUPED_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


@pytest.mark.parametrize("case", DECONTAMINATED, ids=str)
def test_held_out_documents_are_counted_and_apart(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "mixtures/decontaminated", DECONTAMINATED_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


@pytest.mark.parametrize("case", STAGE, ids=str)
def test_a_stage_is_judged_by_its_budget(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "mixtures/stage1", STAGE_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_only_what_is_unusual_or_unfilled_lets_the_graph_go_on() -> None:
    checks = [*DEDUPED_CHECKS, *DECONTAMINATED_CHECKS, *STAGE_CHECKS]
    assert {check.name for check in checks if not check.blocking} == {
        "budget_is_met", "nothing_is_unusual", "removal_is_within_alarms",
        "shares_within_tolerance",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("checks", "cases"),
    [
        (DEDUPED_CHECKS, DEDUPED),
        (DECONTAMINATED_CHECKS, [*DECONTAMINATED, *EVIDENCE]),
        (STAGE_CHECKS, [*STAGE, *PLANS]),
    ],
    ids=["deduped", "decontaminated", "stage"],
)
def test_every_check_is_seen_to_pass_and_to_fail(
    checks: Sequence[Check], cases: Sequence[Case]
) -> None:
    # Seen in tests/assets/expectations and tests/assets/lineage/test_taint.py.
    elsewhere = {check.name for check in (*SUITE_CHECKS, NO_WITHDRAWN_DOCUMENT)}
    assert both_ways(cases) == {check.name for check in checks} - elsewhere
