"""The table of rules: what docs and reports are made from."""

from __future__ import annotations

import polars as pl
import pytest

from assets.corpora.cleaning.rules import RULES, rules_table
from assets.corpora.cleaning.samples import NUM_SAMPLES, reasons_table, samples_text


def test_every_rule_says_what_it_measures_and_where_its_threshold_comes_from() -> None:
    for rule in RULES:
        assert rule.measures and rule.threshold
        assert "arXiv" in rule.source or "our choice" in rule.source


def test_the_table_has_a_row_per_rule() -> None:
    assert len(rules_table().splitlines()) == len(RULES) + 2


def _dropped(order: int) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "reason": ["too_few_words"] * 7 + ["short_lines"],
            "text": [f"text\n{i}" for i in range(8)],
            "text_hash": [f"{i:02}" for i in range(8)],
        }
    )
    return frame[::order]


def test_samples_are_those_of_the_smallest_hashes_whatever_the_order() -> None:
    table = reasons_table(_dropped(1))
    assert table["documents"].to_list() == [7, 1]
    assert table["samples"].to_list()[0] == [f"text {i}" for i in range(NUM_SAMPLES)]
    assert reasons_table(_dropped(-1)).equals(table)


def test_samples_read_as_markdown() -> None:
    assert samples_text(reasons_table(_dropped(1))).startswith("**too_few_words**: 7\n\n> text 0\n")
    assert samples_text(reasons_table(_dropped(1).clear())) == ""


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="needs the column 'text_hash'"):
        reasons_table(pl.DataFrame({"reason": [""], "text": [""]}))
