"""Checks of a release tell a sound artifact from one with a single fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.lineage.taint import NO_WITHDRAWN_DOCUMENT
from assets.releases.checks import FILES, RELEASE_CHECKS
from tests.artifacts import Case, both_ways, encoded, judge, parquet

LAYOUT = {name: encoded({"model_type": "baichuan_m1"}) for name in FILES} | {
    "model.safetensors": b"weights"
}
SOURCES = {"sources": [{"name": "wikipedia_medical"}, {"name": "icd10cm"}]}


POLICY = {"policy": "weights-public"}


def credited(licence: str, page: bytes) -> dict[str, bytes]:
    credit = {"source": "hpo", "licence": licence, "tokens": 5}
    return {
        "ATTRIBUTIONS.md": page,
        "attributions.json": encoded({**POLICY, "credits": [credit]}),
        "attributed_documents.parquet": parquet([{"source": "hpo"}]),
    }


def without(name: str) -> dict[str, bytes]:
    return {path: content for path, content in LAYOUT.items() if path != name}


CASES = [
    Case(
        check="layout_is_official",
        passes=True,
        says="model_type baichuan_m1, weights in model.safetensors",
        files=LAYOUT,
    ),
    *(
        Case(
            check="layout_is_official",
            passes=False,
            says=f"missing {name}",
            files=without(name),
        )
        for name in FILES
    ),
    Case(
        check="layout_is_official",
        passes=False,
        says="weights in ",
        files=without("model.safetensors"),
    ),
    Case(
        check="layout_is_official",
        passes=False,
        says="model_type llama",
        files=LAYOUT | {"config.json": encoded({"model_type": "llama"})},
    ),
    Case(
        check="card_names_every_source",
        passes=True,
        says="2 sources, not named: none",
        files={"README.md": b"Made from wikipedia_medical and icd10cm."},
        config=SOURCES,
    ),
    Case(
        check="card_names_every_source",
        passes=False,
        says="not named: ['icd10cm']",
        files={"README.md": b"Made from wikipedia_medical."},
        config=SOURCES,
    ),
    Case(
        check="attributions_are_given",
        passes=True,
        says="1 credits under policy weights-public; sources not named: none",
        files=credited("MIT", b"- **HPO** (`hpo`), MIT"),
        config=POLICY,
    ),
    Case(
        check="attributions_are_given",
        passes=False,
        says="sources not named: ['hpo']",
        files=credited("MIT", b"# Attributions"),
        config=POLICY,
    ),
    Case(
        check="attributions_are_given",
        passes=False,
        says="licences not allowed: ['CC-BY-NC-4.0']",
        files=credited("CC-BY-NC-4.0", b"- **HPO** (`hpo`), CC-BY-NC-4.0"),
        config=POLICY,
    ),
    Case(
        check="attributions_are_given",
        passes=False,
        says="missing ATTRIBUTIONS.md, attributions.json",
        files={"attributed_documents.parquet": parquet([{"source": "hpo"}])},
        config=POLICY,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_release_is_complete_and_names_its_sources(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "releases/release", RELEASE_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_every_check_is_seen_to_pass_and_to_fail() -> None:
    elsewhere = {NO_WITHDRAWN_DOCUMENT.name}  # seen in tests/assets/lineage/test_taint.py
    assert both_ways(CASES) == {check.name for check in RELEASE_CHECKS} - elsewhere


def test_every_check_of_a_release_blocks() -> None:
    assert all(check.blocking for check in RELEASE_CHECKS)
