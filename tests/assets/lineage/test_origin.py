"""A source and a licence followed forward, over a small lake written by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.origin import trace_origin
from tests.artifacts import link, parquet
from training.shards import SampleOrder

SEED, SAMPLES, BATCH, STEPS = 5, 7, 2, 3


def row(doc_id: str, source: str, **more: Any) -> dict[str, Any]:
    licence = {"a": "CC0-1.0", "b": "CC-BY-4.0"}[source]
    return {"doc_id": doc_id, "source": source, "text_hash": doc_id, "licence": licence, **more}


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    lake = FakeLake(tmp_path)
    ids = {"a": ["a1", "a2", "a3", "a4"], "b": ["b1", "b2"]}
    corpora = [
        commit_folder(
            lake,
            "corpora/documents",
            {
                "documents.parquet": parquet([row(each, source) for each in ids[source]]),
                "dropped.parquet": parquet(
                    [{"doc_id": f"{source}0", "source": source, "reason": "too_short"}]
                ),
            },
            partition=source,
            source=source,
        )
        for source in ids
    ]
    merged = {"doc_id": "a2", "source": "a", "kept_doc_id": "b1", "rule": "near"}
    deduped = commit_folder(lake, "mixtures/deduped", {"merged.parquet": parquet([merged])})
    overlaps = [
        {"doc_id": "a3", "source": "a", "benchmark": "piqa", "item_id": item} for item in "12"
    ]
    clean = commit_folder(
        lake,
        "mixtures/decontaminated",
        {
            "documents.parquet": parquet([row("a1", "a"), row("b1", "b")]),
            "heldout.parquet": parquet([row("a4", "a")]),
            "removed.parquet": parquet(overlaps),
        },
    )
    selected = [
        {"doc_id": "a1", "source": "a", "num_tokens": 10, "repeats": 2},
        {"doc_id": "b1", "source": "b", "num_tokens": 5, "repeats": 1},
    ]
    stage = commit_folder(lake, "mixtures/stage1", {"selection.parquet": parquet(selected)})
    question = {"item_id": "q", "source": "a", "seed_doc_id": "a1", "question": "What?"}
    questions = commit_folder(
        lake, "synthesis/questions", {"questions.parquet": parquet([question])}
    )
    index = [
        {"doc_id": "a1", "sample": 1, "start": 0, "end": 10},
        {"doc_id": "a1", "sample": 2, "start": 0, "end": 10},
        {"doc_id": "b1", "sample": 1, "start": 10, "end": 15},
    ]
    info = json.dumps({"num_samples": SAMPLES, "samples_per_shard": 2}).encode()
    files = {"index.parquet": parquet(index), "shards.json": info}
    shards = commit_folder(lake, "tokenizers/shards_stage1", files)
    config = {"data_seed": SEED, "batch_samples": BATCH}
    model = commit_folder(lake, "checkpoints/stage1", {"w": b"1"}, partition="tiny", **config)
    report = commit_folder(lake, "reports/perplexity", {"r": b"2"}, partition="tiny")
    release = commit_folder(lake, "releases/release", {"w": b"3"}, partition="tiny")
    deduped = link(lake, deduped, *corpora)
    clean = link(lake, clean, deduped)
    link(lake, stage, clean)
    link(lake, questions, clean)
    shards = link(lake, shards, clean)
    model = link(lake, replace(model, counts={"steps": STEPS, "tokens": 60}), shards)
    link(lake, report, model)
    link(lake, release, model)
    return lake


def fates(lake: FakeLake, **origin: str) -> dict[str, tuple[int, dict[str, int]]]:
    """Of every fate, in whichever artifact it was decided; the clean mixture's as `clean`."""
    told = {}
    for entry in trace_origin(lake, **origin).fates:  # type: ignore[arg-type]
        clean = entry["artifact"].startswith("mixtures") and entry["status"] == "kept"
        told["clean" if clean else entry["status"]] = (entry["documents"], entry["reasons"])
    return told


def test_every_fate_of_a_sources_documents_is_counted_with_its_reasons(lake: FakeLake) -> None:
    assert fates(lake, source="a") == {
        "kept": (4, {}),
        "dropped": (1, {"too_short": 1}),
        "merged": (1, {"near": 1}),
        "removed": (1, {"piqa": 1}),
        "held_out": (1, {}),
        "clean": (1, {}),
    }
    assert fates(lake, source="b") == {
        "kept": (2, {}),
        "dropped": (1, {"too_short": 1}),
        "clean": (1, {}),
    }


def test_a_licence_is_followed_into_tables_that_do_not_name_it(lake: FakeLake) -> None:
    told = fates(lake, licence="CC0-1.0")
    assert told["merged"] == (1, {"near": 1})
    assert told["removed"] == (1, {"piqa": 1})
    assert "dropped" not in told  # what was dropped has no licence
    found = trace_origin(lake, licence="CC0-1.0")
    assert [entry["tokens"] for entry in found.stages] == [20]
    assert found.synthetic_items == 1


def test_tokens_and_steps_are_those_that_training_read(lake: FakeLake) -> None:
    (told,) = trace_origin(lake, source="a").training
    order = SampleOrder(SAMPLES, SEED)
    read = [order.sample_at(position) for position in range(BATCH * STEPS)]
    times = {sample: read.count(sample) for sample in (1, 2)}
    steps = {at // BATCH for at, sample in enumerate(read) if sample in (1, 2)}
    assert told["tokens_packed"] == 20
    assert told["tokens_read"] == 10 * (times[1] + times[2]) > 0
    assert told["share"] == told["tokens_read"] / 60
    assert (told["steps"], told["of_steps"]) == (len(steps), STEPS)
    assert (told["first_step"], told["last_step"]) == (min(steps), max(steps))
    assert told["documents"] == 1


def test_models_reports_and_releases_that_follow_are_named(lake: FakeLake) -> None:
    found = trace_origin(lake, source="b")
    assert [name.split("@")[0] for name in found.checkpoints] == ["checkpoints/stage1[tiny]"]
    assert [name.split("@")[0] for name in found.reports] == ["reports/perplexity[tiny]"]
    assert [name.split("@")[0] for name in found.releases] == ["releases/release[tiny]"]


def test_a_training_that_ended_before_its_turn_has_read_nothing(lake: FakeLake) -> None:
    (model,) = lake.manifests("checkpoints", "stage1")
    key = (model.family, model.name, model.fingerprint)
    lake.committed[key] = replace(model, counts={"steps": 0, "tokens": 0})
    found = trace_origin(lake, source="a")
    assert (found.training[0]["steps"], found.training[0]["share"]) == (0, None)
    assert found.training[0]["first_step"] is None
    assert not found.checkpoints and not found.releases


def test_an_unknown_source_is_unknown(lake: FakeLake) -> None:
    found = trace_origin(lake, source="nobody")
    assert not found.is_known
    assert not found.training


def test_a_query_needs_exactly_one_of_source_and_licence(lake: FakeLake) -> None:
    with pytest.raises(ValueError, match="either a source or a licence"):
        trace_origin(lake, source="a", licence="CC0-1.0")
