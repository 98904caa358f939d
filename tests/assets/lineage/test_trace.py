"""Tracing over a small lake written by hand: every fate of a document, down to exact steps."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import InputRecord, Manifest
from assets.lineage.trace import trace
from training.shards import SampleOrder

SEED, SAMPLES, BATCH, STEPS = 5, 7, 2, 9


def parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()


def row(doc_id: str, **more: Any) -> dict[str, Any]:
    return {"doc_id": doc_id, "text_hash": f"hash-{doc_id}", "source": "s", **more}


def link(lake: FakeLake, consumer: Manifest, *inputs: Manifest) -> Manifest:
    records = tuple(
        InputRecord(
            family=m.family, name=m.name, partition=m.partition, fingerprint=m.fingerprint,
            digest=m.digest, files_read=m.files,
        )
        for m in inputs
    )  # fmt: skip
    linked = replace(consumer, inputs=records)
    lake.committed[consumer.family, consumer.name, consumer.fingerprint] = linked
    return linked


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    lake = FakeLake(tmp_path)
    documents = commit_folder(
        lake,
        "corpora/documents",
        {
            "documents.parquet": parquet([row("kept"), row("copy"), row("leaked"), row("held")]),
            "dropped.parquet": parquet([row("short", reason="too_short")]),
        },
    )
    deduped = commit_folder(
        lake,
        "mixtures/deduped",
        {"merged.parquet": parquet([row("copy", kept_doc_id="kept", similarity=0.9, rule="near")])},
    )
    clean = commit_folder(
        lake,
        "mixtures/decontaminated",
        {
            "removed.parquet": parquet([row("leaked", benchmark="piqa", item_id="7")]),
            "heldout.parquet": parquet([row("held")]),
        },
    )
    questions = commit_folder(
        lake,
        "synthesis/questions",
        {
            "questions.parquet": parquet(
                [{"item_id": "item", "question": "What?", "seed_doc_id": "kept"}]
            )
        },
    )
    index = [
        {"doc_id": "kept", "sample": 3, "start": 10, "end": 20, "piece": 0, "copy": 0},
        {"doc_id": "other", "sample": 4, "start": 0, "end": 5, "piece": 0, "copy": 0},
    ]
    info = json.dumps({"num_samples": SAMPLES, "samples_per_shard": 2}).encode()
    shards = commit_folder(
        lake, "tokenizers/shards_stage1", {"index.parquet": parquet(index), "shards.json": info}
    )
    sft_index = [{**index[0], "doc_id": "item", "sample": 1}]
    sft = commit_folder(
        lake,
        "tokenizers/shards_sft_general",
        {"index.parquet": parquet(sft_index), "shards.json": info},
    )
    config = {"data_seed": SEED, "batch_samples": BATCH}
    result = json.dumps({"skipped_steps": [0, 1, 2, 3]}).encode()
    weights = {"w": b"1", "result.json": result}
    checkpoint = commit_folder(lake, "checkpoints/stage1", weights, partition="tiny", **config)
    model = commit_folder(lake, "models/sft_general", {"w": b"2"}, partition="tiny", **config)
    release = commit_folder(lake, "releases/release", {"w": b"3"}, partition="tiny")
    link(lake, deduped, documents)
    link(lake, clean, deduped)
    link(lake, questions, clean)
    link(lake, shards, clean)
    link(lake, sft, questions)
    checkpoint = link(lake, replace(checkpoint, counts={"steps": STEPS}), shards)
    model = link(lake, replace(model, counts={"steps": STEPS}), sft, checkpoint)
    link(lake, release, model)
    return lake


def test_a_kept_document_is_followed_to_the_very_steps_that_read_it(lake: FakeLake) -> None:
    found = trace(lake, doc_id="kept")
    (pretraining,) = [o for o in found.occurrences if o["doc_id"] == "kept"]
    order = SampleOrder(SAMPLES, SEED)
    read_at = [p // BATCH for p in range(BATCH * STEPS) if order.sample_at(p) == 3]
    assert pretraining["training"][0]["steps"] == read_at
    assert len(read_at) == 3  # 18 positions over 7 samples: this one comes round three times
    assert (pretraining["shard"], pretraining["sample"], pretraining["tokens"]) == (1, 3, [10, 20])
    assert found.status == "kept"


def test_steps_that_left_no_update_are_told_apart(lake: FakeLake) -> None:
    found = trace(lake, doc_id="kept")
    (pretraining,) = [o for o in found.occurrences if o["doc_id"] == "kept"]
    (told,) = pretraining["training"]
    assert told["steps_without_update"] == [step for step in told["steps"] if step <= 3] != []
    assert told["times_seen"] == 3
    (seeded,) = [o for o in found.occurrences if o["doc_id"] == "item"]
    assert seeded["training"][0]["steps_without_update"] == []


def test_a_document_reaches_models_and_releases_also_through_what_it_seeded(
    lake: FakeLake,
) -> None:
    found = trace(lake, doc_id="kept")
    assert [item["item_id"] for item in found.synthetic_items] == ["item"]
    assert any(o["artifact"].startswith("tokenizers/shards_sft") for o in found.occurrences)
    assert [name.split("@")[0] for name in found.models] == ["models/sft_general[tiny]"]
    assert [name.split("@")[0] for name in found.releases] == ["releases/release[tiny]"]


def test_a_merged_document_names_the_one_that_stands_for_it(lake: FakeLake) -> None:
    found = trace(lake, doc_id="copy")
    assert found.status == "merged"
    merge = found.decisions[-1]
    assert (merge["kept_doc_id"], merge["similarity"], merge["rule"]) == ("kept", 0.9, "near")
    assert {o["doc_id"] for o in found.occurrences} == {"kept", "item"}


@pytest.mark.parametrize(
    ("doc_id", "status", "evidence"),
    [
        ("short", "dropped", {"reason": "too_short"}),
        ("leaked", "removed", {"benchmark": "piqa", "item_id": "7"}),
        ("held", "held_out", {}),
    ],
)
def test_a_document_that_was_left_out_says_why_and_is_in_no_model(
    lake: FakeLake, doc_id: str, status: str, evidence: dict[str, str]
) -> None:
    found = trace(lake, doc_id=doc_id)
    assert found.status == status
    assert evidence.items() <= found.decisions[-1].items()
    assert not found.occurrences
    assert not found.models


def test_a_text_is_found_by_its_hash(lake: FakeLake) -> None:
    assert trace(lake, text_hashes=("no", "hash-kept")).doc_ids == ["kept"]


def test_an_unknown_document_is_unknown(lake: FakeLake) -> None:
    found = trace(lake, doc_id="nobody")
    assert (found.status, found.doc_ids) == ("unknown", [])


def test_a_query_needs_exactly_one_of_id_and_text(lake: FakeLake) -> None:
    with pytest.raises(ValueError, match="either a document id or a text"):
        trace(lake)
