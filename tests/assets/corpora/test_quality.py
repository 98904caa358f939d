"""Quality rules: one text per rule, tripping only it."""

from __future__ import annotations

import time

import pytest

from assets.corpora.quality import Dropped, Kept, Verdict, judge

GOOD = (
    "Patients with acute infection were studied over two years and the results of treatment were "
    "compared with earlier reports. Recovery was faster when therapy began within one day, while "
    "older people needed longer care. No severe side effects were seen, but mild nausea was "
    "common. We conclude that early therapy should be preferred, and that further controlled "
    "trials have to show whether lower doses would be enough for young adults."
)

CODE = "def add(first, second):\n    return first + second\n\n\nprint(add(1, 2))\n" * 3


def _prose(text: str, language: str = "en", allowed: str = "en") -> Verdict:
    return judge(text, kind="prose", language=language, allowed_language=allowed)


def test_good_prose_is_kept() -> None:
    assert _prose(GOOD) == Kept()


def _bullets() -> str:
    return "\n".join(f"- {line}" for line in GOOD.split(". "))


def _cut_off() -> str:
    return "\n".join(f"{line}..." for line in GOOD.split(". "))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no_text"),
        ("The trial of therapy was stopped.", "too_few_words"),
        ("of the and to be a is it on at " * 12, "odd_word_length"),
        (GOOD.replace(" ", " # ", 20), "too_many_symbols"),
        (GOOD + " 12345" * 30, "too_few_alphabetic_words"),
        (GOOD + " Lorem ipsum dolor sit amet.", "placeholder_text"),
        (_bullets(), "bullet_list"),
        (_cut_off(), "cut_off_lines"),
        (" ".join(f"thing{i}" for i in range(60)), "too_few_stop_words"),
        (f"{GOOD}\n\n{GOOD}", "repeated_paragraphs"),
    ],
)
def test_each_rule_of_prose_names_its_reason(text: str, reason: str) -> None:
    assert _prose(text) == Dropped(reason)


def test_too_much_prose_is_dropped() -> None:
    assert _prose("word " * 100_001) == Dropped("too_many_words")


def test_a_language_outside_the_allow_list_is_dropped() -> None:
    assert _prose(GOOD, language="de") == Dropped("language_not_allowed")
    assert _prose(GOOD, language="de", allowed="mul") == Kept()


def test_english_stop_words_are_asked_of_english_only() -> None:
    text = " ".join(f"thing{i}" for i in range(60))
    assert _prose(text, language="fi", allowed="mul") == Kept()


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Renal cyst (HP:0000107)\nA fluid filled sac in the kidney.", Kept()),
        ("Renal cyst (HP:0000107)", Dropped("too_few_words")),
        ("word " * 30_000, Dropped("too_long")),
    ],
)
def test_terms_have_rules_of_their_own(text: str, verdict: Verdict) -> None:
    assert judge(text, kind="term", language="en", allowed_language="en") == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (CODE, Kept()),
        ("x = 1", Dropped("too_short")),
        (f"{CODE}x = '{'a' * 1000}'", Dropped("line_too_long")),
        (f"x = '{'a' * 150}'\n" * 9, Dropped("lines_too_long_on_average")),
        ("{}[]()<>+-*/\n" * 20, Dropped("too_few_alphanumerics")),
        (f"# Auto-generated, do not edit\n{CODE}", Dropped("generated_code")),
    ],
)
def test_code_has_rules_of_its_own(text: str, verdict: Verdict) -> None:
    assert judge(text, kind="code", language="en", allowed_language="en") == verdict


@pytest.mark.parametrize(
    "text",
    ["(" * 400_000, "a" * 400_000, "- " * 200_000, ". " * 200_000, "\n\n" * 200_000 + "x"],
    ids=["brackets", "one_word", "bullets", "dots", "newlines"],
)
@pytest.mark.parametrize("kind", ["prose", "term", "code"])
def test_hostile_text_takes_linear_time(text: str, kind: str) -> None:
    started = time.process_time()
    judge(text, kind=kind, language="en", allowed_language="en")
    assert time.process_time() - started < 2
