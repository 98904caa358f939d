"""How scores are written, and what is said of chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assets.reports.scores import cell, number, rows_of, score_table, sentences, title_of

Report = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("metric", "value", "written"),
    [
        ("acc", 0.314159, "31.4"),
        ("acc", 0.0, "0.0"),
        ("exact_match", 1e-5, "1e-03"),
        ("perplexity", 15.394, "15.39"),
        ("perplexity", 123456.7, "123,457"),
    ],
)
def test_numbers_are_written_for_people(metric: str, value: float, written: str) -> None:
    assert number(metric, value) == written


def test_a_cell_holds_value_and_interval(report: Report) -> None:
    score = report(("base", "piqa", "acc", 0.5, 0.5))["scores"][0]
    assert cell(score) == "50.0 [45.0, 55.0]"


def test_the_table_has_a_column_per_model_and_chance(report: Report) -> None:
    rows = rows_of(
        report(("base", "piqa", "acc", 0.5, 0.5), ("final", "piqa", "acc", 0.7, 0.5))["scores"]
    )
    assert score_table(rows, ["base", "final"]).splitlines()[-1] == (
        "| PIQA | accuracy, % | 100 | 50.0 | 50.0 [45.0, 55.0] | 70.0 [63.0, 77.0] |"
    )


def test_near_chance_is_said_plainly(report: Report) -> None:
    rows = rows_of(
        report(
            ("base", "piqa", "acc", 0.5, 0.5),
            ("final", "piqa", "acc", 0.7, 0.5),
            ("base", "medqa", "acc", 0.1, 0.2),
            ("final", "medqa", "acc", 0.21, 0.2),
            ("base", "lambada", "perplexity", 900.0, None),
        )["scores"]
    )
    base, final = sentences(rows, ["base", "final"])
    assert base.startswith("base: 2 of 2 scores are no better than guessing")
    assert "PIQA, MedQA" in base
    assert final.startswith("final: 1 of 2 scores are no better than guessing")
    assert final.endswith("MedQA (USMLE, five options).")


def test_a_model_above_chance_everywhere_is_said_to_be(report: Report) -> None:
    rows = rows_of(report(("base", "piqa", "acc", 0.9, 0.5))["scores"])
    assert sentences(rows, ["base"]) == ["base: all 1 scores lie above chance, intervals included."]


def test_nothing_is_said_of_perplexities_which_have_no_chance_level(report: Report) -> None:
    rows = rows_of(report(("base", "lambada", "perplexity", 9.0, None))["scores"])
    assert sentences(rows, ["base"]) == []


def test_own_sets_have_titles_too() -> None:
    assert title_of("pubmed_heldout") == "Held-out PubMed abstracts"
    with pytest.raises(KeyError, match="nothing"):
        title_of("nothing")
