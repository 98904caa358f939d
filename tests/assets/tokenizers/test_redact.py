"""Documents taken out of packed samples leave every other sample as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Workspace
from assets.tokenizers.pack import pack
from assets.tokenizers.redact import without
from assets.tokenizers.shards import make_sft_shards, make_shards
from tests.artifacts import parquet
from tests.assets.tokenizers.test_shards import read_back, stage_workspace, tokenizer_artifact
from training.shards import Shards

DOCUMENTS = [
    (f"{'abc defg hij '[index % 5 :]}" * (1 + index % 4), 1 + index % 2) for index in range(30)
]
GONE = f"{7:032x}"


def forgetting(ws: Workspace, *names: str, folder: Path) -> Workspace:
    """Return the same workspace with a request among its inputs."""
    lake = FakeLake(folder)
    manifests = []
    for files in ws.all_inputs():
        content = {e.path: files.path(e.path).read_bytes() for e in files.manifest.files}
        node = f"{files.manifest.family}/{files.manifest.name}"
        manifests.append(commit_folder(lake, node, content))
    rows = parquet([{"doc_id": name, "text_hash": ""} for name in names])
    manifests.append(
        commit_folder(lake, "corpora/tombstones", {"tombstones.parquet": rows}, partition="")
    )
    return fake_workspace(folder, ws.step, tuple(manifests), lake=lake)


def test_every_other_sample_keeps_its_bytes_and_its_number(tmp_path: Path) -> None:
    whole = stage_workspace(tmp_path / "a", DOCUMENTS)
    make_shards(whole)
    again = forgetting(stage_workspace(tmp_path / "b", DOCUMENTS), GONE, folder=tmp_path / "c")
    outcome = make_shards(again)
    before, after = Shards(whole.out_dir), Shards(again.out_dir)
    assert before.info.num_samples == after.info.num_samples
    index = pl.read_parquet(whole.out_dir / "index.parquet")
    touched = set(index.filter(pl.col("doc_id") == GONE)["sample"])
    assert touched
    for sample in range(before.info.num_samples):
        one, two = before.sample(sample), after.sample(sample)
        same = np.array_equal(one.tokens_C, two.tokens_C)
        assert same == (sample not in touched), sample
    left = {key: ids for key, ids in read_back(whole.out_dir).items() if key[0] != GONE}
    assert read_back(again.out_dir) == left
    assert outcome.counts["forgotten"] == 1
    assert outcome.counts["documents"] == len(DOCUMENTS) - 1
    assert outcome.counts["tokens"] == after.info.num_tokens == sum(map(len, left.values()))


def test_an_id_that_was_never_packed_changes_no_byte(tmp_path: Path) -> None:
    whole = stage_workspace(tmp_path / "a", DOCUMENTS)
    make_shards(whole)
    again = forgetting(stage_workspace(tmp_path / "b", DOCUMENTS), "f" * 32, folder=tmp_path / "c")
    make_shards(again)
    for path in sorted(whole.out_dir.rglob("*.*")):
        assert path.read_bytes() == (again.out_dir / path.relative_to(whole.out_dir)).read_bytes()


def test_shards_of_which_nothing_would_be_left_are_refused(tmp_path: Path) -> None:
    ws = stage_workspace(tmp_path / "b", DOCUMENTS[:2])
    names = [f"{index:032x}" for index in range(2)]
    with pytest.raises(ValueError, match="every packed document is to be forgotten"):
        make_shards(forgetting(ws, *names, folder=tmp_path / "c"))


def test_a_sample_that_has_become_empty_keeps_its_number() -> None:
    lengths, repeats = np.array([16, 5, 6]), np.array([1, 1, 1])
    packed = pack(lengths, repeats, 16, seed=1)
    left = without(packed, np.array([True, False, False]))
    assert left.num_samples == packed.num_samples == 2
    assert len(set(left.sample)) == 1
    assert without(packed, np.zeros(3, dtype=bool)) is packed


def test_questions_about_a_forgotten_document_leave_their_shards(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    rows = [
        {"item_id": f"item{n}", "domain": "general", "system": "a", "question": f"b{n}",
         "answer": "c", "seed_doc_id": GONE if n == 1 else f"{n:032x}"}
        for n in range(4)
    ]  # fmt: skip
    inputs = (
        commit_folder(lake, "synthesis/questions", {"questions.parquet": parquet(rows)}),
        tokenizer_artifact(lake),
        commit_folder(
            lake, "corpora/tombstones",
            {"tombstones.parquet": parquet([{"doc_id": GONE, "text_hash": ""}])}, partition="",
        ),
    )  # fmt: skip
    step = Step(
        family="tokenizers", name="shards_sft_general", partition="p", code_version="1",
        config={"context_tokens": 256, "domain": "general"},
    )  # fmt: skip
    ws = fake_workspace(tmp_path, step, inputs, lake=lake)
    make_sft_shards(ws)
    packed = set(pl.read_parquet(ws.out_dir / "index.parquet")["doc_id"])
    assert packed == {"item0", "item2", "item3"}
