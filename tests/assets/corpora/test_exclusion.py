"""Withdrawn documents and their exact copies leave a corpus, whatever names them."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from assets.corpora.exclusion import (
    EXCLUDED_SCHEMA,
    exclude_matches,
    exclude_withdrawn,
    find_withdrawn,
)
from assets.corpora.withdrawn import WITHDRAWN_SCHEMA


def corpus(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    names = ("doc_id", "source", "native_id", "text_hash")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return frame.with_columns(pl.lit("MIT").alias("licence"), pl.lit("words").alias("text"))


def listed(*rows: dict[str, Any]) -> pl.DataFrame:
    blank = {name: "" for name in WITHDRAWN_SCHEMA} | {"file": "a.csv", "line": 2}
    return pl.DataFrame([blank | {"reason": "fraud"} | row for row in rows], WITHDRAWN_SCHEMA)


CORPUS = corpus(
    ("d1", "pubmed", "1", "t1"),
    ("d2", "pubmed", "2", "t2"),
    ("d3", "mirror", "x", "t1"),
    ("d4", "mirror", "2", "t4"),
)


@pytest.mark.parametrize(
    ("row", "gone"),
    [
        ({"source": "pubmed", "native_id": "2"}, {"d2": "native_id"}),
        ({"doc_id": "d4"}, {"d4": "doc_id"}),
        ({"text_hash": "t2"}, {"d2": "text_hash"}),
        ({"doc_id": "d1"}, {"d1": "doc_id", "d3": "copy"}),
        ({"text_hash": "t1"}, {"d1": "text_hash", "d3": "text_hash"}),
        ({"source": "pubmed", "native_id": "absent"}, {}),
    ],
)
def test_a_document_leaves_by_what_names_it(row: dict[str, str], gone: dict[str, str]) -> None:
    kept, excluded = exclude_withdrawn(CORPUS, listed(row))
    assert dict(excluded.select("doc_id", "rule").iter_rows()) == gone
    assert set(kept["doc_id"]) == set(CORPUS["doc_id"]) - set(gone)


def test_a_copy_names_the_document_whose_text_it_has_and_why() -> None:
    row = {"doc_id": "d1", "reason": "retracted", "date": "2020-05-01", "reference": "PMID 9"}
    _, excluded = exclude_withdrawn(CORPUS, listed(row))
    copy = excluded.filter(pl.col("doc_id") == "d3").row(0, named=True)
    assert (copy["withdrawn_doc_id"], copy["reason"]) == ("d1", "retracted")
    assert (copy["date"], copy["reference"]) == ("2020-05-01", "PMID 9")


def test_a_document_that_is_named_twice_leaves_once() -> None:
    rows = [{"doc_id": "d1"}, {"source": "pubmed", "native_id": "1"}, {"text_hash": "t1"}]
    kept, excluded = exclude_withdrawn(CORPUS, listed(*rows, *rows))
    assert excluded["doc_id"].to_list() == ["d1", "d3"]
    assert excluded["rule"].to_list() == ["doc_id", "text_hash"]
    assert kept.height + excluded.height == CORPUS.height


def test_nothing_leaves_without_a_list() -> None:
    kept, excluded = exclude_withdrawn(CORPUS, listed())
    assert kept.equals(CORPUS)
    assert (excluded.height, excluded.schema) == (0, EXCLUDED_SCHEMA)


def test_an_empty_cell_names_no_document() -> None:
    odd = corpus(("d1", "", "", ""))
    assert exclude_withdrawn(odd, listed({"doc_id": "d9"}))[0].height == 1


def test_a_copy_in_another_part_leaves_too() -> None:
    withdrawals = find_withdrawn(CORPUS.lazy(), listed({"doc_id": "d1"}))
    parts = [exclude_matches(CORPUS.slice(start, 2), withdrawals) for start in (0, 2)]
    assert [part["doc_id"].to_list() for part, _ in parts] == [["d2"], ["d4"]]
    assert [part["doc_id"].to_list() for _, part in parts] == [["d1"], ["d3"]]


def test_what_leaves_does_not_depend_on_the_order_of_rows() -> None:
    rows = [{"doc_id": "d1", "reason": "b"}, {"text_hash": "t1", "reason": "a"}]
    _, excluded = exclude_withdrawn(CORPUS, listed(*rows))
    _, again = exclude_withdrawn(CORPUS.reverse(), listed(*reversed(rows)))
    assert excluded.equals(again)


def test_a_missing_hash_does_not_lose_a_document() -> None:
    odd = CORPUS.with_columns(
        pl.when(pl.col("doc_id") == "d2").then(None).otherwise("text_hash").alias("text_hash")
    )
    kept, excluded = exclude_withdrawn(odd, listed({"doc_id": "d1"}))
    assert kept.height + excluded.height == odd.height
