"""Great Expectations judges tables quietly, and a broken engine is never taken for bad data."""

from __future__ import annotations

import json
import logging

import polars as pl
import pytest

from assets.expectations.documents import documents_suite
from assets.expectations.engine import EngineFailed, validate
from assets.expectations.suite import Expectation, Suite
from tests.assets.expectations.tables import document

SECRET = "Jane Roe, born 3 May"


def suite(*expectations: Expectation, text: tuple[str, ...] = ()) -> Suite:
    return Suite(name="s", title="S", table="t", text_columns=text, expectations=expectations)


def in_set(column: str, *values: str) -> Expectation:
    return Expectation(
        type="ExpectColumnValuesToBeInSet",
        says="known",
        kwargs={"column": column, "value_set": list(values)},
    )


def test_rows_that_are_not_as_expected_are_counted() -> None:
    report = validate(suite(in_set("a", "x")), pl.LazyFrame({"a": ["x", "y", "z"]}))
    (finding,) = report.findings
    assert (finding.success, finding.unexpected, finding.evaluated) == (False, 2, 3)
    assert finding.name == "column_values_to_be_in_set(a)"


def test_each_table_is_judged_on_its_own_rows() -> None:
    sizes = (1, 3, 2)
    tables = [pl.LazyFrame({"a": ["x"] * size}) for size in sizes]
    reports = [validate(suite(in_set("a", "x")), table) for table in tables]
    assert tuple(report.findings[0].evaluated for report in reports) == sizes


def test_a_column_that_is_not_there_is_the_datas_fault() -> None:
    report = validate(suite(in_set("b", "x"), in_set("a", "x")), pl.LazyFrame({"a": ["x"]}))
    missing, present = report.findings
    assert present.success
    assert not missing.success
    assert "no column b" in missing.note


def test_an_engine_that_fails_is_not_taken_for_bad_data() -> None:
    broken = Expectation(
        type="ExpectColumnValuesToMatchRegex",
        says="cannot be evaluated",
        kwargs={"column": "a", "regex": "("},
    )
    with pytest.raises(EngineFailed, match="could not evaluate column_values_to_match_regex"):
        validate(suite(broken), pl.LazyFrame({"a": ["x"]}))


def test_an_engine_that_fails_quotes_no_value() -> None:
    mean = Expectation(
        type="ExpectColumnMeanToBeBetween", says="", kwargs={"column": "a", "min_value": 0}
    )
    with pytest.raises(EngineFailed) as caught:
        validate(suite(mean), pl.LazyFrame({"a": [SECRET, "b"]}))
    assert SECRET not in str(caught.value)


def test_an_expectation_that_does_not_exist_is_refused() -> None:
    with pytest.raises(EngineFailed, match="no expectation ExpectMiracles"):
        validate(suite(Expectation(type="ExpectMiracles", says="")), pl.LazyFrame({"a": [1]}))


def test_a_larger_table_is_validated_by_its_first_rows_and_says_so() -> None:
    table = pl.LazyFrame({"a": ["x"] * 10})
    report = validate(suite(in_set("a", "x")), table, max_rows=4)
    assert (report.rows, report.rows_validated, report.findings[0].evaluated) == (10, 4, 4)


def test_no_text_reaches_a_result() -> None:
    rows = [document("a", text=f"{SECRET}\x00", title=SECRET, language=SECRET, doc_id=SECRET)]
    report = validate(documents_suite({}), pl.LazyFrame(rows))
    assert report.unsuccessful()
    assert SECRET not in json.dumps(report.to_dict())


def test_the_engine_writes_nothing_to_the_terminal(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        validate(suite(in_set("a", "x")), pl.LazyFrame({"a": ["y"]}))
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_an_empty_table_is_judged_too() -> None:
    table = pl.LazyFrame(schema={"a": pl.String})
    (finding,) = validate(suite(in_set("a", "x")), table).findings
    assert (finding.success, finding.evaluated) == (True, 0)
