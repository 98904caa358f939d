"""Checks of mixtures tell a sound artifact from one with a single fault."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from assets.expectations.verdicts import SUITE_CHECKS
from assets.lineage.checks import Check
from assets.lineage.taint import NO_WITHDRAWN_DOCUMENT
from assets.mixtures.checks import DECONTAMINATED_CHECKS, DEDUPED_CHECKS, STAGE_CHECKS
from tests.artifacts import Case, both_ways, encoded, judge, parquet


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


CAP = {"upsampling": {"max_repeats": 4}}

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
]
DECONTAMINATED = [
    Case(check="counts_add_up", passes=True, says="documents_in 10 against", counts=parts(10)),
    Case(check="counts_add_up", passes=False, says="removed = 10", counts=parts(11)),
    Case(check="heldout_is_apart", passes=True, says="0 of 2", files=split("abc", "de")),
    Case(check="heldout_is_apart", passes=False, says="1 of 2", files=split("abc", "cd")),
]
STAGE = [
    Case(
        check="repeats_within_cap",
        passes=True,
        says="at most 4 repetitions; the cap is 4",
        files=selection((100, 4), (50, 1)),
        config=CAP,
    ),
    Case(
        check="repeats_within_cap",
        passes=False,
        says="at most 5 repetitions",
        files=selection((100, 5), (50, 1)),
        config=CAP,
    ),
    Case(
        check="plan_is_written",
        passes=True,
        says="1 entries",
        files={"plan.json": encoded({"sources": []})},
    ),
    Case(check="plan_is_written", passes=False, says="0", files={"plan.json": encoded({})}),
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
def test_a_stage_keeps_to_cap_plan_and_budget(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "mixtures/stage1", STAGE_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_only_what_is_unusual_or_unfilled_lets_the_graph_go_on() -> None:
    checks = [*DEDUPED_CHECKS, *DECONTAMINATED_CHECKS, *STAGE_CHECKS]
    assert {check.name for check in checks if not check.blocking} == {
        "budget_is_met", "nothing_is_unusual",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("checks", "cases"),
    [
        (DEDUPED_CHECKS, DEDUPED),
        (DECONTAMINATED_CHECKS, DECONTAMINATED),
        (STAGE_CHECKS, STAGE),
    ],
    ids=["deduped", "decontaminated", "stage"],
)
def test_every_check_is_seen_to_pass_and_to_fail(
    checks: Sequence[Check], cases: Sequence[Case]
) -> None:
    # Seen in tests/assets/expectations and tests/assets/lineage/test_taint.py.
    elsewhere = {check.name for check in (*SUITE_CHECKS, NO_WITHDRAWN_DOCUMENT)}
    assert both_ways(cases) == {check.name for check in checks} - elsewhere
