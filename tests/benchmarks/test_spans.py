"""The generated lake is whole, and the judge of the command's answers lets nothing wrong pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets.lineage.answer import trace_answer
from assets.lineage.audit import ArtifactGraph
from assets.lineage.document_index import DocumentIndex
from assets.lineage.find import find_artifact
from benchmarks.processes import run
from benchmarks.span_answers import RUNS, Judge, draw_answers
from benchmarks.span_lake import CONTEXT, SpanLake, generate
from benchmarks.spans import measure
from training.shards import Shards

VOCABULARY = 1500


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SpanLake:
    return generate(tmp_path_factory.mktemp("spans"), 8 * CONTEXT, VOCABULARY)


def test_a_generated_lake_goes_from_raw_corpora_to_a_release(made: SpanLake) -> None:
    assert find_artifact("releases/release[tiny]", made.lake) == made.release
    nodes = {manifest.node for manifest in ArtifactGraph.of(made.lake).ancestors(made.release)}
    assert {"corpora/raw", "corpora/documents", "mixtures/stage1", "tokenizers/tokenizer"} <= nodes
    entry = made.shards.file("shards.json")
    shards = Shards(made.lake.fetch(made.shards, entry).parent)
    pieces = sum(int(shards.sample(n).segment_C.max()) + 1 for n in range(made.info.num_samples))
    assert pieces == made.documents.height
    assert shards.sample(3).loss_mask_C.all(), "no padding"


def test_words_that_are_written_and_encoded_again_are_the_same_ids(made: SpanLake) -> None:
    assert len(made.words.ids) > VOCABULARY // 5
    drawn = made.words.drawn(np.random.default_rng(3), 500).tolist()
    assert made.tokenizer.encode(made.tokenizer.decode(drawn)) == drawn
    assert all(run.is_kept for answer in draw_answers(made, 3) for run in answer.runs)


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ("doc_id", "0" * 32), ("source", "another"), ("native_id", "PMID0"), ("sample", 99),
        ("tokens", [0, 60]), ("training", []), ("steps", [7]), ("", None),
    ],
)  # fmt: skip
def test_an_answer_is_right_when_all_that_is_told_of_each_run_is(
    made: SpanLake, changed: str, value: object
) -> None:
    (answer,) = draw_answers(made, 1)
    judge = Judge(made, [answer])
    told: dict[str, Any] = trace_answer(made.lake, made.release, answer.text).to_dict()
    for place in (place for span in told["spans"] for place in span["places"]):
        if changed == "steps":
            place["training"][0]["steps"] = value
        elif changed:
            place[changed] = value
    assert judge.told(answer, json.dumps(told)) == [not changed] * RUNS
    told["spans"] = []
    assert not any(judge.told(answer, json.dumps(told)))


def test_an_answer_is_told_without_the_compiler(made: SpanLake, tmp_path: Path) -> None:
    (answer,) = draw_answers(made, 1)
    (tmp_path / "answer.txt").write_text(answer.text)
    with DocumentIndex.open(made.lake):
        pass  # making it compiles
    code = (
        "import sys; from orchestration.commands.trace import trace; from pathlib import Path; "
        f"trace(answer_file=Path({str(tmp_path / 'answer.txt')!r}), model={made.release.key!r}, "
        "as_json=True); sys.exit(3 * ('numba' in sys.modules))"
    )
    env = {"MATERIA_LAKE": made.lake.root, "MATERIA_HOME": str(made.lake.derived.parents[2])}
    assert all(Judge(made, [answer]).told(answer, run(["-c", code], env).output))


@pytest.mark.slow
def test_the_command_is_timed_and_tells_every_run(tmp_path: Path) -> None:
    found = measure(tmp_path, 20 * CONTEXT, answers=2, vocab_size=VOCABULARY)
    assert found["runs_that_kept_their_ids"] == "8 of 8"
    for name in ("copied_runs_found", "runs_told_by_the_command"):
        assert found[name] == "16 of 16", "each run, in the page cache and out of it"
    for name in ("command", "command_out_of_the_cache"):
        assert found[name]["wall_s_max"] >= found[name]["wall_s_min"] > 0
    assert found["last_read_mb"]["tokenizers/tokenizer/tokenizer.json"] > 0.05
    assert found["document_index_bytes"] > 0
    assert found["index_bytes"] > 0
