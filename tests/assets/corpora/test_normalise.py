"""Normal form: canonical, idempotent, total."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.corpora.normalise import normalise, normalised_line, text_hash_of, unicode_text

ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(" \t\n\r\f\v\x85\u2028\u00a0\u00ad\u200b\u202e\ufeff\ud800e\u0301\u0327"),
    )
)


def line(text: str) -> str:
    """Return a title's normal form."""
    return str(pl.select(normalised_line(pl.lit(unicode_text(text)))).item())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("  two\t \u00a0spaces \n  in ", "two spaces\nin"),
        ("one\n\n\n\ntwo", "one\n\ntwo"),
        ("cafe\u0301", "caf\u00e9"),
        ("soft\u00adhyphen zero\u200bwidth \ufeffmark", "softhyphen zerowidth mark"),
        ("bell\x07 and \x9fcontrol", "bell and control"),
        ("left \u202eright", "left right"),
        ("\u0646\u0645\u06cc\u200c\u062e\u0648", "\u0646\u0645\u06cc\u200c\u062e\u0648"),
        ("broken \ud800 half", "broken \ufffd half"),
        ("", ""),
    ],
)
def test_prose_has_one_form(text: str, expected: str) -> None:
    assert normalise(text, keep_layout=False) == expected


def test_code_keeps_its_indentation_and_tabs() -> None:
    text = "\n\ndef f():\r\n    if x:  \r\n\treturn  1\n\n\n\n\n\ny = 2\n"
    expected = "def f():\n    if x:\n\treturn  1\n\n\ny = 2"
    assert normalise(text, keep_layout=True) == expected


def test_a_title_is_one_line() -> None:
    assert line(" Two\n lines\n\nhere ") == "Two lines here"


def test_the_hash_of_a_text_does_not_depend_on_its_spacing() -> None:
    assert text_hash_of(" a  b\r\nc ") == text_hash_of("a b\nc")
    assert text_hash_of("a b") != text_hash_of("a c")
    assert text_hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223"


@given(ANY_TEXT, st.booleans())
def test_a_second_pass_changes_nothing(text: str, keep_layout: bool) -> None:
    once = normalise(text, keep_layout=keep_layout)
    assert normalise(once, keep_layout=keep_layout) == once


@given(ANY_TEXT, st.booleans())
def test_the_normal_form_is_nfc_and_encodes(text: str, keep_layout: bool) -> None:
    once = normalise(text, keep_layout=keep_layout)
    assert unicodedata.is_normalized("NFC", once)
    assert once.encode().decode() == once


@given(ANY_TEXT)
def test_no_visible_letter_of_prose_is_lost(text: str) -> None:
    def letters(value: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFC", value) if c.isalnum())

    assert letters(normalise(text, keep_layout=False)) == letters(text)


@given(ANY_TEXT)
def test_a_title_never_has_two_spaces_or_a_newline(text: str) -> None:
    title = line(text)
    assert "\n" not in title and "  " not in title
