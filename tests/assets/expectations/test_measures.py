"""Texts become numbers before anything else sees them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.expectations.measures import REDACTED, measure, measured_columns


def measured(*texts: str | None) -> pl.DataFrame:
    frame = pl.LazyFrame({"id": range(len(texts)), "text": pl.Series(texts, dtype=pl.String)})
    return measure(frame, ("text", "title")).collect()


@pytest.mark.parametrize(
    ("text", "chars", "controls"),
    [
        ("bile", 4, 0),
        ("  bile \n", 4, 0),
        (" \n\t", 0, 0),
        ("\u809d\u81d3", 2, 0),
        ("a\x00b\x1bc\x7f", 6, 3),
        ("tab\there\r\n", 8, 0),
        (None, None, None),
    ],
)
def test_a_text_is_measured_in_characters(
    text: str | None, chars: int | None, controls: int | None
) -> None:
    row = measured(text).row(0, named=True)
    assert (row["text_chars"], row["text_control_chars"]) == (chars, controls)


def test_the_text_itself_is_gone_and_its_absence_is_kept() -> None:
    assert measured("bile", "", None)["text"].to_list() == [REDACTED, REDACTED, None]


def test_columns_that_are_not_there_are_left_out() -> None:
    columns = measured("bile").columns
    assert columns == measured_columns(("id", "text"), ("text", "title"))


@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=8))
def test_wild_texts_are_measured_and_never_kept(texts: list[str | None]) -> None:
    frame = measured(*[text and text.encode("utf-8", "ignore").decode() for text in texts])
    assert set(frame["text"].drop_nulls()) <= {REDACTED}
