"""Language identification: the bundled model's own decisions, taken by compiled loops."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.corpora.cleaning.language import (
    MAX_CHARS,
    MEMBERS,
    MIN_CHARS,
    MIN_PROBABILITY,
    _model,
    detect_languages,
)
from assets.corpora.languages import ISO_639_1, OTHERS
from tests.assets.corpora.cleaning.texts import CHINESE, GOOD, JAPANESE

TEXTS = {
    "en": "The patient was treated with penicillin for ten days and recovered completely. ",
    "de": "Der Patient wurde zehn Tage lang mit Penicillin behandelt und erholte sich. ",
    "fr": "Le malade a ete traite par la penicilline pendant dix jours et il a gueri. ",
    "ru": (
        "\u0411\u043e\u043b\u044c\u043d\u043e\u0439 "
        "\u0432\u044b\u0437\u0434\u043e\u0440\u043e\u0432\u0435\u043b. "
    ),
    "zh": CHINESE,
    "ja": JAPANESE,
}


def detect(*texts: str, declared: str = "xx") -> list[str]:
    column = pl.Series(texts, dtype=pl.String)
    return detect_languages(column, pl.Series([declared] * len(texts), dtype=pl.String)).to_list()


def package_says(text: str) -> str:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    global _identifier
    _identifier = _identifier or LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    language, probability = _identifier.classify(text[:MAX_CHARS])
    return str(language) if probability >= MIN_PROBABILITY else "xx"


_identifier = None


@pytest.mark.parametrize("language", TEXTS)
def test_a_long_text_speaks_for_itself(language: str) -> None:
    text = TEXTS[language] * 20
    assert detect(text) == [language]


def test_a_short_text_keeps_the_declared_language() -> None:
    assert len(TEXTS["de"]) < MIN_CHARS
    assert detect(TEXTS["de"], declared="en") == ["en"]


def test_a_text_without_words_keeps_the_declared_language() -> None:
    assert detect("12.5 / 3 = " * 50, declared="en") == ["en"]


@pytest.mark.parametrize("language", ["de", "zh", "ja"])
def test_a_short_text_of_which_nobody_says_anything_gets_the_likeliest(language: str) -> None:
    assert len(TEXTS[language]) < MIN_CHARS
    assert detect(TEXTS[language], declared="mul") == [language]


def test_a_text_that_is_hard_to_tell_gets_a_language_all_the_same() -> None:
    unsure = "12.5 / 3 = " * 50
    assert detect(unsure, declared="xx") == ["xx"]
    assert detect(unsure, declared="mul") != ["mul"]


def test_an_empty_text_keeps_what_was_declared() -> None:
    assert detect("", TEXTS["de"], declared="mul") == ["mul", "de"]


def test_every_code_of_the_model_is_a_code_of_a_document() -> None:
    told = {MEMBERS.get(label, label) for label in _model().labels}
    assert {code for code in told if len(code) != 2} == OTHERS
    assert {code for code in told if len(code) == 2} <= ISO_639_1


def test_rows_stay_in_order() -> None:
    long = {name: text * 20 for name, text in TEXTS.items()}
    assert detect(long["de"], "kurz", long["ja"], declared="en") == ["de", "en", "ja"]


def test_the_decisions_are_those_of_the_package() -> None:
    rng = random.Random(1)
    sentences = [
        *TEXTS.values(),
        GOOD,
        GOOD.upper(),
        "12 mg 3 % (p < 0.05); ",
        "\u03b1\u03b2 \u00e9 ",
    ]
    texts = ["".join(rng.choices(sentences, k=8)) for _ in range(200)]
    texts += [text.upper() for text in texts[:40]]
    texts = [text for text in texts if len(text) >= MIN_CHARS]
    said = [package_says(text) for text in texts]
    assert detect(*texts) == [MEMBERS.get(language, language) for language in said]


@given(st.lists(st.text(min_size=MIN_CHARS, max_size=MIN_CHARS + 20), max_size=3))
@settings(max_examples=30, deadline=None)
def test_wild_text_gets_a_code(texts: list[str]) -> None:
    wild = [text.encode(errors="replace").decode() for text in texts]
    assert len(detect(*wild)) == len(wild)


def test_cantonese_counts_as_chinese() -> None:
    text = (
        "\u4ed6\u5587\u558a\u4fc2\u5514\u4fc2\u90fd\u554f\u4f62\u54aa\u4f60\u597d\u5514\u597d\u62ce\u5497\u5622\u91ce\u5413\uff1f"
        * 12
    )
    assert package_says(text) == "yue"
    assert detect(text) == ["zh"]


def test_no_text_at_all_is_no_error() -> None:
    assert detect() == []
