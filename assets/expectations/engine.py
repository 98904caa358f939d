"""Great Expectations, imported here and nowhere else: quiet, offline, one context a process.

It has no Polars engine, so tables cross over as pandas frames backed by Arrow, up to a cap of rows.
"""

from __future__ import annotations

import logging
import math
import threading
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from numbers import Real
from typing import Any

import polars as pl

from assets.expectations.measures import measure
from assets.expectations.suite import Expectation, Finding, Report, Suite

MAX_ROWS = 250_000
"""Rows of a table that are validated: the 25 expectations of documents take about 3 s for them on
one core (24 s and 0.5 GB more for 900,000). Tables are sorted by a hash, so the first rows are a
fair sample; what must hold for every row of a larger table is checked in Polars (our choice)."""

_LOCK = threading.Lock()
_QUIET = {"result_format": "BASIC", "partial_unexpected_count": 0}
"""Counts only: no list of unexpected values is ever made."""


class EngineFailed(RuntimeError):
    """Great Expectations could not evaluate an expectation; that says nothing about the data."""


def validate(suite: Suite, table: pl.LazyFrame, max_rows: int = MAX_ROWS) -> Report:
    """Evaluate a suite over the first rows of a table; raises EngineFailed.

    An expectation about a column that the table lacks is a failure of the data and says so.
    """
    frame = measure(table.head(max_rows), suite.text_columns).collect(engine="streaming")
    known = set(frame.columns)
    possible = [e for e in suite.expectations if set(e.columns) <= known]
    results = _evaluate(suite.name, possible, frame)
    findings = tuple(
        _finding(expectation, results[id(expectation)], frame.height)
        if id(expectation) in results
        else _impossible(expectation, known)
        for expectation in suite.expectations
    )
    return Report(
        suite=suite.name,
        title=suite.title,
        table=suite.table,
        rows=int(table.select(pl.len()).collect().item()),
        rows_validated=frame.height,
        findings=findings,
    )


def _evaluate(
    name: str, expectations: Sequence[Expectation], frame: pl.DataFrame
) -> dict[int, Mapping[str, Any]]:
    """Return the engine's result of each expectation, by identity of the object."""
    with _LOCK:
        gx, batches = _engine()
        suite = gx.ExpectationSuite(name=name)
        for position, expectation in enumerate(expectations):
            kind = getattr(gx.expectations, expectation.type, None)
            if kind is None:
                raise EngineFailed(f"suite {name}: there is no expectation {expectation.type}")
            suite.add_expectation(kind(**expectation.kwargs, meta={"position": position}))
        bridge = frame.to_pandas(use_pyarrow_extension_array=True)
        with warnings.catch_warnings():
            # Its own uses of deprecated pandas and numpy calls are nobody's business here.
            warnings.simplefilter("ignore")
            batch = batches.get_batch({"dataframe": bridge})
            outcome = batch.validate(suite, result_format=_QUIET)
    found: dict[int, Mapping[str, Any]] = {}
    for result in outcome.results:
        expectation = expectations[int(result.expectation_config.meta["position"])]
        _raise_if_broken(name, expectation, result.exception_info)
        found[id(expectation)] = {"success": bool(result.success), **(result.result or {})}
    if len(found) != len(expectations):
        raise EngineFailed(
            f"suite {name}: {len(found)} results came back for {len(expectations)} expectations"
        )
    return found


@lru_cache(maxsize=1)
def _engine() -> tuple[Any, Any]:
    """Return the module and a batch definition of the one context; takes seconds, once."""
    # At INFO it writes hundreds of lines while it is imported, and warns of its own results.
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        from great_expectations.data_context.types.base import (
            DataContextConfig,
            InMemoryStoreBackendDefaults,
            ProgressBarsConfig,
        )

        context = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
                progress_bars=ProgressBarsConfig(globally=False),
                analytics_enabled=False,
            ),
        )
        asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
        return gx, asset.add_batch_definition_whole_dataframe("whole")


def _raise_if_broken(name: str, expectation: Expectation, info: Mapping[str, Any] | None) -> None:
    """Raise EngineFailed when an exception was recorded: it too reads `success: false`."""
    details = info or {}
    nested = [value for value in details.values() if isinstance(value, Mapping)]
    broken = [entry for entry in (details, *nested) if entry.get("raised_exception")]
    if broken:
        # The engine's message may quote a value of the table: only its kind is told.
        trace = str(broken[0].get("exception_traceback") or "").strip().splitlines()
        kind = trace[-1].partition(":")[0] if trace else "unknown error"
        raise EngineFailed(
            f"suite {name}: the engine could not evaluate {expectation.name} ({kind}): fix the "
            "expectation's arguments or the column's type; the data was not judged"
        )


def _finding(expectation: Expectation, result: Mapping[str, Any], rows: int) -> Finding:
    observed = result.get("observed_value")
    number = float(observed) if isinstance(observed, Real) else math.nan
    return Finding(
        name=expectation.name,
        says=expectation.says,
        severity=expectation.severity,
        columns=expectation.columns,
        success=bool(result["success"]),
        evaluated=int(result.get("element_count", rows)),
        unexpected=int(result.get("unexpected_count", 0)),
        observed=number if math.isfinite(number) else None,
    )


def _impossible(expectation: Expectation, known: set[str]) -> Finding:
    missing = [column for column in expectation.columns if column not in known]
    return Finding(
        name=expectation.name,
        says=expectation.says,
        severity=expectation.severity,
        columns=expectation.columns,
        success=False,
        evaluated=0,
        unexpected=0,
        note=f"there is no column {missing[0]} among {', '.join(sorted(known))}",
    )
