"""The words of one text, cut and hashed without the compiled loops, are theirs."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixtures.text_words import words_of_text
from assets.mixtures.words import Words, words_of

wild_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
long_words = st.lists(st.text(st.sampled_from("aZ0_\u00e9"), max_size=70), max_size=9).map(" ".join)


def assert_alike(text: str) -> None:
    one, many = words_of_text(text), words_of(pl.Series([text], dtype=pl.String))
    for found, compiled in zip(read(one), read(many), strict=True):
        assert found == compiled


def read(words: Words) -> tuple[list[str], list[int], list[int]]:
    phrases = [words.phrase(word, 1) for word in range(len(words.starts))]
    return phrases, words.hashes.tolist(), words.bounds.tolist()


@given(st.one_of(wild_texts, long_words))
def test_any_text_has_the_words_and_hashes_of_the_compiled_loops(text: str) -> None:
    assert_alike(text)


@pytest.mark.parametrize("length", [*range(1, 34), 1000, 100_000])
def test_a_word_of_any_length_has_the_hash_of_the_compiled_loops(length: int) -> None:
    word = "".join(random.Random(length).choices("abcdefgh01_", k=length))
    assert_alike(f"{word}, {word.upper()} x")


@pytest.mark.parametrize(
    "text",
    [
        "", " \n", "\x00", "one", "again again again", "cafe\u0301 \ufb01n", "\u9ad8\u538bICD",
        "\u039f\u0394\u039f\u03a3 \u03a3A", "\U0001f468\u200d\U0001f680\ufe0f b", "\u0130I", "--",
    ],
)  # fmt: skip
def test_odd_texts_have_the_words_of_the_compiled_loops(text: str) -> None:
    assert_alike(text)


def test_every_character_is_cut_as_the_compiled_loops_cut_it() -> None:
    """All in one text, in three orders: what a character becomes may depend on its neighbours."""
    points = [chr(point) for point in range(0x30000) if not 0xD800 <= point < 0xE000]
    assert_alike("".join(points))
    assert_alike(" ".join(points))
    random.Random(1).shuffle(points)
    assert_alike("".join(points))


def test_hashes_are_the_ones_on_record() -> None:
    hashes = words_of_text("a heart heartbeat electrocardiogram " + "x" * 129).hashes.tolist()
    assert [f"{value:016x}" for value in hashes] == [
        "4d1f97cc20eba6e3",
        "69e5f77241ec849f",
        "7437bee542b02c37",
        "59f05b9703f71cfe",
        "26b5ee90b1366f8c",
    ]
