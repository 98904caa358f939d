"""Nothing of the text comes out but the masked text: not in errors, logs, reprs or counts."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stderr, redirect_stdout

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.corpora.deidentify import checksums, detect
from assets.corpora.deidentify.mask import deidentify_frame, deidentify_text
from assets.corpora.deidentify.notes.note import generate_notes

SECRET = "Quillanko 123-45-6789 quillanko@example.org"


def _silent(text: str) -> str:
    """Return all that is printed, logged or shown by repr while a text is masked."""
    logs, out = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(logs)
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(out), redirect_stderr(out):
            frame = pl.DataFrame({"text": [text.encode("utf-8", "replace").decode()]})
            masked = deidentify_frame(frame, columns=["text"])
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    return logs.getvalue() + out.getvalue() + repr(masked.totals()) + str(masked.counts)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_nothing_is_logged_or_counted_by_value(noise: str) -> None:
    shown = _silent(noise + f" Mr. {SECRET} " + noise)
    assert not any(part in shown for part in ("Quillanko", "quillanko", "6789"))


def test_the_repr_of_the_result_shows_no_value() -> None:
    masked = deidentify_frame(pl.DataFrame({"text": [f"Mr. {SECRET}"]}), columns=["text"])
    assert "6789" not in repr(masked)
    assert "uillanko" not in repr(masked)


@pytest.mark.parametrize("columns", [["body"], [], ["number"]])
def test_an_error_names_columns_and_no_values(columns: list[str]) -> None:
    frame = pl.DataFrame({"text": [SECRET], "number": [7]})
    with pytest.raises(ValueError, match="String columns") as caught:
        deidentify_frame(frame, columns=columns)
    assert "uillanko" not in str(caught.value) + repr(caught.value)


def test_counts_hold_numbers_only() -> None:
    masked = deidentify_frame(pl.DataFrame({"doc_id": ["d"], "text": [SECRET]}), columns=["text"])
    kinds = set(masked.counts.drop("doc_id").dtypes)
    assert kinds == {pl.UInt32}


def test_no_structured_identifier_of_a_note_survives() -> None:
    for note in generate_notes(3, 44):
        masked, _ = deidentify_text(note.text)
        for gold in note.gold:
            value = note.text[gold.start : gold.end]
            if gold.kind in ("ssn", "email", "phone", "fax", "url") and len(value) > 8:
                assert value not in masked, gold.kind


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_check_digits_of_anything_are_answered_without_an_error(text: str) -> None:
    for check in (
        checksums.luhn, checksums.npi, checksums.nhs, checksums.cn_resident_id,
        checksums.my_number, checksums.iban, checksums.vin, checksums.dea,
    ):  # fmt: skip
        assert check(text) in (True, False)


def test_every_kind_of_place_has_a_rule() -> None:
    from assets.corpora.deidentify import kinds
    from assets.corpora.deidentify.vocabulary import word_flags

    found = {flags & kinds.KIND_MASK for flags in word_flags().values()} - {0}
    assert found <= set(detect.RULES)
