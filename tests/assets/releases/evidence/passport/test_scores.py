"""Rows of scores: where a value stands in its picture, and what was removed for a benchmark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import Manifest
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.passport.scores import WIDTH, benchmarks_of
from tests.artifacts import parquet
from tests.passport_page import gathered


def score(**more: Any) -> dict[str, Any]:
    row = {"benchmark": "medqa", "title": "MedQA", "metric": "acc", "model": "base", "n": 10}
    return {**row, "value": 0.5, "ci_low": 0.25, "ci_high": 0.75, "chance": 0.25, **more}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return gathered(tmp_path_factory.mktemp("lake"))[1]


def test_shares_stand_between_nothing_and_all(facts: Facts, tmp_path: Path) -> None:
    known = replace(facts, scores=(score(), score(model="final", value=1.0, ci_high=1.0)))
    (row,) = benchmarks_of(FakeLake(tmp_path), known)
    base, final = row.scores
    assert base.x == WIDTH / 2
    assert base.x_low < base.x < base.x_high < final.x == WIDTH - 4
    assert row.x_chance == base.x_low


def test_perplexities_stand_by_logarithm_and_lower_is_better(facts: Facts, tmp_path: Path) -> None:
    lows = score(value=100.0, ci_low=10.0, ci_high=1000.0, chance=None, higher_is_better=False)
    (row,) = benchmarks_of(FakeLake(tmp_path), replace(facts, scores=(lows,)))
    assert (row.better, row.x_chance) == ("lower", None)
    assert row.scores[0].x == pytest.approx((row.scores[0].x_low + row.scores[0].x_high) / 2, abs=1)


def test_a_score_without_interval_has_none(facts: Facts, tmp_path: Path) -> None:
    bare = score(ci_low=None, ci_high=None)
    (row,) = benchmarks_of(FakeLake(tmp_path), replace(facts, scores=(bare,)))
    assert (row.scores[0].low, row.scores[0].x_low) == (None, row.scores[0].x)


def test_negative_values_have_a_scale_too(facts: Facts, tmp_path: Path) -> None:
    row = benchmarks_of(FakeLake(tmp_path), replace(facts, scores=(score(value=-1.0),)))[0]
    assert row.scores[0].x == 4


def test_removals_are_counted_for_each_benchmark_that_was_searched(
    facts: Facts, tmp_path: Path
) -> None:
    lake = FakeLake(tmp_path / "lake")
    searched = searched_corpus(lake)
    chain = tuple(m for m in facts.chain if m.name != "decontaminated")
    scores = (score(), score(benchmark="piqa"), score(benchmark="needle"))
    found = benchmarks_of(lake, replace(facts, chain=(*chain, searched), scores=scores))
    assert [(row.name, row.removed, row.items_matched) for row in found] == [
        ("medqa", 5, 2), ("piqa", 0, 0), ("needle", None, None),
    ]  # fmt: skip


def searched_corpus(lake: FakeLake) -> Manifest:
    matrix = [
        {"source": "a", "benchmark": "medqa", "num_documents": 2},
        {"source": "b", "benchmark": "medqa", "num_documents": 3},
        {"source": "a", "benchmark": "piqa", "num_documents": 0},
    ]
    removed = [{"benchmark": "medqa", "item_id": item} for item in ("i", "i", "j")]
    files = {"matrix.parquet": parquet(matrix), "removed.parquet": parquet(removed)}
    return commit_folder(lake, "mixtures/decontaminated", files)
