"""Judging a frame: each rule trips on the text made for it, and rows stay in order."""

from __future__ import annotations

import time
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.corpora.cleaning import judge
from assets.corpora.cleaning.judge import REMOVED, judge_frame
from tests.assets.corpora.cleaning.texts import CHINESE, CODE, GOOD, JAPANESE, OTHER, distinct


def judged(
    *texts: str, kind: str = "prose", language: str = "en", allowed: str = "mul", web: bool = False
) -> pl.DataFrame:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    frame = frame.with_columns(kind=pl.lit(kind), language=pl.lit(language))
    if web:
        frame = frame.with_columns(web=pl.lit(value=True))
    return judge_frame(frame, allowed_language=allowed)


def reason(text: str, **how: Any) -> str:
    return str(judged(text, **how)["reason"][0])


VARIED = "\n\n".join(f"{distinct(100 * i, 30)}\n{distinct(100 * i + 50, 30)}" for i in range(4))
PAGE = "\n".join(
    f"{sentence.strip()}." for text in (GOOD, OTHER) for sentence in text.rstrip(".").split(".")
)


def _bullets() -> str:
    return "\n".join(f"- {line}" for line in GOOD.split(". "))


def _cut_off() -> str:
    return "\n".join(f"{line}..." for line in GOOD.split(". "))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, ""),
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
        ("word " * 100_001, "too_many_words"),
    ],
)
def test_each_rule_of_prose_names_its_reason(text: str, expected: str) -> None:
    assert reason(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (VARIED, ""),
        ("\n\n".join([distinct(0, 30)] * 2 + [distinct(100, 30)]), "repeated_paragraphs"),
        ("\n".join([distinct(0, 30)] * 2 + [distinct(100, 30)]), "repeated_lines"),
        (
            " ".join(f"{distinct(10 * i, 3)} myocardial infarction" for i in range(20)),
            "frequent_phrase",
        ),
        (f"{distinct(0, 20)} {distinct(500, 60)} {distinct(0, 20)}", "repeated_phrases"),
    ],
)
def test_each_kind_of_repetition_is_named(text: str, expected: str) -> None:
    assert reason(text, language="fi") == expected


def test_a_title_taken_up_once_is_no_repetition() -> None:
    title = "leiomyosarcomatosis gastrointestinal tract"
    text = f"{title}\n\n{distinct(0, 30)} {title} {distinct(100, 30)}"
    assert reason(text, language="fi") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PAGE, ""),
        (PAGE.replace(".", ""), "few_lines_end_a_sentence"),
        (f"{PAGE}\n{PAGE.splitlines()[2]}", "repeated_line_chars"),
        (f"{PAGE}\n" + "\n".join(distinct(9 * i, 3) for i in range(20)), "short_lines"),
        (PAGE + "\nfunction() { return 1; }.", "curly_bracket"),
        (
            "\n".join([GOOD.replace(". ", ", "), *(distinct(9 * i, 6) for i in range(5))]),
            "too_few_sentences",
        ),
    ],
)
def test_pages_of_the_web_have_rules_of_their_own(text: str, expected: str) -> None:
    assert reason(text, web=True) == expected


def test_prose_of_other_sources_is_no_page() -> None:
    structured = "\n".join(
        f"{head}: {line}" for head, line in zip(("AIM", "METHODS"), [GOOD, GOOD[::-1]], strict=True)
    )
    assert reason(structured + "\n1\n2\n3\n4\n{x}") == ""


def test_a_structured_abstract_keeps_its_headings() -> None:
    text = "\n".join(
        f"{head}\n{line}."
        for head, line in zip(
            ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS"), GOOD.split(". "), strict=False
        )
    )
    found = judged(text)
    assert found["text"][0] == text
    assert found["reason"][0] == ""


@pytest.mark.parametrize(("text", "language"), [(CHINESE, "zh"), (JAPANESE, "ja")])
def test_chinese_and_japanese_prose_is_kept(text: str, language: str) -> None:
    assert reason(text, language=language, allowed=language) == ""


@pytest.mark.parametrize(("text", "language"), [(CHINESE, "zh"), (JAPANESE, "ja")])
def test_repeated_chinese_and_japanese_is_dropped(text: str, language: str) -> None:
    sentence = text[: text.index("\u3002") + 1]
    assert reason(sentence * 12, language=language) in ("frequent_phrase", "repeated_phrases")


def test_two_sentences_of_chinese_are_too_few_words() -> None:
    assert reason(CHINESE[:40], language="zh") == "too_few_words"


def test_a_language_outside_the_allow_list_is_dropped() -> None:
    assert reason(GOOD, language="en", allowed="de") == "language_not_allowed"
    assert reason(CODE, kind="code", language="en", allowed="de") == ""


def test_english_stop_words_are_asked_of_english_only() -> None:
    text = distinct(0, 60)
    assert reason(text, language="en") == "too_few_stop_words"
    assert reason(text, language="fi") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Renal cyst (HP:0000107)\nA fluid filled sac in the kidney.", ""),
        ("Renal cyst (HP:0000107)", "too_few_words"),
        ("word " * 30_000, "too_long"),
    ],
)
def test_terms_have_rules_of_their_own(text: str, expected: str) -> None:
    assert reason(text, kind="term") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CODE, ""),
        ("x = 1", "too_short"),
        (f"{CODE}x = '{'a' * 1000}'", "line_too_long"),
        (f"x = '{'a' * 150}'\n" * 9, "lines_too_long_on_average"),
        ("{}[]()<>+-*/\n" * 20, "too_few_alphanumerics"),
        (f"# Auto-generated, do not edit\n{CODE}", "generated_code"),
    ],
)
def test_code_has_rules_of_its_own(text: str, expected: str) -> None:
    assert reason(text, kind="code") == expected


def test_rows_stay_in_order_and_count() -> None:
    texts = [GOOD, "", GOOD + " Lorem ipsum.", CHINESE, GOOD]
    found = judged(*texts, language="zh")
    assert found["reason"].to_list() == ["", "no_text", "placeholder_text", "", ""]
    assert found["language"].to_list()[0] == "en"
    assert found.columns == ["text", "language", "reason", *REMOVED, "removed_sample"]


def test_batches_do_not_change_what_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [GOOD, "", PAGE + "\nHome", CHINESE, GOOD + " Lorem ipsum.", PAGE]
    whole = judged(*texts, web=True)
    monkeypatch.setattr(judge, "BATCH_BYTES", 300)
    assert judged(*texts, web=True).equals(whole)


def test_a_text_without_a_declared_language_is_not_allowed() -> None:
    frame = pl.DataFrame({"text": ["short"], "kind": ["prose"], "language": [None]})
    frame = frame.cast({"language": pl.String})
    assert judge_frame(frame, allowed_language="en")["reason"][0] == "language_not_allowed"


def test_an_empty_frame_gives_an_empty_one() -> None:
    assert judged().height == 0


def test_a_frame_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no rules for documents of kind 'poem'"):
        judged(GOOD, kind="poem")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="needs the column 'language'"):
        judge_frame(pl.DataFrame({"text": [""], "kind": ["prose"]}), allowed_language="en")


@given(st.lists(st.text(max_size=120), max_size=5), st.sampled_from(["prose", "term", "code"]))
@settings(max_examples=60, deadline=None)
def test_wild_text_never_crashes(texts: list[str], kind: str) -> None:
    wild = [text.encode(errors="replace").decode() for text in texts]
    assert judged(*wild, kind=kind).height == len(wild)


@given(st.text(alphabet="\n .-aZ9\u60a3\u3042\U0001f600#{", max_size=300))
@settings(max_examples=100, deadline=None)
def test_wild_pages_never_crash(text: str) -> None:
    assert judged(text, f"{PAGE}\n{text}", web=True).height == 2


@pytest.mark.parametrize(
    "text",
    ["(" * 400_000, "a" * 400_000, "- " * 200_000, ". " * 200_000, "\n\n" * 200_000 + "x",
     "'n't" * 100_000, "a@" * 200_000, "a.b/" * 100_000, "\n-" * 200_000,
     "copyright 2020 " * 20_000],
    ids=["brackets", "one_word", "bullets", "dots", "newlines", "quotes", "mail", "url", "lines",
         "notices"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["prose", "term", "code"])
def test_hostile_text_takes_linear_time(text: str, kind: str) -> None:
    judged(GOOD, PAGE, web=True)  # compiles
    started = time.process_time()
    judged(text, kind=kind, web=True)
    assert time.process_time() - started < 2
