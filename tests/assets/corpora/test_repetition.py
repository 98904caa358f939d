"""Repetition rules: each trips on the text made for it."""

from __future__ import annotations

import pytest

from assets.corpora.repetition import repetition


def _words(start: int, count: int) -> str:
    """Distinct words of mixed length."""
    return " ".join(f"w{'x' * (i % 7)}{i}" for i in range(start, start + count))


VARIED = "\n\n".join(f"{_words(100 * i, 30)}\n{_words(100 * i + 50, 30)}" for i in range(4))


def _reason(text: str) -> str:
    return repetition(text, text.split())


def test_varied_text_passes() -> None:
    assert _reason(VARIED) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\n\n".join([_words(0, 30)] * 2 + [_words(100, 30)]), "repeated_paragraphs"),
        ("\n".join([_words(0, 30)] * 2 + [_words(100, 30)]), "repeated_lines"),
        (
            " ".join(f"{_words(10 * i, 3)} myocardial infarction" for i in range(20)),
            "frequent_phrase",
        ),
        (f"{_words(0, 20)} {_words(500, 60)} {_words(0, 20)}", "repeated_phrases"),
    ],
)
def test_each_kind_of_repetition_is_named(text: str, reason: str) -> None:
    assert _reason(text) == reason


def test_a_title_taken_up_once_is_no_repetition() -> None:
    title = "leiomyosarcomatosis gastrointestinal tract"
    assert _reason(f"{title}\n\n{_words(0, 30)} {title} {_words(100, 30)}") == ""


def test_an_empty_text_has_no_repetition() -> None:
    assert repetition("", []) == ""
