"""tokenizers/shards_*: what is written is what was asked for, found again through the index."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.build import hash_files
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, Workspace
from assets.tokenizers.bpe import assemble
from assets.tokenizers.shards import (
    MAX_SHARD_TOKENS,
    make_sft_shards,
    make_shards,
    samples_per_shard,
)
from model.tokenizer import Tokenizer
from training.shards import Shards

BACKEND = assemble("abcdefghij ", [("a", "b"), ("ab", "c")])
TOKENIZER = Tokenizer(assemble("abcdefghij ", [("a", "b"), ("ab", "c")]))

Document = tuple[str, int]
"""Text and how many copies of it are selected."""


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def tokenizer_artifact(lake: FakeLake) -> Manifest:
    files = {"tokenizer.json": BACKEND.to_str().encode()}
    return commit_folder(lake, "tokenizers/tokenizer", files)


def stage_workspace(folder: Path, documents: list[Document], context: int = 16) -> Workspace:
    lake = FakeLake(folder / "lake")
    names = [f"{index:032x}" for index in range(len(documents))]
    corpus = pl.DataFrame({"doc_id": names, "text": [text for text, _ in documents]})
    chosen = pl.DataFrame(
        {"doc_id": names, "repeats": [repeats for _, repeats in documents]},
        schema={"doc_id": pl.String, "repeats": pl.Int64},
    )
    inputs = (
        commit_folder(lake, "mixtures/decontaminated", {"documents.parquet": parquet(corpus)}),
        tokenizer_artifact(lake),
        commit_folder(
            lake,
            "mixtures/stage1",
            {"selection.parquet": parquet(chosen.filter(pl.col("repeats") > 0))},
        ),
    )
    step = Step(
        family="tokenizers",
        name="shards_stage1",
        partition="p",
        code_version="1",
        config={"context_tokens": context, "seed": 9},
    )
    return fake_workspace(folder, step, inputs, lake=lake)


def read_back(folder: Path) -> dict[tuple[str, int], list[int]]:
    """Return the tokens of each copy of each document, by way of the index alone."""
    shards = Shards(folder)
    index = pl.read_parquet(folder / "index.parquet").sort("doc_id", "copy", "piece")
    found: dict[tuple[str, int], list[int]] = {}
    for row in index.iter_rows(named=True):
        tokens = shards.sample(row["sample"]).tokens_C[row["start"] : row["end"]].tolist()
        copy = found.setdefault((row["doc_id"], row["copy"]), [])
        assert len(copy) == 16 * row["piece"], "pieces before the last are full contexts"
        copy.extend(tokens)
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.text("abcdefghij \u2581\u60a3", max_size=40), st.integers(0, 3)),
        min_size=1,
        max_size=12,
    ).filter(lambda documents: any(repeats for _, repeats in documents))
)
def test_every_copy_is_recovered_exactly_through_the_index(
    tmp_path_factory: pytest.TempPathFactory, documents: list[Document]
) -> None:
    ws = stage_workspace(tmp_path_factory.mktemp("shards"), documents)
    outcome = make_shards(ws)
    expected = {
        (f"{index:032x}", copy): [1, *TOKENIZER.encode(text), 2]
        for index, (text, repeats) in enumerate(documents)
        for copy in range(repeats)
    }
    assert read_back(ws.out_dir) == expected
    assert outcome.counts["tokens"] == sum(map(len, expected.values()))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Outcome]:
    documents = [("abc " * (index % 7), 1 + index % 3) for index in range(40)]
    ws = stage_workspace(tmp_path_factory.mktemp("made"), documents)
    return ws, make_shards(ws)


def test_segments_of_a_sample_are_the_pieces_of_the_index(made: tuple[Workspace, Outcome]) -> None:
    folder = made[0].out_dir
    shards = Shards(folder)
    index = pl.read_parquet(folder / "index.parquet")
    for number in range(shards.info.num_samples):
        rows = index.filter(pl.col("sample") == number).sort("start")
        expected = np.full(16, -1)
        for segment, row in enumerate(rows.iter_rows(named=True)):
            expected[row["start"] : row["end"]] = segment
        sample = shards.sample(number)
        assert sample.segment_C.tolist() == expected.tolist()
        assert sample.loss_mask_C.tolist() == (expected >= 0).tolist()


def test_padding_is_only_a_tail_and_is_counted(made: tuple[Workspace, Outcome]) -> None:
    ws, outcome = made
    shards = Shards(ws.out_dir)
    padding = 0
    for number in range(shards.info.num_samples):
        is_padding = shards.sample(number).tokens_C == shards.info.pad_id
        assert is_padding.tolist() == sorted(is_padding.tolist())
        padding += int(is_padding.sum())
    assert outcome.counts["padding"] == padding
    assert outcome.counts["tokens"] + padding == shards.info.num_samples * 16


def test_samples_are_spread_over_several_shards(made: tuple[Workspace, Outcome]) -> None:
    info = Shards(made[0].out_dir).info
    assert info.num_shards == 4
    sizes = [path.stat().st_size for path in sorted(made[0].out("tokens").iterdir())]
    assert sum(sizes) == info.num_samples * 16 * 2
    assert max(sizes) == info.samples_per_shard * 16 * 2


def test_two_runs_write_the_same_bytes(tmp_path: Path, made: tuple[Workspace, Outcome]) -> None:
    documents = [("abc " * (index % 7), 1 + index % 3) for index in range(40)]
    again = stage_workspace(tmp_path, documents)
    make_shards(again)
    assert hash_files(again.out_dir) == hash_files(made[0].out_dir)


def test_documents_that_had_to_be_cut_are_counted(tmp_path: Path) -> None:
    counts = make_shards(stage_workspace(tmp_path, [("d" * 14, 1), ("d" * 15, 2)])).counts
    assert (counts["documents"], counts["copies"], counts["cut_documents"]) == (2, 3, 1)


def test_a_selected_document_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    ws = stage_workspace(tmp_path, [("abc", 1)])
    lake = FakeLake(tmp_path / "lake")
    stray = pl.DataFrame({"doc_id": ["f" * 32], "repeats": [1]})
    selection = {"selection.parquet": parquet(stray)}
    inputs = (
        *(files.manifest for files in ws.all_inputs()[:2]),
        commit_folder(lake, "mixtures/stage1", selection, stray=True),
    )
    with pytest.raises(ValueError, match=r"1 selected documents are not in .*make mixtures/stage1"):
        make_shards(fake_workspace(tmp_path, ws.step, inputs, lake=lake))


def test_an_empty_selection_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"shards_stage1\[p\] has nothing to pack"):
        make_shards(stage_workspace(tmp_path, [("abc", 0)]))


@pytest.mark.parametrize(
    ("num_samples", "context", "expected"),
    [(1, 16, 1), (40, 16, 10), (41, 16, 11), (10**7, 32_768, 2048), (8, 2 * MAX_SHARD_TOKENS, 1)],
)
def test_shards_are_neither_few_nor_large(num_samples: int, context: int, expected: int) -> None:
    assert samples_per_shard(num_samples, context) == expected


QUESTIONS = [
    {"item_id": "a" * 32, "domain": "medical", "question": "bad cafe", "answer": "abc"},
    {"item_id": "b" * 32, "domain": "medical", "question": "a", "answer": "face"},
    {"item_id": "c" * 32, "domain": "medical", "question": "a" * 90, "answer": "too long"},
    {"item_id": "d" * 32, "domain": "general", "question": "other", "answer": "domain"},
]


def sft_workspace(folder: Path) -> Workspace:
    lake = FakeLake(folder / "lake")
    rows: list[dict[str, Any]] = [{**row, "system": "hi"} for row in QUESTIONS]
    files = {"questions.parquet": parquet(pl.DataFrame(rows))}
    inputs = (commit_folder(lake, "synthesis/questions", files), tokenizer_artifact(lake))
    step = Step(
        family="tokenizers",
        name="shards_sft_medical",
        partition="p",
        code_version="1",
        config={"context_tokens": 64, "domain": "medical"},
    )
    return fake_workspace(folder, step, inputs, lake=lake)


def test_chats_are_packed_with_a_mask_on_replies_only(tmp_path: Path) -> None:
    ws = sft_workspace(tmp_path)
    make_sft_shards(ws)
    shards = Shards(ws.out_dir)
    index = pl.read_parquet(ws.out("index.parquet"))
    assert index["doc_id"].to_list() == ["a" * 32, "b" * 32]
    for row in index.iter_rows(named=True):
        sample, inside = shards.sample(row["sample"]), slice(row["start"], row["end"])
        question = next(item for item in QUESTIONS if item["item_id"] == row["doc_id"])
        tokens, mask = sample.tokens_C[inside], sample.loss_mask_C[inside]
        assert tokens[mask].tolist() == [*TOKENIZER.encode(question["answer"]), 2]
        written = TOKENIZER.decode(tokens.tolist(), keep_special=True)
        assert written == f"<B_SYS>hi<C_Q>{question['question']}<C_A>{question['answer']}</s>"


def test_chats_longer_than_the_context_are_left_out_with_a_reason(tmp_path: Path) -> None:
    ws = sft_workspace(tmp_path)
    assert make_sft_shards(ws).counts["left_out"] == 1
    left_out = pl.read_parquet(ws.out("left_out.parquet"))
    assert left_out.rows() == [("c" * 32, "longer than the context", 104)]
