"""mixtures/stage1..3: targets are met, caps hold, scores move weights, the plan says why."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.recipes.data import GroupShare
from tests.assets.mixtures.stage_case import SPEC, achieved, corpus, staged, with_stage


@pytest.mark.parametrize(
    ("tokens", "share"),
    [
        (5_000, 0.8),
        (300_000, 0.3),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in ((5_000, 0.3), (40_000, 0.3), (40_000, 0.8), (300_000, 0.8))
        ),
    ],
)
def test_both_budgets_are_met_within_one_document(
    tmp_path: Path, tokens: int, share: float
) -> None:
    selection, plan, outcome, _ = staged(
        tmp_path, corpus(1, 500), tokens=tokens, medical_share=share
    )
    medical = round(tokens * share)
    assert 0 <= achieved(selection, True) - medical < 400
    assert 0 <= achieved(selection, False) - (tokens - medical) < 400
    assert selection["repeats"].max() <= 10
    assert selection["repeats"].min() >= 1
    assert selection["doc_id"].is_sorted()
    assert not any(entry["why"] for entry in plan["targets"].values())
    assert plan["budget_is_filled"]
    assert plan["achieved_tokens"] == achieved(selection, True) + achieved(selection, False)
    assert sum(s["achieved_tokens"] for s in plan["sources"].values()) == plan["achieved_tokens"]
    assert sum(s["planned_tokens"] for s in plan["sources"].values()) == pytest.approx(
        tokens, abs=len(plan["sources"])
    )
    assert outcome.metrics["medical_share_achieved"] == pytest.approx(share, abs=0.08)


def test_when_the_text_runs_out_all_is_read_at_the_cap_and_the_plan_says_so(
    tmp_path: Path,
) -> None:
    rows = corpus(2, 40)
    selection, plan, outcome, _ = staged(tmp_path, rows, tokens=1_000_000, medical_share=0.5)
    unique = sum(row["num_tokens"] for row in rows)
    assert selection["repeats"].unique().to_list() == [10]
    assert plan["achieved_tokens"] == 10 * unique < plan["planned_tokens"]
    assert plan["unique_tokens"] == unique
    assert not plan["budget_is_filled"]
    assert outcome.metrics["budget_filled"] == pytest.approx(10 * unique / 1_000_000)
    assert "begins the mixture again" in outcome.summary
    assert "at 10 readings are too few" in plan["targets"]["medical"]["why"]
    assert outcome.counts["targets_missed"] == 2


def test_with_more_text_than_budget_documents_are_sampled_by_the_seed(tmp_path: Path) -> None:
    rows = [{**row, "duplicate_count": 1} for row in corpus(3, 400)]
    one, _, _, _ = staged(tmp_path / "one", rows, tokens=8_000, medical_share=0.5, seed=1)
    two, _, _, _ = staged(tmp_path / "two", rows, tokens=8_000, medical_share=0.5, seed=2)
    assert one["repeats"].max() == 1
    assert 20 < one.height < 80
    assert set(one["doc_id"]) != set(two["doc_id"])


def test_neither_row_order_nor_parts_change_a_byte(tmp_path: Path) -> None:
    rows = corpus(4, 100, "en zh ja")
    _, _, _, first = staged(tmp_path / "a", rows, tokens=20_000, medical_share=0.4)
    _, _, _, second = staged(tmp_path / "b", rows[::-1], tokens=20_000, medical_share=0.4, parts=3)
    names = sorted(path.name for path in first.iterdir())
    assert names == [
        "classes.png",
        "difficulty.png",
        "plan.json",
        "selection.parquet",
        "shares.png",
        "topics.png",
    ]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_groups_have_their_shares_within_one_document(tmp_path: Path) -> None:
    spec = with_stage(
        groups=(
            GroupShare(name="papers", medical=True, share=0.7, sources=("pubmed",)),
            GroupShare(name="code", medical=False, share=0.2, domains=("code",)),
            GroupShare(name="physics", medical=False, share=0.5, topics=("physics",)),
        )
    )
    selection, plan, _, _ = staged(
        tmp_path, corpus(8, 800), tokens=60_000, medical_share=0.4, spec=spec
    )
    tokens = pl.col("num_tokens") * pl.col("repeats")
    found = dict(selection.group_by("group").agg(tokens.sum()).iter_rows())
    wanted = {
        "papers": 16_800,
        "medical": 7_200,
        "code": 7_200,
        "physics": 18_000,
        "general": 10_800,
    }
    assert found.keys() == wanted.keys()
    for name, budget in wanted.items():
        assert 0 <= found[name] - budget < 400
        assert plan["targets"][name]["planned_tokens"] == budget
        assert plan["targets"][name]["achieved_tokens"] == found[name]
    assert set(selection.filter(pl.col("group") == "papers")["source"]) == {"pubmed"}
    # The first group that matches counts: physics of the standard library is code.
    assert "code" not in set(selection.filter(pl.col("group") == "physics")["domain"])


def test_every_factor_can_be_computed_again_from_the_scores(tmp_path: Path) -> None:
    rows = corpus(9, 200, "en zh")
    spec = with_stage(
        replace(SPEC, topic_weights=(("news", 0.5), ("physics", 2.0)), perplexity_share=0.75),
        hardness_centre=0.9,
        hardness_floor=0.1,
        quality_low=0.5,
        quality_top=3.0,
    )
    selection, plan, _, _ = staged(tmp_path, rows, tokens=10**6, medical_share=0.4, spec=spec)
    of = {row["doc_id"]: row for row in rows}

    def rank(row: dict[str, Any], value: Callable[[dict[str, Any]], float]) -> float:
        peers = [
            r for r in rows if (r["language"], r["domain"]) == (row["language"], row["domain"])
        ]
        below = sum(value(r) < value(row) for r in peers)
        equal = sum(value(r) == value(row) for r in peers)
        return (below + (equal + 1) / 2 - 0.5) / len(peers)

    def quality_rank(row: dict[str, Any]) -> float:
        return rank(row, lambda r: float(r["quality"]))

    hard = {
        key: round(
            0.75 * rank(row, lambda r: float(r["bits_per_byte"])) + 0.25 * quality_rank(row), 9
        )
        for key, row in of.items()
    }
    for got in selection.iter_rows(named=True):
        row = of[got["doc_id"]]
        quality = quality_rank(row)
        difficulty = rank(row, lambda r: hard[r["doc_id"]])
        factors = {
            "dup_weight": {1: 1.0, 2: 3.0, 7: 5.0}[row["duplicate_count"]],
            "quality_weight": 0.5 + 2.5 / (1 + math.exp(-(quality - 0.67) / 0.05)),
            "hardness_weight": 0.1 + 0.9 * math.exp(-(((difficulty - 0.9) / 0.3) ** 2) / 2),
            "topic_weight": {"news": 0.5, "physics": 2.0}.get(row["topic"], 1.0),
        }
        for name, value in {**factors, "difficulty": difficulty}.items():
            assert got[name] == pytest.approx(value), name
        assert got["weight"] == pytest.approx(math.prod(factors.values()))
    assert plan["formulas"]["weight"].startswith("dup_weight x quality_weight")


@pytest.mark.slow
def test_later_stages_read_harder_and_better_text(tmp_path: Path) -> None:
    rows = corpus(10, 1500)
    means = []
    for centre, low in ((0.2, 1.0), (0.55, 1.0), (0.9, 0.25)):
        spec = with_stage(
            hardness_centre=centre, hardness_floor=0.1, quality_low=low, quality_top=3.0
        )
        _, plan, _, _ = staged(
            tmp_path / str(centre), rows, tokens=60_000, medical_share=0.5, spec=spec
        )
        assert len(plan["difficulty_bands"]) == 10
        means.append((plan["mean_difficulty"], plan["mean_quality_rank"]))
    assert means == sorted(means)
    assert means[0][0] < 0.5 < means[1][0] < means[2][0] - 0.05


def test_the_top_third_is_read_about_three_times_as_often(tmp_path: Path) -> None:
    rows = [{**row, "duplicate_count": 1, "num_tokens": 100} for row in corpus(11, 3000)]
    spec = with_stage(quality_top=3.0, quality_softness=0.001)
    selection, _, _, _ = staged(tmp_path, rows, tokens=900_000, medical_share=0.5, spec=spec)
    top = selection.filter(pl.col("quality_rank") > 0.68)["repeats"].mean()
    low = selection.filter(pl.col("quality_rank") < 0.66)["repeats"].mean()
    assert top / low == pytest.approx(3, rel=0.05)
    assert selection["repeats"].max() <= 10


def test_a_topic_is_weighted_down_and_another_up(tmp_path: Path) -> None:
    rows = [{**row, "duplicate_count": 1} for row in corpus(12, 2000)]
    spec = replace(SPEC, topic_weights=(("news", 0.5), ("physics", 2.0), ("sport", 0.1)))
    selection, plan, outcome, _ = staged(
        tmp_path, rows, tokens=60_000, medical_share=0.5, spec=spec
    )
    count = {name: plan["topics"][name]["documents"] for name in ("news", "medicine", "physics")}
    assert 1.4 * count["news"] < count["medicine"] < count["physics"] / 1.4
    assert plan["unused_topic_weights"] == ["sport"]
    assert "No document has these weighted topics: sport." in outcome.summary
    assert selection.height == sum(count.values())


def test_other_languages_stay_below_their_cap_best_quality_first(tmp_path: Path) -> None:
    rows = corpus(13, 1000, "en zh ja")
    selection, plan, _, _ = staged(tmp_path, rows, tokens=50_000, medical_share=0.5)
    other = selection.filter(pl.col("language") != "en")
    read = int((other["num_tokens"] * other["repeats"]).sum())
    assert 4_000 < read <= 5_000
    assert plan["multilingual"]["achieved_tokens"] == read
    for domain in ("medical", "general", "code"):
        ranks = other.filter(pl.col("domain") == domain)["quality_rank"]
        assert ranks.min() > 0.7
    assert plan["achieved_tokens"] >= 50_000


def test_few_documents_in_other_languages_are_not_repeated_up_to_the_cap(tmp_path: Path) -> None:
    """The cap is a most, not a target: they get what their weight gives them."""
    rows = corpus(14, 500)
    for row in rows[:10]:
        row["language"] = "de"
    _, plan, _, _ = staged(tmp_path, rows, tokens=20_000, medical_share=0.5)
    assert plan["multilingual"]["achieved_tokens"] < 1_000


def test_a_group_of_other_languages_alone_is_held_at_the_cap_and_says_so(tmp_path: Path) -> None:
    rows = [
        {**row, "language": "de" if row["domain"] == "medical" else "en"} for row in corpus(15, 400)
    ]
    _, plan, outcome, _ = staged(tmp_path, rows, tokens=20_000, medical_share=0.5)
    medical = plan["targets"]["medical"]
    assert medical["achieved_tokens"] <= 2_000
    assert medical["why"].startswith("multilingual_max_share:")
    assert "multilingual_max_share" in outcome.summary
