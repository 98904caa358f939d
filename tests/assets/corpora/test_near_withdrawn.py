"""A document that repeats most of a withdrawn one is told, with the share that it repeats."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.corpora.near_withdrawn import NEAR_SCHEMA, near_withdrawn, withdrawn_sentences

FIRST = "The drug lowered blood pressure in every patient"
SECOND = "No adverse event was seen during the whole of the trial"
THIRD = "We recommend it to everyone who suffers from it"


def corpus(*texts: str) -> pl.DataFrame:
    schema = dict.fromkeys(("doc_id", "source", "native_id", "text"), pl.String)
    rows = [(f"d{n}", "s", str(n), text) for n, text in enumerate(texts)]
    return pl.DataFrame(rows, schema=schema, orient="row")


def withdrawn(text: str) -> pl.DataFrame:
    return withdrawn_sentences(pl.DataFrame({"doc_id": ["gone"], "text": [text]}))


SENTENCES = withdrawn(f"{FIRST}. {SECOND}. {THIRD}.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{FIRST}. {SECOND}.", True),
        (f"Correction: see below.\n{SECOND.upper()}!  {FIRST}?", True),
        (f"{FIRST.replace(' ', '  ')}. {SECOND}.", True),
        (f"{FIRST}. The rest is quite another story that nobody has told.", False),
        ("Nothing of that sort was ever written in this document here.", False),
    ],
)
def test_most_of_its_sentences_make_a_near_copy(text: str, told: bool) -> None:
    assert (near_withdrawn(corpus(text), SENTENCES).height == 1) is told


def test_the_share_is_that_of_the_withdrawn_text() -> None:
    (row,) = near_withdrawn(corpus(f"{FIRST}. {SECOND}."), SENTENCES).iter_rows(named=True)
    length = len(FIRST) + len(SECOND)
    assert row["share"] == pytest.approx(length / (length + len(THIRD)))
    assert (row["doc_id"], row["withdrawn_doc_id"], row["native_id"]) == ("d0", "gone", "0")


def test_a_sentence_that_is_repeated_counts_once() -> None:
    assert not near_withdrawn(corpus(f"{FIRST}. " * 9), SENTENCES).height


def test_chinese_sentences_end_at_their_own_full_stop() -> None:
    one, other = "\u808c" * 40, "\u9aa8" * 40
    found = near_withdrawn(corpus(f"{one}\u3002{other}"), withdrawn(f"{other}\u3002{one}\u3002"))
    assert found["share"].to_list() == [1.0]


def test_short_texts_say_nothing() -> None:
    assert withdrawn("Too short. To matter.").height == 0
    found = near_withdrawn(corpus("Too short. To matter."), withdrawn("Too short. To matter."))
    assert (found.height, found.schema) == (0, NEAR_SCHEMA)


def test_a_withdrawn_document_is_no_copy_of_itself() -> None:
    itself = corpus(f"{FIRST}. {SECOND}.").with_columns(pl.lit("gone").alias("doc_id"))
    assert near_withdrawn(itself, SENTENCES).height == 0


@given(st.lists(st.text(max_size=80), max_size=5))
def test_wild_texts_never_crash(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    assert near_withdrawn(corpus(*texts), SENTENCES).schema == NEAR_SCHEMA
