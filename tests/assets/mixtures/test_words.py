"""Normalised words: what counts as one, and hashes that never change."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixtures.words import batches, words_of

GOLDEN = [
    "4d1f97cc20eba6e3",
    "69e5f77241ec849f",
    "7437bee542b02c37",
    "59f05b9703f71cfe",
    "26b5ee90b1366f8c",
]

ascii_texts = st.lists(st.text(st.characters(codec="ascii"), max_size=80), max_size=8)


def cut(texts: list[str | None]) -> list[list[str]]:
    words = words_of(pl.Series(texts, dtype=pl.String))
    return [
        [words.phrase(word, 1) for word in range(words.bounds[row], words.bounds[row + 1])]
        for row in range(words.num_documents)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Beta-blockers, 5 mg/day!", ["beta", "blockers", "5", "mg", "day"]),
        ("snake_case stays", ["snake_case", "stays"]),
        ("caf\u00e9 \u2014 na\u00efve", ["caf\u00e9", "na\u00efve"]),
        ("cafe\u0301", ["caf\u00e9"]),
        ("\ufb01brosis \uff11\uff12", ["fibrosis", "12"]),
        ("\u9ad8\u8840\u538b\uff0cICD", ["\u9ad8", "\u8840", "\u538b", "icd"]),
        ("a \U0001f468\u200d\U0001f680\ufe0f b", ["a", "b"]),
        (None, []),
        (" \n", []),
    ],
)
def test_words_are_lower_case_without_punctuation(text: str | None, expected: list[str]) -> None:
    assert cut([text]) == [expected]


def test_neighbouring_documents_never_share_a_word() -> None:
    assert cut(["ab", "cd", "", "ef"]) == [["ab"], ["cd"], [], ["ef"]]
    assert cut([]) == []


@given(ascii_texts)
def test_ascii_words_are_those_of_a_plain_regular_expression(texts: list[str]) -> None:
    assert cut(list(texts)) == [re.findall(r"[a-z0-9_]+", text.lower()) for text in texts]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=6))
def test_any_text_is_cut_without_error_and_batches_change_nothing(texts: list[str]) -> None:
    series = pl.Series(texts, dtype=pl.String)
    whole = words_of(series).hashes.tolist()
    parts = [words_of(part).hashes for _, part in batches(series, batch_bytes=16)]
    assert np.concatenate([np.zeros(0, np.uint64), *parts]).tolist() == whole


def test_hashes_are_the_ones_on_record() -> None:
    """A change here changes what is merged everywhere: raise the code versions if it must be."""
    words = words_of(pl.Series(["a heart heartbeat electrocardiogram", "x" * 129]))
    assert [f"{value:016x}" for value in words.hashes.tolist()] == GOLDEN


@given(st.lists(st.text(st.sampled_from("ab0"), min_size=1, max_size=140), max_size=20))
def test_equal_words_and_only_they_have_equal_hashes(words: list[str]) -> None:
    hashes = words_of(pl.Series([" ".join(words)], dtype=pl.String)).hashes.tolist()
    assert len(hashes) == len(words)
    assert len(set(hashes)) == len(set(words))


ASTRAL = " \U0001f600"
"""An emoji: no word, and enough to send a text the slow way, through Polars."""


def test_every_character_of_the_basic_plane_is_cut_alike_by_table_and_by_polars() -> None:
    points = [point for point in range(0x80, 0x10000) if not 0xD800 <= point < 0xE000]
    texts = pl.Series([f"a{chr(point)}B {chr(point)}{chr(point)}" for point in points])
    fast, slow = words_of(texts), words_of(texts + ASTRAL)
    assert fast.hashes.tolist() == slow.hashes.tolist()
    assert fast.bounds.tolist() == slow.bounds.tolist()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=6))
def test_any_text_is_cut_alike_by_table_and_by_polars(texts: list[str]) -> None:
    series = pl.Series(texts, dtype=pl.String)
    fast, slow = words_of(series), words_of(series + ASTRAL)
    assert fast.hashes.tolist() == slow.hashes.tolist()
    assert fast.bounds.tolist() == slow.bounds.tolist()


def test_the_greek_sigma_at_the_end_of_a_word_is_the_final_one() -> None:
    assert cut(["\u039f\u0394\u039f\u03a3 x", "\u03a3A"]) == [
        ["\u03bf\u03b4\u03bf\u03c2", "x"],
        ["\u03c3a"],
    ]
