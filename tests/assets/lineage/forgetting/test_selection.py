"""Which documents a request means: named, copies, near copies; forms of a source are no copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.corpora.normalise import text_hash_of
from assets.corpora.tombstones import TOMBSTONE_SCHEMA
from assets.fakes import FakeLake, commit_folder
from assets.lineage.forgetting.selection import Selected, select_documents, wanted_rows
from tests.artifacts import parquet

TEXT = (
    "An elderly farmer came to the clinic after three weeks of fever, a painful left knee and poor "
    "sleep. He had lost weight since the harvest, and his daughter reported that he no longer "
    "finished his meals. On examination the joint was warm and swollen."
)
NEAR = TEXT.replace("elderly", "old").replace("harvest", "winter")
OTHER = "Families spread nets below the trees in late autumn and beat the branches with poles."


def form(number: int) -> str:
    """Return an entry of a source whose entries are one form, filled in."""
    names = f"alpha{number} beta{number} gamma{number} delta{number} epsilon{number} zeta{number}"
    return (
        f"Code {number}. This category includes conditions of the {names}. Use an additional code "
        "to identify the organ that is affected and the drug that has caused it, if it is known."
    )


def row(doc_id: str, text: str, source: str = "s") -> dict[str, str]:
    return {"doc_id": doc_id, "source": source, "native_id": f"n-{doc_id}", "text": text,
            "text_hash": text_hash_of(text)}  # fmt: skip


def documents(lake: FakeLake, *rows: dict[str, str], **config: Any) -> None:
    source = rows[0]["source"]
    files = {"documents/00000.parquet": parquet(rows)}
    commit_folder(lake, "corpora/documents", files, partition=source, **config)


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    lake = FakeLake(tmp_path)
    documents(lake, row("named", TEXT), row("near", NEAR), row("other", OTHER), n=1)
    documents(lake, row("copy", TEXT, "t"), n=2)
    documents(lake, *[row(f"form{n:03d}", form(n), "f") for n in range(120)], n=3)
    return lake


def select(lake: FakeLake, *wanted: dict[str, str], near: bool = True, **more: Any) -> Selected:
    rows = wanted_rows([{"reason": "asked", **each} for each in wanted])
    sources = more.get("sources", ())
    return select_documents(lake, rows, sources, drop_near=near, why="asked")


def rules(selected: Selected) -> dict[str, str]:
    return dict(selected.rows.select("doc_id", "rule").iter_rows())


def test_a_named_document_brings_its_copies_and_near_copies(lake: FakeLake) -> None:
    found = select(lake, {"doc_id": "named"})
    assert rules(found) == {"copy": "copy", "named": "named", "near": "near"}
    assert found.rows["of_doc_id"].to_list() == ["named"] * 3
    assert found.rows["reason"].to_list() == ["asked"] * 3
    share = found.near.filter(pl.col("doc_id") == "near")["share"].item()
    assert 0.5 <= share < 1
    assert dict(found.rows.schema) == TOMBSTONE_SCHEMA


def test_near_copies_are_told_of_and_stay_when_they_are_not_asked_for(lake: FakeLake) -> None:
    found = select(lake, {"doc_id": "named"}, near=False)
    assert set(rules(found)) == {"named", "copy"}
    assert found.near["doc_id"].to_list() == ["near"]


def test_no_text_stands_in_what_is_kept(lake: FakeLake) -> None:
    found = select(lake, {"doc_id": "named"})
    values = [str(value) for each in found.rows.iter_rows() for value in each]
    assert not any("farmer" in value for value in values)
    assert set(found.shingles["text_hash"]) == {text_hash_of(TEXT)}
    assert found.shingles.height == found.rows["num_shingles"].max()


def test_the_form_of_a_source_makes_no_near_copy(lake: FakeLake) -> None:
    found = select(lake, {"doc_id": "form007"})
    assert rules(found) == {"form007": "named"}


@pytest.mark.parametrize(
    "wanted",
    [
        {"source": "s", "native_id": "n-named"},
        {"text_hash": text_hash_of(TEXT)},
    ],
)
def test_a_document_is_named_in_any_way_that_a_list_knows(
    lake: FakeLake, wanted: dict[str, str]
) -> None:
    assert set(rules(select(lake, wanted))) == {"named", "copy", "near"}


def test_a_whole_source_is_all_its_documents(lake: FakeLake) -> None:
    found = select(lake, sources=("s",))
    assert found.sources == ("s",)
    assert rules(found) == {"named": "named", "near": "named", "other": "named", "copy": "copy"}
    # Of other sources exact copies go; runs of words are kept of single documents only.
    assert found.shingles.is_empty()


def test_what_is_not_here_is_stopped_when_it_comes(lake: FakeLake) -> None:
    found = select(lake, {"doc_id": "gone"}, {"text_hash": "0" * 32})
    kept = found.rows.select("doc_id", "text_hash", "source").sort("text_hash").rows()
    assert kept == [("gone", "", ""), ("", "0" * 32, "")]
    assert found.doc_ids.to_list() == ["gone"]


def test_a_native_id_that_nobody_has_is_refused(lake: FakeLake) -> None:
    with pytest.raises(LookupError, match="no document 'n-x' of source 's' is in the lake"):
        select(lake, {"source": "s", "native_id": "n-x"})


def test_a_source_without_documents_is_refused_with_those_there_are(lake: FakeLake) -> None:
    with pytest.raises(
        ValueError, match="source 'x' has no documents in the lake; there are: f, s, t"
    ):
        select(lake, sources=("x",))


def test_a_short_text_is_known_by_its_hash_alone(lake: FakeLake) -> None:
    documents(lake, row("short", "Four words, no more.", "u"), n=4)
    found = select(lake, {"doc_id": "short"})
    assert found.rows["num_shingles"].to_list() == [0]
    assert found.shingles.is_empty()
