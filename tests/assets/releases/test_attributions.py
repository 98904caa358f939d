"""A release credits exactly what was trained on, and no more than its policy allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.corpora.licences import LicenceViolation
from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import LineageError
from assets.releases.attributions import (
    ATTRIBUTION_CHECKS,
    MAX_LINES,
    Credit,
    credits_owed,
    page,
    write_attributions,
)
from tests.artifacts import parquet

(CHECK,) = ATTRIBUTION_CHECKS
SOURCES = [
    {"name": "pmc", "title": "PMC articles", "citation": "Authors.", "licence": "CC-BY-4.0"},
    {"name": "hpo", "title": "HPO", "citation": "HPO Consortium", "licence": "LicenseRef-HPO"},
    {"name": "wiki", "title": "Wikipedia", "citation": "Its authors", "licence": "CC-BY-SA-3.0"},
    {"name": "unread", "title": "Never trained on", "citation": "", "licence": "MIT"},
]


def row(doc_id: str, source: str, licence: str, **more: Any) -> dict[str, Any]:
    facts = {"native_id": f"n {doc_id}", "title": f"T {doc_id}", "provenance": "{}"}
    return {"doc_id": doc_id, "source": source, "licence": licence, **facts, **more}


CORPUS = [
    row("a", "pmc", "CC-BY-4.0", provenance='{"journal": "Gut", "year": 2021}'),
    row("b", "pmc", "CC0-1.0"),
    row("c", "wiki", "CC-BY-SA-3.0"),
    row("d", "unread", "MIT"),
]


def selection(**tokens: int) -> dict[str, bytes]:
    rows = [{"doc_id": name, "num_tokens": count, "repeats": 2} for name, count in tokens.items()]
    return {"selection.parquet": parquet(rows, repeats=pl.UInt32)}


def inputs(lake: FakeLake) -> tuple[Manifest, ...]:
    asked = [{"item_id": "i", "source": "hpo"}, {"item_id": "j", "source": "hpo"}]
    return (
        commit_folder(lake, "mixtures/decontaminated", {"documents.parquet": parquet(CORPUS)}),
        commit_folder(lake, "mixtures/stage1", selection(a=10, c=4)),
        commit_folder(lake, "mixtures/stage2", selection(a=10, b=7)),
        commit_folder(lake, "synthesis/questions", {"questions.parquet": parquet(asked)}),
    )


def released(folder: Path, policy: str = "weights-public") -> tuple[Path, tuple[Credit, ...]]:
    lake = FakeLake(folder / "lake")
    step = Step(
        family="releases", name="release", partition="tiny", code_version="1",
        config={"policy": policy},
    )  # fmt: skip
    ws = fake_workspace(folder, step, inputs(lake), lake=lake)
    return ws.out_dir, write_attributions(ws, SOURCES)


def test_what_was_trained_on_is_credited_with_its_tokens(tmp_path: Path) -> None:
    _, owed = released(tmp_path)
    found = [(c.source, c.licence, c.documents, c.tokens, c.questions) for c in owed]
    assert found == [
        ("hpo", "LicenseRef-HPO", 0, 0, 2),
        ("pmc", "CC-BY-4.0", 1, 40, 0),
        ("pmc", "CC0-1.0", 1, 14, 0),
        ("wiki", "CC-BY-SA-3.0", 1, 8, 0),
    ]


def test_a_source_that_was_not_read_is_not_credited(tmp_path: Path) -> None:
    folder, _ = released(tmp_path)
    assert "Never trained on" not in (folder / "ATTRIBUTIONS.md").read_text()


def test_a_document_that_was_taken_out_of_the_shards_is_neither_counted_nor_named(
    tmp_path: Path,
) -> None:
    lake = FakeLake(tmp_path / "lake")
    gone = {"tombstones.parquet": parquet([{"doc_id": "a"}])}
    request = commit_folder(lake, "corpora/tombstones", gone, partition="")
    step = Step(
        family="releases", name="release", partition="tiny", code_version="1",
        config={"policy": "weights-public"},
    )  # fmt: skip
    ws = fake_workspace(tmp_path, step, (*inputs(lake), request), lake=lake)
    owed = {(credit.source, credit.licence) for credit in write_attributions(ws, SOURCES)}
    assert ("pmc", "CC-BY-4.0") not in owed and ("pmc", "CC0-1.0") in owed
    named = pl.read_parquet(ws.out_dir / "attributed_documents.parquet")
    assert "n a" not in named["native_id"]


def test_only_documents_whose_licence_asks_for_it_are_named(tmp_path: Path) -> None:
    folder, _ = released(tmp_path)
    named = pl.read_parquet(folder / "attributed_documents.parquet")
    assert named.select("source", "native_id", "journal", "year", "tokens").rows() == [
        ("pmc", "n a", "Gut", "2021", 40),
        ("wiki", "n c", "", "", 8),
    ]


def test_the_page_names_sources_counts_and_share_alike(tmp_path: Path) -> None:
    folder, _ = released(tmp_path)
    text = (folder / "ATTRIBUTIONS.md").read_text()
    assert "Trained on 3 documents, 62 tokens" in text
    line = "- **PMC articles** (`pmc`), CC-BY-4.0: 1 documents, 40 tokens. Authors."
    assert line in text
    assert "2 questions made from it. HPO Consortium." in text
    assert "Share-alike: some of this text is under CC-BY-SA-3.0" in text
    assert "2 documents are under licences that ask for each work to be named" in text


def test_the_record_holds_the_policy_and_every_credit(tmp_path: Path) -> None:
    folder, owed = released(tmp_path)
    record = json.loads((folder / "attributions.json").read_text())
    assert record["policy"] == "weights-public"
    assert [c["licence"] for c in record["credits"]] == [c.licence for c in owed]


def test_a_trained_document_that_the_policy_does_not_allow_stops_the_release() -> None:
    trained = pl.LazyFrame([row("x", "pmc", "CC-BY-NC-4.0", tokens=3)])
    with pytest.raises(LicenceViolation, match="for example x of pmc under CC-BY-NC"):
        credits_owed(trained, SOURCES, {}, "weights-public")


def test_facts_that_the_policy_does_not_allow_stop_the_release() -> None:
    closed = [{**SOURCES[1], "licence": "LicenseRef-Publisher-Copyright"}]
    nothing = pl.LazyFrame([row("x", "hpo", "MIT", tokens=3)])
    with pytest.raises(LicenceViolation, match="for example hpo facts of hpo"):
        credits_owed(nothing, closed, {"hpo": 1}, "commercial")


def test_questions_from_an_unlisted_source_stop_the_release() -> None:
    trained = pl.LazyFrame([row("x", "pmc", "MIT", tokens=3)])
    with pytest.raises(ValueError, match="made from snomed, which the release does not list"):
        credits_owed(trained, SOURCES, {"snomed": 1}, "research")


def test_a_release_that_does_not_know_its_stages_is_refused(tmp_path: Path) -> None:
    step = Step(family="releases", name="release", partition="t", code_version="1", config={})
    with pytest.raises(LineageError, match="needs mixtures/stage1"):
        write_attributions(fake_workspace(tmp_path, step), SOURCES)


def test_the_page_is_bounded() -> None:
    trained = pl.LazyFrame(
        [row(f"d{n}", f"source{n:04d}", "MIT", tokens=1) for n in range(MAX_LINES + 5)]
    )
    text = page(credits_owed(trained, [], {}, "research"), 0)
    assert "and 5 more, in `attributions.json`" in text
    assert len(text.splitlines()) < MAX_LINES + 10


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "4 credits under policy weights-public"),
        ({"ATTRIBUTIONS.md": b"# Attributions\n"}, "sources not named: ['hpo'"),
        ({"attributions.json": None}, "missing attributions.json"),
        ({"policy": "research"}, "not the release's own"),
    ],
)
def test_a_check_finds_what_is_not_credited(
    tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    folder, _ = released(tmp_path)
    files = {path.name: path.read_bytes() for path in folder.iterdir()} | change
    policy = str(files.pop("policy", "weights-public"))
    lake = FakeLake(tmp_path / "other")
    manifest = commit_folder(
        lake,
        "releases/release",
        {name: content for name, content in files.items() if content is not None},
        policy=policy,
    )
    verdict = CHECK.run(manifest, lake)
    assert says in verdict.reason
    assert verdict.passed is not bool(change)
