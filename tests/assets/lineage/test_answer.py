"""From an answer back to documents and steps, with a real tokenizer and real shards."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.answer import MAX_PLACES, trace_answer
from assets.lineage.manifest import InputRecord, Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import Workspace
from assets.tokenizers.bpe import assemble
from assets.tokenizers.shards import make_shards
from assets.tokenizers.spans import make_spans
from tests.artifacts import parquet
from training.shards import SampleOrder

STEPS, BATCH, SEED = 6, 2, 3
TEXTS = {
    "a": "the pulse of the patient was slow and full",
    "b": "a rash on both arms that came and went",
    "c": "the pulse of the patient was fast and thin",
}


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


def made(lake: FakeLake, ws: Workspace, *inputs: Manifest) -> Manifest:
    """Commit what some work has written."""
    files = {
        path.relative_to(ws.out_dir).as_posix(): path.read_bytes()
        for path in ws.out_dir.rglob("*")
        if path.is_file()
    }
    node = f"{ws.step.family}/{ws.step.name}"
    return link(lake, commit_folder(lake, node, files, **ws.config), *inputs)


def workspace(
    folder: Path, lake: FakeLake, name: str, config: dict[str, int], *inputs: Manifest
) -> Workspace:
    step = Step(family="tokenizers", name=name, partition="p", code_version="1", config=config)
    return fake_workspace(folder / name, step, inputs, lake=lake)


def lake_with(
    tmp_path: Path, repeats: int = 1, *, indexed: bool = True
) -> tuple[FakeLake, Manifest]:
    lake = FakeLake(tmp_path / "lake")
    rows = [
        {
            "doc_id": name * 32, "text": text, "source": "notes", "native_id": name,
            "title": "", "licence": "CC0-1.0",
        }
        for name, text in TEXTS.items()
    ]  # fmt: skip
    files = {"documents.parquet": parquet(rows)}
    documents = commit_folder(lake, "corpora/documents", files)
    corpus = link(lake, commit_folder(lake, "mixtures/decontaminated", files), documents)
    backend = assemble("abcdefghijklmnopqrstuvwxyz ", [("t", "h"), ("th", "e")])
    tokenizer = commit_folder(
        lake, "tokenizers/tokenizer", {"tokenizer.json": backend.to_str().encode()}
    )
    chosen = [{"doc_id": row["doc_id"], "repeats": repeats} for row in rows]
    stage = commit_folder(lake, "mixtures/stage1", {"selection.parquet": parquet(chosen)})
    ws = workspace(
        tmp_path, lake, "shards_stage1", {"context_tokens": 64, "seed": 1}, corpus, tokenizer, stage
    )
    make_shards(ws)
    shards = made(lake, ws, corpus, tokenizer, stage)
    if indexed:
        ws = workspace(tmp_path, lake, "spans", {"gram_tokens": 8, "window_grams": 8}, shards)
        make_spans(ws)
        made(lake, ws, shards)
    config = {"data_seed": SEED, "batch_samples": BATCH}
    model = commit_folder(lake, "checkpoints/stage1", {"w": b"1"}, partition="tiny", **config)
    return lake, link(lake, replace(model, counts={"steps": STEPS}), shards)


def test_the_longest_run_names_its_document_and_the_steps_that_read_it(tmp_path: Path) -> None:
    lake, model = lake_with(tmp_path)
    found = trace_answer(lake, model, "I think the pulse of the patient was slow and weak.")
    longest = found.spans[0]
    assert longest.text == "the pulse of the patient was slow and "
    (place,) = longest.places
    assert (place["source"], place["native_id"], place["licence"]) == ("notes", "a", "CC0-1.0")
    shards = next(m for m in lake.manifests("tokenizers", "shards_stage1"))
    samples = json.loads(lake.fetch(shards, shards.file("shards.json")).read_text())["num_samples"]
    order = SampleOrder(samples, SEED)
    steps = order.steps_of(place["sample"], batch_samples=BATCH, steps=STEPS)
    assert place["training"] == [
        {
            "artifact": model.key,
            "fingerprint": model.fingerprint,
            "steps": steps,
            "times_seen": len(steps),
        }
    ]
    # The run of document c lies inside that of a.
    assert all("fast" not in span.text for span in found.spans)
    assert found.covered_tokens == longest.tokens[1] - longest.tokens[0]


def test_runs_side_by_side_are_told_each(tmp_path: Path) -> None:
    lake, model = lake_with(tmp_path)
    found = trace_answer(lake, model, "a rash on both arms; the patient was fast and thin")
    assert [span.places[0]["native_id"] for span in found.spans] == ["c", "b"]
    assert found.certain_tokens == 15


def test_every_copy_is_counted_and_the_first_are_named(tmp_path: Path) -> None:
    lake, model = lake_with(tmp_path, repeats=MAX_PLACES + 5)
    (span,) = trace_answer(lake, model, "a rash on both arms that came and went").spans
    assert span.num_places == MAX_PLACES + 5
    assert len(span.places) == MAX_PLACES


def test_an_answer_of_its_own_words_shares_nothing(tmp_path: Path) -> None:
    lake, model = lake_with(tmp_path)
    found = trace_answer(lake, model, "zebras quickly vex jumping dwarfs")
    assert (found.spans, found.covered_tokens) == ([], 0)


def test_a_model_without_an_index_is_told_the_remedy(tmp_path: Path) -> None:
    lake, model = lake_with(tmp_path, indexed=False)
    with pytest.raises(LookupError, match="materialize tokenizers/spans"):
        trace_answer(lake, model, "the pulse of the patient was slow")


def test_an_empty_answer_is_refused(tmp_path: Path) -> None:
    lake, model = lake_with(tmp_path)
    with pytest.raises(ValueError, match="the answer is empty"):
        trace_answer(lake, model, "")
