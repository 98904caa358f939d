"""What a withdrawn document has reached is found from its mixture to the release."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.corpora.withdrawn import WITHDRAWN_SCHEMA
from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import InputRecord, Manifest
from assets.lineage.taint import (
    near_copies,
    newest_withdrawn,
    no_withdrawn_document,
    taint_tags,
    tainted,
    withdrawn_documents,
)
from tests.artifacts import parquet
from training.shards import SampleOrder

SEED, SAMPLES, BATCH, STEPS = 5, 7, 2, 9
CONFIG = {"data_seed": SEED, "batch_samples": BATCH}


def row(doc_id: str, text: str = "", **more: Any) -> dict[str, Any]:
    identity = {"doc_id": doc_id, "source": "s", "native_id": f"n {doc_id}"}
    return {**identity, "text_hash": f"hash {text or doc_id}", **more}


def piece(doc_id: str, sample: int, end: int) -> dict[str, Any]:
    return {"doc_id": doc_id, "sample": sample, "start": 0, "end": end, "piece": 0, "copy": 0}


def linked(lake: FakeLake, consumer: Manifest, *inputs: Manifest, steps: int = 0) -> Manifest:
    records = tuple(
        InputRecord(
            family=m.family, name=m.name, partition=m.partition, fingerprint=m.fingerprint,
            digest=m.digest, files_read=m.files,
        )
        for m in inputs
    )  # fmt: skip
    manifest = replace(consumer, inputs=records, counts={"steps": steps})
    lake.committed[manifest.family, manifest.name, manifest.fingerprint] = manifest
    return manifest


def shards(lake: FakeLake, name: str, *pieces: dict[str, Any]) -> Manifest:
    info = json.dumps({"num_samples": SAMPLES, "samples_per_shard": 2}).encode()
    files = {"index.parquet": parquet(list(pieces)), "shards.json": info}
    return commit_folder(lake, f"tokenizers/{name}", files)


def withdraw(*rows: dict[str, str]) -> pl.DataFrame:
    blank = {name: "" for name in WITHDRAWN_SCHEMA} | {"file": "a.csv", "line": 2}
    return pl.DataFrame([blank | {"reason": "fraud"} | row for row in rows], WITHDRAWN_SCHEMA)


def listing(lake: FakeLake, *rows: dict[str, str]) -> Manifest:
    content = parquet(withdraw(*rows).to_dicts(), **WITHDRAWN_SCHEMA)
    return commit_folder(
        lake, "corpora/withdrawn", {"withdrawn.parquet": content}, partition="", rows=list(rows)
    )


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    lake = FakeLake(tmp_path)
    everything = [row("kept"), row("copy", "kept"), row("near"), row("other"), row("unread")]
    documents = commit_folder(lake, "corpora/documents", {"documents.parquet": parquet(everything)})
    merged = [
        row("copy", "kept", kept_doc_id="kept", similarity=1.0, rule="exact"),
        row("near", kept_doc_id="kept", similarity=0.9, rule="near"),
    ]
    left = [row("kept"), row("other"), row("unread")]
    deduped = commit_folder(
        lake,
        "mixtures/deduped",
        {"documents.parquet": parquet(left), "merged.parquet": parquet(merged)},
    )
    clean = commit_folder(
        lake,
        "mixtures/decontaminated",
        {"documents.parquet": parquet(left[:2]), "heldout.parquet": parquet(left[2:])},
    )
    chosen = [
        {"doc_id": "kept", "num_tokens": 10, "repeats": 3},
        {"doc_id": "other", "num_tokens": 5, "repeats": 1},
    ]
    stage = commit_folder(lake, "mixtures/stage1", {"selection.parquet": parquet(chosen)})
    asked = [{"item_id": "item", "seed_doc_id": "kept"}]
    questions = commit_folder(lake, "synthesis/questions", {"questions.parquet": parquet(asked)})
    packed = shards(lake, "shards_stage1", piece("kept", 3, 10), piece("other", 4, 5))
    sft = shards(lake, "shards_sft_general", piece("item", 1, 8))
    checkpoint = commit_folder(lake, "checkpoints/stage1", {"w": b"1"}, **CONFIG)
    model = commit_folder(lake, "models/sft_general", {"w": b"2"}, **CONFIG)
    release = commit_folder(lake, "releases/release", {"w": b"3"})
    deduped = linked(lake, deduped, documents)
    clean = linked(lake, clean, deduped)
    stage = linked(lake, stage, clean)
    questions = linked(lake, questions, clean)
    packed = linked(lake, packed, clean, stage)
    sft = linked(lake, sft, questions)
    checkpoint = linked(lake, checkpoint, packed, steps=STEPS)
    model = linked(lake, model, sft, checkpoint, steps=STEPS)
    linked(lake, release, model)
    return lake


def found(lake: FakeLake, *rows: dict[str, str]) -> dict[tuple[str, str], Any]:
    return {(e.artifact.split("[")[0], e.how): e for e in tainted(lake, withdraw(*rows))}


def only(lake: FakeLake, node: str) -> Manifest:
    (manifest,) = lake.manifests(*node.split("/"))
    return manifest


def test_a_withdrawn_document_is_found_in_everything_it_reached(lake: FakeLake) -> None:
    assert set(found(lake, {"source": "s", "native_id": "n kept"})) == {
        ("mixtures/deduped", "holds"),
        ("mixtures/decontaminated", "holds"),
        ("mixtures/stage1", "holds"),
        ("synthesis/questions", "asks"),
        ("tokenizers/shards_stage1", "holds"),
        ("tokenizers/shards_sft_general", "holds"),
        ("checkpoints/stage1", "trained_on"),
        ("models/sft_general", "trained_on"),
        ("models/sft_general", "descends"),
        ("releases/release", "descends"),
    }


def test_tokens_and_steps_are_those_that_training_read(lake: FakeLake) -> None:
    entries = found(lake, {"doc_id": "kept"})
    assert entries["mixtures/stage1", "holds"].tokens == 30
    assert entries["tokenizers/shards_stage1", "holds"].tokens == 10
    order = SampleOrder(SAMPLES, SEED)
    steps = [p // BATCH for p in range(BATCH * STEPS) if order.sample_at(p) == 3]
    checkpoint = entries["checkpoints/stage1", "trained_on"]
    assert (checkpoint.first_step, checkpoint.last_step) == (steps[0], steps[-1])
    assert (checkpoint.times_seen, checkpoint.tokens) == (len(steps), 10 * len(steps))
    assert checkpoint.doc_ids == ("kept",)


def test_an_exact_copy_stands_for_the_withdrawn_document(lake: FakeLake) -> None:
    entries = found(lake, {"doc_id": "copy"})
    assert entries["checkpoints/stage1", "trained_on"].doc_ids == ("kept",)


def test_a_document_that_was_held_out_taints_no_model(lake: FakeLake) -> None:
    assert set(found(lake, {"doc_id": "unread"})) == {
        ("mixtures/deduped", "holds"),
        ("mixtures/decontaminated", "holds"),
    }


def test_a_document_merged_into_a_near_copy_taints_nothing_but_is_reported(lake: FakeLake) -> None:
    assert not found(lake, {"doc_id": "near"})
    pairs = near_copies(lake, lake.manifests(), pl.Series(["near"]))
    assert pairs.rows() == [("kept", "near", 0.9)]


def test_a_near_copy_of_a_kept_document_is_reported(lake: FakeLake) -> None:
    gone = withdrawn_documents(lake, lake.manifests(), withdraw({"doc_id": "kept"}))["doc_id"]
    assert gone.to_list() == ["copy", "kept"]
    assert near_copies(lake, lake.manifests(), gone).rows() == [("near", "kept", 0.9)]


def test_training_that_ended_before_the_sample_is_not_tainted(lake: FakeLake) -> None:
    order = SampleOrder(SAMPLES, SEED)
    read = {order.sample_at(p) for p in range(BATCH)}
    checkpoint = only(lake, "checkpoints/stage1")
    packed = only(lake, "tokenizers/shards_stage1")
    linked(lake, checkpoint, packed, steps=1)
    assert (("checkpoints/stage1", "trained_on") in found(lake, {"doc_id": "kept"})) == (3 in read)


@pytest.mark.parametrize("rows", [(), ({"doc_id": "nobody"},)])
def test_nothing_is_tainted_without_a_withdrawn_document(
    lake: FakeLake, rows: tuple[dict[str, str], ...]
) -> None:
    assert not tainted(lake, withdraw(*rows))


@pytest.mark.parametrize(
    "node",
    [
        "mixtures/deduped",
        "mixtures/decontaminated",
        "mixtures/stage1",
        "checkpoints/stage1",
        "releases/release",
    ],
)
def test_a_check_holds_artifacts_against_the_newest_list(lake: FakeLake, node: str) -> None:
    listing(lake, {"doc_id": "nobody"})
    assert no_withdrawn_document(only(lake, node), lake).passed
    newest = listing(lake, {"doc_id": "copy"})
    verdict = no_withdrawn_document(only(lake, node), lake)
    assert not verdict.passed
    assert "for example kept: make it again without them" in verdict.reason
    assert verdict.facts["list"] == newest.short


def test_without_a_list_the_check_says_so(lake: FakeLake) -> None:
    assert newest_withdrawn(lake) is None
    verdict = no_withdrawn_document(only(lake, "mixtures/deduped"), lake)
    assert verdict.passed
    assert "no list of withdrawn documents" in verdict.reason


def test_tags_say_how_and_by_which_list(lake: FakeLake) -> None:
    entry = found(lake, {"doc_id": "kept"})["releases/release", "descends"]
    tags = taint_tags(entry, "abcdef" * 8)
    assert tags["materia.tainted"] == "descends"
    assert tags["materia.tainted.list"] == "abcdefabcdef"
    assert all(isinstance(value, str) for value in tags.values())
