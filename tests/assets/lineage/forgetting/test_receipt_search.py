"""A receipt finds what is there: documents in tables, in shards, in what models read."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.corpora.tombstones import TOMBSTONE_SCHEMA
from assets.fakes import FakeLake, commit_folder
from assets.lineage.forgetting.near_search import near_in_corpus, near_in_questions
from assets.lineage.forgetting.receipt import Receipt, Search
from assets.lineage.forgetting.receipt_search import Searcher, texts_in
from tests.artifacts import parquet
from tests.assets.corpora.test_tombstoned import OTHER, TEXT, shingles
from tests.assets.lineage.test_taint import lake

__all__ = ["lake"]


def searcher(lake: FakeLake, mode: str, *doc_ids: str) -> tuple[Searcher, Receipt]:
    blank = {name: "" for name in TOMBSTONE_SCHEMA} | {"share": 1.0, "num_shingles": 0}
    rows = [blank | {"doc_id": name, "text_hash": f"hash {name}"} for name in doc_ids]
    frame = pl.DataFrame(rows, schema=TOMBSTONE_SCHEMA).with_columns(
        pl.lit(mode).alias("mode"), pl.lit("f" * 64).alias("request")
    )
    receipt = Receipt(recipe="toy", requests=[], num_documents=len(rows))
    return Searcher(lake, list(lake.manifests()), frame, receipt), receipt


def found(receipt: Receipt) -> dict[str, Search]:
    return {s.artifact.split("[")[0]: s for s in receipt.searches if s.found}


def test_packed_documents_are_found_and_mixtures_are_by_design_after_a_restart(
    lake: FakeLake,
) -> None:
    work, receipt = searcher(lake, "restart", "kept")
    work.documents()
    searches = found(receipt)
    packed = {"tokenizers/shards_stage1", "tokenizers/shards_sft_general"}
    assert {node for node, search in searches.items() if not search.by_design} == packed
    assert searches["tokenizers/shards_sft_general"].told == ("item",)
    assert "mixtures/stage1" in searches and "synthesis/questions" in searches


def test_nothing_is_by_design_when_the_request_was_strict(lake: FakeLake) -> None:
    work, receipt = searcher(lake, "strict", "kept")
    work.documents()
    assert len(found(receipt)) >= 6
    assert not any(search.by_design for search in receipt.searches)


def test_the_same_text_under_another_id_is_found_by_its_hash(lake: FakeLake) -> None:
    work, receipt = searcher(lake, "strict", "kept")
    work.documents()
    assert set(found(receipt)["corpora/documents"].told) == {"kept", "copy"}


def test_a_document_that_stands_nowhere_is_found_nowhere(lake: FakeLake) -> None:
    work, receipt = searcher(lake, "strict", "stranger")
    work.documents()
    work.readings()
    assert found(receipt) == {}
    assert all(search.looked_at for search in receipt.searches)


def test_models_that_read_it_are_found_with_their_steps(lake: FakeLake) -> None:
    work, receipt = searcher(lake, "restart", "kept")
    work.readings()
    searches = found(receipt)
    assert set(searches) == {"checkpoints/stage1", "models/sft_general"}
    assert "steps read them, the first is" in searches["checkpoints/stage1"].told[0]


def test_a_release_that_credits_it_by_name_is_found(lake: FakeLake) -> None:
    rows = [{"source": "s", "native_id": "n kept"}, {"source": "s", "native_id": "n other"}]
    files = {"attributed_documents.parquet": parquet(rows)}
    commit_folder(lake, "releases/release", files, n=7)
    work, receipt = searcher(lake, "restart", "kept")
    named = work._rows.with_columns(
        pl.lit("s").alias("source"), pl.lit("n kept").alias("native_id")
    )
    Searcher(lake, list(lake.manifests()), named, receipt).attributions()
    assert found(receipt)["releases/release"].told == ("s n kept",)


@pytest.fixture
def texts(tmp_path: Path) -> FakeLake:
    lake = FakeLake(tmp_path)
    rows = [
        {"doc_id": "a", "text": TEXT.replace("elderly", "old"), "text_hash": "h a"},
        {"doc_id": "b", "text": OTHER, "text_hash": "h b"},
    ]
    for node in ("mixtures/decontaminated", "corpora/documents"):
        commit_folder(lake, node, {"documents.parquet": parquet(rows)})
    asked = [
        {"item_id": "i", "question": "What is told?", "answer": TEXT},
        {"item_id": "j", "question": "And what else?", "answer": OTHER},
    ]
    commit_folder(lake, "synthesis/questions", {"questions.parquet": parquet(asked)})
    return lake


def test_near_copies_are_found_among_what_is_packed_only(texts: FakeLake) -> None:
    (corpus,) = texts.manifests("mixtures", "decontaminated")
    (questions,) = texts.manifests("synthesis", "questions")
    known = shingles(TEXT)
    looked, told = near_in_corpus(texts, corpus, known, pl.Series(["a", "b"]))
    assert looked == 2
    assert len(told) == 1 and told[0].startswith("a repeats ")
    assert near_in_corpus(texts, corpus, known, pl.Series(["b"])) == (1, [])
    looked, told = near_in_questions(texts, questions, known, pl.Series(["i", "j"]))
    assert looked == 2 and told[0].startswith("i repeats 100%")


def test_texts_are_taken_from_whatever_corpus_still_holds_them(texts: FakeLake) -> None:
    assert texts_in(texts, pl.Series(["h b", "h lost"])).rows() == [("h b", OTHER)]
