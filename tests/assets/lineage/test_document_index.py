"""The document index finds every row of every table, follows the lake and can be thrown away."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage import document_index, index_tables, table_pieces
from assets.lineage.document_index import DocumentIndex, key_of
from assets.mixtures.deduplication.frames import hash_strings
from tests.artifacts import parquet

KEPT = ("corpora/documents", "documents", "doc_id")
BY_TEXT = ("corpora/documents", "documents", "text_hash")
PACKED = ("tokenizers/*", "index", "doc_id")


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


def documents(lake: FakeLake, *parts: Sequence[str], seed: int = 0) -> None:
    files = {
        f"documents/{number:05d}.parquet": parquet(
            [{"doc_id": each, "text_hash": f"hash-{each}", "title": each.upper()} for each in part]
        )
        for number, part in enumerate(parts)
    }
    commit_folder(lake, "corpora/documents", files, seed=seed)


def found(lake: FakeLake, asked: str, view: tuple[str, str, str]) -> list[dict[str, Any]]:
    with DocumentIndex.open(lake) as index:
        return [row.values for row in index.rows([asked], [view])]


def test_the_key_of_one_string_is_that_of_many() -> None:
    given = ["", "a", "0f3a5c", "name with \u00e9", "x" * 300]
    assert [key_of(each) for each in given] == hash_strings(pl.Series(given)).tolist()


def test_a_document_is_found_in_whichever_part_it_stands(lake: FakeLake) -> None:
    documents(lake, ["a", "b"], ["c"], ["d", "e", "f"])
    for name in "abcdef":
        assert [row["title"] for row in found(lake, name, KEPT)] == [name.upper()]
        assert [row["doc_id"] for row in found(lake, f"hash-{name}", BY_TEXT)] == [name]
    assert found(lake, "g", KEPT) == []
    assert found(lake, "hash-a", KEPT) == []  # an id is looked for among ids only


@pytest.mark.slow
def test_what_is_committed_later_is_found_and_the_files_stay_few(
    lake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_index, "_SMALL_ENTRIES", 1)
    for seed in range(40):
        documents(lake, [f"doc{seed}-{n}" for n in range(1 + seed % 3)], ["all"], seed=seed)
        assert len(found(lake, f"doc{seed}-0", KEPT)) == 1
        assert len(found(lake, "all", KEPT)) == seed + 1
    for seed in range(40):
        assert len(found(lake, f"doc{seed}-0", KEPT)) == 1
    assert len(list((lake.derived / "documents").glob("*.keys"))) <= 7
    assert not list((lake.derived / "documents").glob("*.run*"))


def test_all_rows_of_a_document_are_read_however_many(lake: FakeLake) -> None:
    rows = [
        {"doc_id": name, "sample": sample}
        for name, count in (("a", 3), ("b", 1000), ("c", 1))
        for sample in range(count)
    ]
    commit_folder(lake, "tokenizers/shards_stage1", {"index.parquet": parquet(rows)})
    assert [row["sample"] for row in found(lake, "b", PACKED)] == list(range(1000))
    assert [row["sample"] for row in found(lake, "c", PACKED)] == [0]


def test_rows_apart_from_each_other_are_all_read(lake: FakeLake) -> None:
    rows = [{"doc_id": name, "item_id": str(n)} for n, name in enumerate("abcab")]
    commit_folder(lake, "mixtures/decontaminated", {"removed.parquet": parquet(rows)})
    told = found(lake, "a", ("mixtures/decontaminated", "removed", "doc_id"))
    assert [row["item_id"] for row in told] == ["0", "3"]


def test_a_document_across_two_batches_of_rows_is_told_once(
    lake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_pieces, "BATCH_ROWS", 2)
    rows = [{"doc_id": "a" if n < 5 else "b", "sample": n} for n in range(7)]
    commit_folder(lake, "tokenizers/shards_stage1", {"index.parquet": parquet(rows)})
    assert [row["sample"] for row in found(lake, "a", PACKED)] == [0, 1, 2, 3, 4]
    assert [row["sample"] for row in found(lake, "b", PACKED)] == [5, 6]


def test_rows_without_an_id_are_no_document(lake: FakeLake) -> None:
    rows = [{"item_id": str(n), "seed_doc_id": seed} for n, seed in enumerate([None, "a", "", "a"])]
    commit_folder(lake, "synthesis/questions", {"questions.parquet": parquet(rows)})
    view = ("synthesis/*", "questions", "seed_doc_id")
    assert [row["item_id"] for row in found(lake, "a", view)] == ["1", "3"]
    assert found(lake, "", view) == []


def test_two_keys_that_meet_show_only_what_was_asked(
    lake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents(lake, ["a", "b"])
    monkeypatch.setattr(document_index, "key_of", lambda value: KEY_OF_A)
    assert found(lake, "other", KEPT) == []
    assert len(found(lake, "a", KEPT)) == 1


KEY_OF_A = key_of("a")


def test_an_index_that_was_removed_is_made_again(lake: FakeLake) -> None:
    documents(lake, ["a"])
    assert len(found(lake, "a", KEPT)) == 1
    shutil.rmtree(lake.derived)
    assert len(found(lake, "a", KEPT)) == 1


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\x00 and no more"])
def test_damaged_bookkeeping_is_made_again(lake: FakeLake, content: bytes) -> None:
    documents(lake, ["a"])
    found(lake, "a", KEPT)
    (lake.derived / "documents" / "tables.sqlite").write_bytes(content)
    assert len(found(lake, "a", KEPT)) == 1
    assert len(list((lake.derived / "documents").glob("*.keys"))) == 1


def test_an_index_of_other_tables_is_made_again(
    lake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents(lake, ["a"])
    fewer = index_tables.VIEWS[1:]
    monkeypatch.setattr(index_tables, "VIEWS", fewer)
    monkeypatch.setattr(document_index, "VIEWS", fewer)
    assert len(found(lake, "hash-a", BY_TEXT)) == 1
    assert found(lake, "a", KEPT) == []
    monkeypatch.undo()
    assert len(found(lake, "a", KEPT)) == 1


def test_an_artifact_that_was_taken_away_is_no_longer_told(lake: FakeLake) -> None:
    documents(lake, ["a"])
    assert len(found(lake, "a", KEPT)) == 1
    lake.committed.clear()
    assert found(lake, "a", KEPT) == []


def test_an_artifact_that_was_made_again_is_told_once(lake: FakeLake) -> None:
    documents(lake, ["a"])
    assert len(found(lake, "a", KEPT)) == 1
    (key, manifest), *_ = lake.committed.items()
    lake.committed[key] = type(manifest)(**{**vars(manifest), "finished_at": "2027-01-01"})
    assert len(found(lake, "a", KEPT)) == 1


def test_files_of_a_broken_attempt_go_with_the_next_one(lake: FakeLake) -> None:
    documents(lake, ["a"])
    found(lake, "a", KEPT)
    stray = lake.derived / "documents" / "000002.keys.run1"
    stray.write_bytes(b"half")
    documents(lake, ["b"], seed=1)
    assert len(found(lake, "b", KEPT)) == 1
    assert not stray.exists()


def test_a_damaged_file_is_named(lake: FakeLake) -> None:
    documents(lake, ["a"])
    found(lake, "a", KEPT)
    (path,) = (lake.derived / "documents").glob("*.keys")
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ValueError, match="was cut short or is none of ours: remove the folder"):
        found(lake, "a", KEPT)


def test_a_missing_file_is_told_with_what_to_do(lake: FakeLake) -> None:
    documents(lake, ["a"])
    found(lake, "a", KEPT)
    for path in (lake.derived / "documents").glob("*.keys"):
        path.unlink()
    with pytest.raises(LookupError, match="lacks a file: remove the folder"):
        found(lake, "a", KEPT)
