"""Checks of a stage's plan tell a sound one from one with a single fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.mixtures.stage_checks import PLAN_CHECKS
from tests.artifacts import Case, both_ways, encoded, judge, parquet
from tests.assets.mixtures.stage_case import SPEC, UPSAMPLING, corpus, staged

CONFIG = {
    "tokens": 1000,
    "upsampling": {"max_repeats": 4},
    "mixture": {
        "source_max_repeats": [["notes", 2]],
        "max_document_share": 0.5,
        "main_languages": ["en"],
        "multilingual_max_share": 0.1,
    },
}
ROWS = (
    ("a", "wiki", "en", 100, 4, "general"),
    ("b", "notes", "en", 250, 2, "medical"),
    ("c", "wiki", "de", 100, 1, "general"),
)


def selection(*rows: tuple[str, str, str, int, int, str], **changes: float) -> bytes:
    factors = {"dup_weight": 3.0, "quality_weight": 2.0, "hardness_weight": 0.5}
    chosen = [
        {
            "doc_id": doc_id,
            "source": source,
            "domain": group,
            "language": language,
            "topic": "physics",
            "content_type": "article",
            "group": group,
            "num_tokens": tokens,
            "repeats": repeats,
            "weight": 6.0,
            **factors,
            "topic_weight": 2.0,
            **changes,
        }
        for doc_id, source, language, tokens, repeats, group in rows
    ]
    return parquet(chosen)


def plan(**changes: Any) -> bytes:
    def entry(tokens: int) -> dict[str, int]:
        return {"achieved_tokens": tokens}

    written = {
        "planned_tokens": 1000,
        "achieved_tokens": 1000,
        "unique_tokens": 450,
        "max_repeats": 4,
        "sources": {"wiki": entry(500), "notes": entry(500)},
        "domains": {"general": entry(500), "medical": entry(500)},
        "languages": {"en": entry(900), "de": entry(100), "zh": entry(0)},
        "topics": {"physics": entry(1000)},
        "content_types": {"article": entry(1000)},
        "targets": {"general": entry(500), "medical": entry(500)},
    }
    return encoded({**written, **changes})


def files(*rows: tuple[str, str, str, int, int, str], **changes: Any) -> dict[str, bytes]:
    return {"selection.parquet": selection(*rows), "plan.json": plan(**changes)}


def targets(achieved: int, why: str = "") -> dict[str, bytes]:
    entry = {"planned_tokens": 500, "achieved_tokens": achieved, "largest_document": 50}
    return {"plan.json": encoded({"targets": {"medical": {**entry, "why": why}}})}


def weights(**changes: float) -> dict[str, bytes]:
    return {"selection.parquet": selection(*ROWS, **changes)}


CASES = [
    Case(
        check="plan_is_written",
        passes=True,
        says="3 documents add up",
        files=files(*ROWS),
        config=CONFIG,
    ),
    Case(
        check="plan_is_written",
        passes=False,
        says="achieved_tokens is 999 in the plan and 1000",
        files=files(*ROWS, achieved_tokens=999),
        config=CONFIG,
    ),
    Case(
        check="plan_is_written",
        passes=False,
        says="topics 'physics': None in the plan, 1000 selected",
        files=files(*ROWS, topics={}),
        config=CONFIG,
    ),
    Case(
        check="plan_is_written",
        passes=False,
        says="topics 'poetry': 7 in the plan, 0 selected",
        files=files(
            *ROWS, topics={"physics": {"achieved_tokens": 1000}, "poetry": {"achieved_tokens": 7}}
        ),
        config=CONFIG,
    ),
    Case(
        check="caps_hold",
        passes=True,
        says="all 3 documents keep",
        files=files(*ROWS),
        config=CONFIG,
    ),
    Case(
        check="caps_hold",
        passes=False,
        says="1 documents read more often than their source's cap",
        files=files(*ROWS, ("d", "notes", "en", 10, 3, "medical")),
        config=CONFIG,
    ),
    Case(
        check="caps_hold",
        passes=False,
        says="1 documents above 500 tokens in all",
        files=files(*ROWS, ("d", "wiki", "en", 251, 2, "general")),
        config=CONFIG,
    ),
    Case(
        check="caps_hold",
        passes=False,
        says="5 tokens in other languages above 100",
        files=files(*ROWS, ("d", "wiki", "ja", 5, 1, "general")),
        config=CONFIG,
    ),
    Case(
        check="weights_are_explained",
        passes=True,
        says="0 of 3 weights",
        files=weights(),
    ),
    Case(
        check="weights_are_explained",
        passes=False,
        says="3 of 3 weights are not the product of their factors, for example a",
        files=weights(weight=6.001),
    ),
    Case(
        check="shares_within_tolerance",
        passes=True,
        says="1 targets are met",
        files=targets(450),
        config=CONFIG,
    ),
    Case(
        check="shares_within_tolerance",
        passes=False,
        says="medical: -51 of 500 tokens (not explained)",
        files=targets(449),
        config=CONFIG,
    ),
    Case(
        check="shares_within_tolerance",
        passes=False,
        says="-300 of 500 tokens (max_repeats: too few)",
        files=targets(200, "max_repeats: too few"),
        config=CONFIG,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_plan_is_judged_by_its_selection(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "mixtures/stage1", PLAN_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_a_stage_that_was_made_passes_its_checks(tmp_path: Path) -> None:
    spec = replace(
        SPEC,
        source_max_repeats=(("icd", 2),),
        topic_weights=(("news", 0.5),),
        max_document_share=0.02,
    )
    rows = corpus(21, 400, "en zh")
    _, _, _, out = staged(tmp_path / "made", rows, tokens=30_000, medical_share=0.4, spec=spec)
    written = {path.name: path.read_bytes() for path in out.iterdir()}
    config = {"tokens": 30_000, "upsampling": UPSAMPLING, "mixture": spec.literals("stage1")}
    for check in PLAN_CHECKS:
        case = Case(check=check.name, passes=True, says="", files=written, config=config)
        verdict = judge(tmp_path / check.name, "mixtures/stage1", PLAN_CHECKS, case)
        assert verdict.passed, verdict.reason


def test_every_check_is_seen_to_pass_and_to_fail() -> None:
    assert both_ways(CASES) == {check.name for check in PLAN_CHECKS}


def test_only_a_missed_share_lets_the_graph_go_on() -> None:
    loose = [check.name for check in PLAN_CHECKS if not check.blocking]
    assert loose == ["shares_within_tolerance"]
