"""Checks of signatures, classifiers and scores tell a sound artifact from one with one fault."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.expectations.verdicts import SUITE_CHECKS
from assets.lineage.checks import Check
from assets.mixtures.score_checks import (
    ALWAYS,
    CLASSIFIER_CHECKS,
    SCORE_CHECKS,
    SIGNATURE_CHECKS,
    constant_f1,
)
from tests.artifacts import Case, both_ways, encoded, judge, parquet

DOCUMENTS = {"documents": 2}


def signatures(*parts: str) -> dict[str, bytes]:
    return {
        f"signatures/{index:05d}.parquet": parquet([{"doc_id": doc_id} for doc_id in part])
        for index, part in enumerate(parts)
    }


def heldout(macro_f1: float, **documents: int) -> dict[str, Any]:
    classes = {name: {"documents": number} for name, number in documents.items()}
    return {"heldout": {"macro_f1": macro_f1, "classes": classes}}


def report(**heads: Mapping[str, Any]) -> dict[str, bytes]:
    return {"report.json": encoded({"heads": heads})}


def scores(ids: str = "ab", **last: float | None) -> dict[str, bytes]:
    sound = dict.fromkeys(ALWAYS, 0.5)
    rows = [{"doc_id": doc_id, **sound, "department_p": None} for doc_id in ids]
    rows[-1] |= last
    types = dict.fromkeys((*ALWAYS, "department_p"), pl.Float32)
    return {"scores/00000.parquet": parquet(rows, **types)}


SIGNATURES = [
    Case(
        check="every_document_is_sketched",
        passes=True,
        says="2 signatures of 2 documents, 0 stand twice",
        files=signatures("a", "b"),
        counts=DOCUMENTS,
    ),
    Case(
        check="every_document_is_sketched",
        passes=False,
        says="1 signatures of 2 documents",
        files=signatures("a"),
        counts=DOCUMENTS,
    ),
    Case(
        check="every_document_is_sketched",
        passes=False,
        says="1 stand twice",
        files=signatures("a", "a"),
        counts=DOCUMENTS,
    ),
    Case(
        check="every_document_is_sketched",
        passes=False,
        says="2 signatures of -1 documents",
        files=signatures("ab"),
    ),
]
CLASSIFIERS = [
    Case(
        check="classifiers_beat_chance",
        passes=True,
        says="2 classifiers; no better than a constant: none",
        files=report(medical=heldout(0.6, yes=10, no=10), topic=heldout(0.3, a=5, b=5, c=5)),
    ),
    Case(
        check="classifiers_beat_chance",
        passes=False,
        says="2 classifiers; no better than a constant: medical (0.33 against 0.33)",
        files=report(medical=heldout(0.3333, yes=10, no=10), topic=heldout(0.3, a=5, b=5, c=5)),
    ),
    # Classes of which the held-out text has no document do not lower the bar.
    Case(
        check="classifiers_beat_chance",
        passes=False,
        says="topic (0.47 against 0.47)",
        files=report(topic=heldout(0.4737, a=90, b=10, c=0, d=0, e=0)),
    ),
    # Where all held-out text is of one class, nothing is shown.
    Case(
        check="classifiers_beat_chance",
        passes=False,
        says="medical (1.00 against 1.00)",
        files=report(medical=heldout(1.0, yes=10, no=0)),
    ),
    Case(
        check="classifiers_beat_chance",
        passes=False,
        says="medical (0.00 against 0.00)",
        files=report(medical=heldout(0.0, yes=0, no=0)),
    ),
    Case(
        check="classifiers_beat_chance",
        passes=True,
        says="0 classifiers",
        files=report(),
    ),
]
SCORES = [
    Case(
        check="every_score_is_a_number",
        passes=True,
        says="2 rows of 2 documents, 0 stand twice, 0 values are no number",
        files=scores(),
        counts=DOCUMENTS,
    ),
    Case(
        check="every_score_is_a_number",
        passes=False,
        says="1 rows of 2 documents",
        files=scores("a"),
        counts=DOCUMENTS,
    ),
    Case(
        check="every_score_is_a_number",
        passes=False,
        says="1 stand twice",
        files=scores("aa"),
        counts=DOCUMENTS,
    ),
    *(
        Case(
            check="every_score_is_a_number",
            passes=False,
            says=f"{len(faults)} values are no number",
            files=scores(**faults),
            counts=DOCUMENTS,
        )
        for faults in (
            {"quality": None},
            {"educational": math.nan},
            {"bits_per_byte": math.inf},
            {"reasoning_density": None, "knowledge_density": math.nan},
        )
    ),
]
ALL = [
    ("mixtures/signatures", SIGNATURE_CHECKS, SIGNATURES),
    ("mixtures/classifiers", CLASSIFIER_CHECKS, CLASSIFIERS),
    ("mixtures/scores", SCORE_CHECKS, SCORES),
]


@pytest.mark.parametrize(
    ("node", "checks", "case"),
    [
        pytest.param(node, checks, case, id=str(case))
        for node, checks, cases in ALL
        for case in cases
    ],
)
def test_what_the_scores_are_made_of_is_judged_by_its_files(
    tmp_path: Path, node: str, checks: Sequence[Check], case: Case
) -> None:
    verdict = judge(tmp_path, node, checks, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_the_bar_is_the_score_of_the_most_frequent_class() -> None:
    """Three of four right: precision 3/4, recall 1, F1 6/7; the other class has 0."""
    assert constant_f1(heldout(0, a=3, b=1)["heldout"]) == pytest.approx(3 / 7)


def test_only_a_poor_classifier_and_the_unusual_let_the_graph_go_on() -> None:
    loose = {check.name for _, checks, _ in ALL for check in checks if not check.blocking}
    assert loose == {"classifiers_beat_chance", "nothing_is_unusual"}


@pytest.mark.parametrize(("node", "checks", "cases"), ALL, ids=[node for node, *_ in ALL])
def test_every_check_is_seen_to_pass_and_to_fail(
    node: str, checks: Sequence[Check], cases: Sequence[Case]
) -> None:
    elsewhere = {check.name for check in SUITE_CHECKS}  # seen in tests/assets/expectations
    assert both_ways(cases) == {check.name for check in checks} - elsewhere
