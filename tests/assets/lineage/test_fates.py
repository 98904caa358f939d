"""What became of documents: fates that overrule each other, records, and what never was one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assets.fakes import FakeLake, commit_folder
from assets.lineage.fates import BEYOND_CAP, FATES, furthest
from assets.lineage.manifest import Manifest
from assets.lineage.records import SHOWN_CHARS, quarantined_text
from assets.lineage.trace import trace
from orchestration.cli import app
from tests.artifacts import parquet
from tests.orchestration.runs import record_of

SOURCE = {"name": "s"}
LONG = "It was a bright cold day in April, and the clocks were striking thirteen, all of them."


def row(doc_id: str, text: str = "", **more: Any) -> dict[str, Any]:
    place = json.dumps({"file": "a.jsonl", "offset": len(doc_id) * 10})
    return {
        "doc_id": doc_id, "text_hash": f"hash {text or doc_id}", "source": "s",
        "native_id": f"n-{doc_id}", "provenance": place, **more,
    }  # fmt: skip


def linked(lake: FakeLake, manifest: Manifest, *inputs: Manifest) -> Manifest:
    made = replace(manifest, inputs=tuple(record_of(i) for i in inputs))
    lake.committed[made.family, made.name, made.fingerprint] = made
    return made


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    """A corpus with every fate, cleaned twice: one holds out what the other keeps."""
    lake = FakeLake(tmp_path)
    names = ("kept", "twice", "copy", "near", "held", "leak", "gone", "mit", "late")
    bad = [
        {"source": "s", "file": "b.jsonl", "offset": 7, "reason": "malformed_json",
         "excerpt": json.dumps({"id": "x", "text": LONG})[:-9]},
        {"source": "s", "file": "b.jsonl", "offset": 99, "reason": "not_utf8", "excerpt": "?"},
    ]  # fmt: skip
    documents = commit_folder(
        lake,
        "corpora/documents",
        {
            "documents.parquet": parquet([row(name) for name in names]),
            "dropped.parquet": parquet(
                [row("twice", reason="repeated_record"), row("short", reason="too_few_words")]
            ),
            "quarantine.parquet": parquet(bad),
        },
        source=SOURCE,
    )
    stay = [row(name) for name in ("kept", "twice", "held", "leak")]
    merged = [
        row("copy", kept_doc_id="kept", similarity=1.0, rule="exact"),
        row("near", kept_doc_id="held", similarity=0.8, rule="near"),
    ]
    excluded = [
        row("gone", rule="doc_id", reason="objection", withdrawn_doc_id="gone"),
        row("mit", rule="licence", reason="MIT", withdrawn_doc_id=""),
    ]
    deduped = commit_folder(
        lake,
        "mixtures/deduped",
        {
            "documents.parquet": parquet(stay),
            "merged.parquet": parquet(merged),
            "excluded.parquet": parquet(excluded),
        },
    )
    linked(lake, deduped, documents)
    for recipe, kept, held in (
        ("one", ("kept", "twice"), ("held",)),
        ("two", ("kept",), ("held", "twice")),
    ):
        clean = commit_folder(
            lake,
            "mixtures/decontaminated",
            {
                "documents.parquet": parquet([row(name) for name in kept]),
                "heldout.parquet": parquet([row(name) for name in held]),
                "removed.parquet": parquet([row("leak", benchmark="piqa", item_id="7")]),
            },
            recipe=recipe,
        )
        linked(lake, clean, deduped)
    chosen = parquet([{"doc_id": "kept", "num_tokens": 5, "repeats": 3}])
    commit_folder(lake, "mixtures/stage1", {"selection.parquet": chosen})
    return lake


@pytest.mark.parametrize(
    ("doc_id", "fate"),
    [
        ("kept", "kept"),
        ("short", "dropped"),
        ("copy", "merged"),
        ("leak", "removed"),
        ("held", "held_out"),
        ("gone", "excluded"),
        ("mit", "excluded"),
        ("late", "not_taken"),
        ("nobody", "unknown"),
    ],
)
def test_every_fate_is_told(lake: FakeLake, doc_id: str, fate: str) -> None:
    found = trace(lake, doc_id=doc_id)
    assert found.status == fate
    assert found.fates == ({doc_id: fate} if fate != "unknown" else {})


def test_a_record_that_stands_twice_is_kept_once(lake: FakeLake) -> None:
    found = trace(lake, doc_id="twice")
    assert [d["status"] for d in found.decisions] == ["dropped", "kept", "held_out", "kept"]
    assert found.status == "kept", "one recipe trains on it, though another holds it out"


def test_an_excluded_document_says_by_which_rule_and_why(lake: FakeLake) -> None:
    (_, decision) = trace(lake, doc_id="gone").decisions
    assert (decision["rule"], decision["reason"]) == ("doc_id", "objection")


def test_a_document_behind_the_cap_names_the_recipe_that_did_not_take_it(lake: FakeLake) -> None:
    decision = trace(lake, doc_id="late").decisions[-1]
    assert decision["artifact"].startswith("mixtures/deduped")
    assert decision["reason"] == BEYOND_CAP


def test_a_merged_document_says_what_became_of_the_one_that_stands_for_it(
    lake: FakeLake,
) -> None:
    assert trace(lake, doc_id="copy").merged_into == {"kept": "kept"}
    assert trace(lake, doc_id="near").merged_into == {"held": "held_out"}
    assert trace(lake, doc_id="kept").merged_into == {}


def test_selections_say_how_often_a_stage_wants_a_document_or_its_stand_in(
    lake: FakeLake,
) -> None:
    for doc_id in ("kept", "copy"):
        (selection,) = trace(lake, doc_id=doc_id).selections
        assert (selection["doc_id"], selection["repeats"]) == ("kept", 3)
    assert trace(lake, doc_id="held").selections == []


def test_of_a_text_in_several_documents_the_furthest_fate_is_told(lake: FakeLake) -> None:
    found = trace(lake, text_hashes=("hash short", "hash copy", "hash gone"))
    assert found.fates == {"short": "dropped", "copy": "merged", "gone": "excluded"}
    assert found.status == "merged"
    assert furthest([]) == "unknown"
    assert furthest(FATES) == "kept"


@pytest.mark.parametrize("name", ["n-kept", "a.jsonl:40"])
def test_a_record_is_found_by_its_id_and_by_its_place(lake: FakeLake, name: str) -> None:
    found = trace(lake, record=("s", name))
    assert "kept" in found.doc_ids
    assert trace(lake, record=("other", name)).doc_ids == []


def test_a_record_in_quarantine_is_found_by_its_place_and_has_no_document(lake: FakeLake) -> None:
    found = trace(lake, record=("s", "b.jsonl:99"))
    assert (found.status, found.doc_ids, found.fates) == ("quarantined", [], {})
    (decision,) = found.decisions
    assert (decision["reason"], decision["offset"]) == ("not_utf8", 99)
    assert trace(lake, record=("s", "b.jsonl:98")).status == "unknown"


def test_a_text_in_quarantine_is_found_by_its_beginning(lake: FakeLake) -> None:
    (decision,) = quarantined_text(lake, f"{LONG} And more that the excerpt does not have.")
    assert (decision["file"], decision["offset"]) == ("b.jsonl", 7)
    assert quarantined_text(lake, LONG[: SHOWN_CHARS - 1]) == []
    assert quarantined_text(lake, f"So {LONG}") == []


@pytest.mark.parametrize("record", ["notes.jsonl", ":0", "inbox:"])
def test_a_record_without_source_or_name_is_refused(record: str, tmp_path: Path) -> None:
    env = {"MATERIA_HOME": str(tmp_path)}
    done = CliRunner().invoke(app, ["trace", "--record", record], env=env)
    assert isinstance(done.exception, ValueError)
    assert "write SOURCE:ID or SOURCE:FILE:OFFSET" in str(done.exception)
