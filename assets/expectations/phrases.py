"""Expectations that several suites share, written once; rows are named in the words of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assets.expectations.suite import Expectation, Severity

HASH = r"^[0-9a-f]{32}$"
"""The ids of documents and items, and the hashes of texts."""


def present(column: str, row: str) -> Expectation:
    return Expectation(
        type="ExpectColumnValuesToNotBeNull",
        says=f"every {row} has a {column}",
        kwargs={"column": column},
    )


def unique(column: str, says: str) -> Expectation:
    return Expectation(type="ExpectColumnValuesToBeUnique", says=says, kwargs={"column": column})


def matches(column: str, regex: str, says: str) -> Expectation:
    return Expectation(
        type="ExpectColumnValuesToMatchRegex",
        says=says,
        kwargs={"column": column, "regex": regex},
    )


def one_of(
    column: str,
    values: Sequence[str],
    says: str,
    *,
    mostly: float = 1.0,
    severity: Severity = "critical",
) -> Expectation:
    return Expectation(
        type="ExpectColumnValuesToBeInSet",
        says=says,
        severity=severity,
        kwargs={"column": column, "value_set": list(values), "mostly": mostly},
    )


def where_not(column: str, value: str, expectation: Expectation) -> Expectation:
    """Expect it only of the rows that hold something else in a column."""
    condition = {
        "type": "comparison", "column": {"name": column}, "operator": "!=", "parameter": value
    }  # fmt: skip
    return replace(expectation, kwargs={**expectation.kwargs, "row_condition": condition})


def between(
    column: str,
    least: float | None,
    most: float | None,
    says: str,
    *,
    mostly: float = 1.0,
    severity: Severity = "critical",
) -> Expectation:
    """Expect numbers within bounds, both included; None leaves a side open."""
    bounds = {"min_value": least, "max_value": most}
    return Expectation(
        type="ExpectColumnValuesToBeBetween",
        says=says,
        severity=severity,
        kwargs={
            "column": column,
            "mostly": mostly,
            **{name: bound for name, bound in bounds.items() if bound is not None},
        },
    )


def at_most(column: str, other: str, says: str) -> Expectation:
    """Expect that a number is never above another one of its row."""
    return Expectation(
        type="ExpectColumnPairValuesAToBeGreaterThanB",
        says=says,
        kwargs={"column_A": other, "column_B": column, "or_equal": True},
    )


def columns_in_order(columns: Sequence[str], says: str) -> Expectation:
    return Expectation(
        type="ExpectTableColumnsToMatchOrderedList",
        says=says,
        kwargs={"column_list": list(columns)},
    )


def columns_among_others(columns: Sequence[str], says: str) -> Expectation:
    return Expectation(
        type="ExpectTableColumnsToMatchSet",
        says=says,
        kwargs={"column_set": list(columns), "exact_match": False},
    )


def at_least_one(row: str, severity: Severity = "critical") -> Expectation:
    return Expectation(
        type="ExpectTableRowCountToBeBetween",
        says=f"there is at least one {row}",
        severity=severity,
        kwargs={"min_value": 1},
    )
