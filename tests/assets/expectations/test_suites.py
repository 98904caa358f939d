"""Every suite lets a sound table pass and finds each fault that it is there for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from assets.expectations.catalogue import SUITES
from assets.expectations.documents import documents_suite
from assets.expectations.engine import validate
from assets.expectations.mixtures import (
    corpus_suite,
    merged_suite,
    scores_suite,
    selection_suite,
)
from assets.expectations.questions import questions_suite
from assets.expectations.suite import Expectation, Suite
from tests.assets.expectations.tables import (
    corpus_document,
    document,
    hashed,
    merge,
    question,
    score,
    selected,
    weighed,
)

DOCUMENTS = documents_suite({"source": {"name": "notes", "language": "en"}})
INBOX = documents_suite({"source": {"name": "notes", "language": "mul"}})
CORPUS = corpus_suite({})
MERGED = merged_suite({"dedup": {"threshold": 0.7}})
SELECTION = selection_suite({"upsampling": {"max_repeats": 4}})
WEIGHED = selection_suite({"upsampling": {"max_repeats": 4}, "mixture": {}})
SCORES = scores_suite({})
QUESTIONS = questions_suite({})

Rows = list[dict[str, Any]]


def unsuccessful(suite: Suite, rows: Rows) -> set[str]:
    return {finding.name for finding in validate(suite, pl.LazyFrame(rows)).unsuccessful()}


@pytest.mark.parametrize(
    ("suite", "rows"),
    [
        (DOCUMENTS, [document("a"), document("b")]),
        (DOCUMENTS, [document("a"), document("b", domain="code", language="de")]),
        (INBOX, [document("a", language="zh"), document("b", language="grc")]),
        (CORPUS, [corpus_document("a"), corpus_document("b", duplicate_count=7)]),
        (MERGED, [merge("a"), merge("b", similarity=1.0, rule="exact")]),
        (SELECTION, [selected("a"), selected("b", repeats=4)]),
        (WEIGHED, [weighed("a"), weighed("b", repeats=3)]),
        (SCORES, [score("a"), score("b", department="cardiology", department_p=0.5)]),
        (QUESTIONS, [question("a"), question("b", seed_doc_id=hashed("seed"))]),
    ],
    ids=lambda value: value.name if isinstance(value, Suite) else "",
)
def test_a_sound_table_meets_every_expectation(suite: Suite, rows: Rows) -> None:
    assert not unsuccessful(suite, rows)


@pytest.mark.parametrize(
    ("suite", "row", "change", "found"),
    [
        (DOCUMENTS, document, {"doc_id": "A" * 32}, "column_values_to_match_regex(doc_id)"),
        (DOCUMENTS, document, {"text_hash": "short"}, "column_values_to_match_regex(text_hash)"),
        (DOCUMENTS, document, {"licence": ""}, "column_values_to_match_regex(licence)"),
        (DOCUMENTS, document, {"language": "eng"}, "column_values_to_match_regex(language)"),
        (DOCUMENTS, document, {"language": "mul"}, "column_values_to_match_regex(language)"),
        (DOCUMENTS, document, {"language": "de"}, "column_values_to_be_in_set(language)"),
        (DOCUMENTS, document, {"source": "other"}, "column_values_to_be_in_set(source)"),
        (DOCUMENTS, document, {"domain": "law"}, "column_values_to_be_in_set(domain)"),
        (DOCUMENTS, document, {"text": " \n"}, "column_values_to_be_between(text_chars)"),
        (DOCUMENTS, document, {"text": None}, "column_values_to_not_be_null(text)"),
        (DOCUMENTS, document, {"text": "too short"}, "column_values_to_be_between(text_chars)"),
        (
            DOCUMENTS,
            document,
            {"text": "A bell rings \x07 in the text."},
            "column_values_to_be_between(text_control_chars)",
        ),
        (
            DOCUMENTS,
            document,
            {"title": "bell \x07"},
            "column_values_to_be_between(title_control_chars)",
        ),
        (DOCUMENTS, document, {"native_id": ""}, "column_values_to_be_between(native_id_chars)"),
        (DOCUMENTS, document, {"extra": 1}, "table_columns_to_match_ordered_list()"),
        (CORPUS, corpus_document, {"language": "de"}, "column_values_to_be_in_set(language)"),
        (
            CORPUS,
            corpus_document,
            {"duplicate_count": 0},
            "column_values_to_be_between(duplicate_count)",
        ),
        (CORPUS, corpus_document, {"cluster_id": None}, "column_values_to_not_be_null(cluster_id)"),
        (MERGED, merge, {"link_similarity": 0.69}, "column_values_to_be_between(link_similarity)"),
        (MERGED, merge, {"link_similarity": None}, "column_values_to_not_be_null(link_similarity)"),
        (MERGED, merge, {"similarity": 1.01}, "column_values_to_be_between(similarity)"),
        (MERGED, merge, {"rule": "guess"}, "column_values_to_be_in_set(rule)"),
        (MERGED, merge, {"kept_doc_id": ""}, "column_values_to_match_regex(kept_doc_id)"),
        (SELECTION, selected, {"repeats": 5}, "column_values_to_be_between(repeats)"),
        (SELECTION, selected, {"repeats": 0}, "column_values_to_be_between(repeats)"),
        (SELECTION, selected, {"num_tokens": 0}, "column_values_to_be_between(num_tokens)"),
        (
            WEIGHED,
            weighed,
            {"repeats": 4},
            "column_pair_values_a_to_be_greater_than_b(cap, repeats)",
        ),
        (WEIGHED, weighed, {"weight": -0.1}, "column_values_to_be_between(weight)"),
        (WEIGHED, weighed, {"group": None}, "column_values_to_not_be_null(group)"),
        (SCORES, score, {"quality": 1.2}, "column_values_to_be_between(quality)"),
        (SCORES, score, {"medical": -0.1}, "column_values_to_be_between(medical)"),
        (SCORES, score, {"topic": ""}, "column_values_to_match_regex(topic)"),
        (SCORES, score, {"bits_per_byte": -1.0}, "column_values_to_be_between(bits_per_byte)"),
        (QUESTIONS, question, {"answer": " "}, "column_values_to_be_between(answer_chars)"),
        (QUESTIONS, question, {"check": ""}, "column_values_to_be_between(check_chars)"),
        (QUESTIONS, question, {"seed_doc_id": "x"}, "column_values_to_match_regex(seed_doc_id)"),
        (QUESTIONS, question, {"domain": "code"}, "column_values_to_be_in_set(domain)"),
        (
            QUESTIONS,
            question,
            {"answer": "A\x1b[31m"},
            "column_values_to_be_between(answer_control_chars)",
        ),
    ],
)
def test_one_fault_is_found_by_its_own_expectation(
    suite: Suite, row: Any, change: Mapping[str, Any], found: str
) -> None:
    assert found in unsuccessful(suite, [row("a", **change)])


@pytest.mark.parametrize(
    ("suite", "row", "column"),
    [
        (DOCUMENTS, document, "doc_id"),
        (CORPUS, corpus_document, "text_hash"),
        (CORPUS, corpus_document, "cluster_id"),
        (MERGED, merge, "doc_id"),
        (SELECTION, selected, "doc_id"),
        (QUESTIONS, question, "item_id"),
    ],
)
def test_what_stands_twice_is_found(suite: Suite, row: Any, column: str) -> None:
    same = row("a")[column]
    assert unsuccessful(suite, [row("a"), row("b", **{column: same})]) == {
        f"column_values_to_be_unique({column})"
    }


def test_what_stands_twice_without_harm_is_let_pass() -> None:
    rows = [question("a", seed_native_id="A00"), question("b", seed_native_id="A00")]
    assert not unsuccessful(QUESTIONS, rows)


def test_a_missing_column_fails_every_expectation_about_it() -> None:
    row = document("a")
    del row["licence"]
    assert unsuccessful(DOCUMENTS, [row]) == {
        "table_columns_to_match_ordered_list()",
        "column_values_to_not_be_null(licence)",
        "column_values_to_match_regex(licence)",
    }


def test_a_cluster_that_drifts_is_unusual_and_allowed() -> None:
    report = validate(MERGED, pl.LazyFrame([merge("a", similarity=0.5)]))
    (finding,) = report.unsuccessful()
    assert finding.severity == "warning"
    assert "as similar to the kept one itself" in finding.says


def test_what_is_unusual_only_warns() -> None:
    severities = {
        finding.severity
        for finding in validate(
            DOCUMENTS, pl.LazyFrame([document("a", text="too short")])
        ).unsuccessful()
    }
    assert severities == {"warning"}


def test_every_suite_has_critical_expectations_in_words() -> None:
    for suites in SUITES.values():
        for suite_of in suites:
            suite = suite_of({})
            assert any(e.severity == "critical" for e in suite.expectations)
            assert all(e.says for e in suite.expectations)


def test_a_suite_that_asks_twice_is_refused() -> None:
    twice = Expectation(type="ExpectColumnToExist", says="it is there", kwargs={"column": "a"})
    with pytest.raises(ValueError, match="suite s expects the same thing twice"):
        Suite(name="s", title="S", table="t", expectations=(twice, twice))
