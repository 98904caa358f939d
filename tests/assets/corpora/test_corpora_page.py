"""docs/corpora.md holds every source and benchmark with its licence and citation, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.corpora.benchmarks import BENCHMARKS
from assets.corpora.sources import SOURCES

PAGE = Path(__file__).parents[3] / "docs" / "corpora.md"


def _rows() -> dict[str, str]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = [re.match(r"\| `([a-z0-9_]+)` \|", line) for line in lines]
    return {m[1]: line for m, line in zip(found, lines, strict=True) if m}


@pytest.mark.parametrize("name", [*SOURCES, *BENCHMARKS])
def test_the_page_tells_title_licence_and_citation(name: str) -> None:
    entry = SOURCES.get(name) or BENCHMARKS[name]
    row = _rows()[name]
    assert entry.title in row
    assert entry.licence in row
    assert entry.citation in row


@pytest.mark.parametrize("name", SOURCES)
def test_the_page_tells_where_a_source_comes_from(name: str) -> None:
    entry = SOURCES[name]
    told = f"{entry.package} {entry.version}" if entry.package else entry.origin
    assert told in _rows()[name]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_page_tells_how_a_benchmark_is_scored(name: str) -> None:
    entry = BENCHMARKS[name]
    row = _rows()[name]
    assert f"| {entry.split} | {entry.num_items:,} | {entry.metric} |" in row


def test_the_page_tells_nothing_that_is_not_in_the_catalogue() -> None:
    assert set(_rows()) == {*SOURCES, *BENCHMARKS}
