"""Language identification with the bundled model."""

from __future__ import annotations

import pytest

from assets.corpora.language import MIN_CHARS, detect_language

TEXTS = {
    "en": "The patient was treated with penicillin for ten days and recovered completely. ",
    "de": "Der Patient wurde zehn Tage lang mit Penicillin behandelt und erholte sich. ",
    "fr": "Le malade a ete traite par la penicilline pendant dix jours et il a gueri. ",
    "ru": (
        "\u0411\u043e\u043b\u044c\u043d\u043e\u0439 "
        "\u0432\u044b\u0437\u0434\u043e\u0440\u043e\u0432\u0435\u043b. "
    ),
    "zh": "\u60a3\u8005\u63a5\u53d7\u4e86\u6cbb\u7597\u7136\u540e\u5eb7\u590d\u4e86\u3002",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_long_text_speaks_for_itself(language: str) -> None:
    text = TEXTS[language] * 20
    assert len(text) >= MIN_CHARS
    assert detect_language(text, declared="xx") == language


def test_a_short_text_keeps_the_declared_language() -> None:
    assert detect_language(TEXTS["de"], declared="en") == "en"


def test_a_text_without_words_keeps_the_declared_language() -> None:
    assert detect_language("12.5 / 3 = " * 50, declared="en") == "en"
