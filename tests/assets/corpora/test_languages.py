"""Which language a record counts as before detection: what it says, its source, or English code."""

from __future__ import annotations

import pytest

from assets.corpora.languages import language_before_detection, stated_language


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("en", "en"), ("EN", "en"), (" de ", "de"), ("en-US", "en"), ("zh_Hant_TW", "zh"),
        ("kab", "kab"), ("", ""), (" ", ""), ("English", ""), ("eng", ""), ("mul", ""), ("und", ""),
        ("Python", ""), ("go", ""), ("js", ""), ("c++", ""), ("-", ""), ("en!", ""),
    ],
)  # fmt: skip
def test_a_label_is_a_language_only_by_its_code(label: str, code: str) -> None:
    assert stated_language(label) == code


@pytest.mark.parametrize(
    ("stated", "of_source", "kind", "expected"),
    [
        ("", "mul", "code", "en"),
        ("Python", "mul", "code", "en"),
        ("de", "mul", "code", "de"),
        ("", "zh", "code", "zh"),
        ("", "mul", "prose", "mul"),
        ("English", "mul", "prose", "mul"),
        ("", "en", "prose", "en"),
        ("English", "en", "prose", "en"),
        ("de", "en", "term", "de"),
    ],
)
def test_the_record_speaks_before_its_source(
    stated: str, of_source: str, kind: str, expected: str
) -> None:
    assert language_before_detection(stated, of_source, kind) == expected
