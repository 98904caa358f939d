"""mixtures/stage1..3: targets are met, caps hold, scores move weights, the plan says why."""

from __future__ import annotations

import hashlib
import io
import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.mixtures.stages import make_stage
from assets.recipes.data import GroupShare, MixtureSpec, StageMixture

UPSAMPLING = {"weights": [[1, 1], [2, 3], [6, 5], [101, 8], [1001, 10]], "max_repeats": 10}
DOMAINS = {"pubmed": "medical", "icd": "medical", "wiki": "general", "stdlib": "code"}
FLAT = StageMixture(
    name="stage1",
    groups=(),
    hardness_centre=0.5,
    hardness_width=0.3,
    hardness_floor=1.0,
    quality_low=1.0,
    quality_top=1.0,
    quality_from=0.67,
    quality_softness=0.05,
)
"""Weights follow duplicate counts alone."""
SPEC = MixtureSpec(
    main_languages=("en",),
    multilingual_max_share=0.1,
    topic_weights=(),
    source_max_repeats=(),
    max_document_share=1.0,
    perplexity_share=0.5,
    stages=(FLAT, replace(FLAT, name="stage2"), replace(FLAT, name="stage3")),
)


def with_stage(spec: MixtureSpec = SPEC, **changes: Any) -> MixtureSpec:
    """Return the spec with other preferences of its first stage."""
    return replace(spec, stages=(replace(spec.stages[0], **changes), *spec.stages[1:]))


def corpus(seed: int, num_documents: int, languages: str = "en") -> list[dict[str, Any]]:
    rng = random.Random(seed)
    rows = []
    for number in range(num_documents):
        source = rng.choice(sorted(DOMAINS))
        rows.append(
            {
                "doc_id": hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:32],
                "source": source,
                "domain": DOMAINS[source],
                "language": rng.choice(languages.split()),
                "num_tokens": rng.randint(20, 400),
                "duplicate_count": rng.choice([1, 1, 1, 1, 2, 7]),
                "content_type": rng.choice(["article", "reference"]),
                "topic": rng.choice(["news", "medicine", "physics"]),
                "quality": rng.random(),
                "bits_per_byte": rng.uniform(0.5, 3.0),
            }
        )
    return rows


def staged(
    folder: Path,
    rows: Sequence[dict[str, Any]],
    *,
    tokens: int,
    medical_share: float,
    seed: int = 5,
    uncounted: int = 0,
    unscored: int = 0,
    spec: MixtureSpec = SPEC,
    scores: bool = True,
    parts: int = 1,
) -> tuple[pl.DataFrame, dict[str, Any], Outcome, Path]:
    lake = FakeLake(folder / "lake")
    table = pl.DataFrame(rows)
    documents = table.select("doc_id", "source", "domain", "language", "duplicate_count")
    counted = table.select("doc_id", "source", "domain", "num_tokens")
    judged = table.select("doc_id", "content_type", "topic", "quality", "bits_per_byte")
    inputs = [
        commit_folder(lake, "mixtures/decontaminated", _parts("documents", documents, parts)),
        commit_folder(
            lake,
            "tokenizers/tokenizer",
            _parts("token_counts", counted.head(table.height - uncounted), 1),
        ),
    ]
    if scores:
        kept = judged.head(table.height - unscored)
        inputs.append(commit_folder(lake, "mixtures/scores", _parts("scores", kept, parts)))
    config = {
        "tokens": tokens,
        "medical_share": medical_share,
        "upsampling": UPSAMPLING,
        "mixture": spec.literals("stage1"),
        "seed": seed,
    }
    step = Step(family="mixtures", name="stage1", partition="p", code_version="1", config=config)
    ws = fake_workspace(folder, step, tuple(inputs), lake=lake)
    outcome = make_stage(ws)
    plan = json.loads((ws.out_dir / "plan.json").read_text())
    return pl.read_parquet(ws.out_dir / "selection.parquet"), plan, outcome, ws.out_dir


def _parts(name: str, table: pl.DataFrame, parts: int) -> dict[str, bytes]:
    if parts == 1:
        return {f"{name}.parquet": _bytes(table)}
    size = -(-table.height // parts)
    return {
        f"{name}/{number:05d}.parquet": _bytes(table.slice(number * size, size))
        for number in range(parts)
    }


def _bytes(table: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


def achieved(selection: pl.DataFrame, medical: bool) -> int:
    part = selection.filter((pl.col("domain") == "medical") == medical)
    return int((part["num_tokens"] * part["repeats"]).sum())


@pytest.mark.parametrize("tokens", [5_000, 40_000, 300_000])
@pytest.mark.parametrize("share", [0.3, 0.8])
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


def test_a_source_cap_holds_and_is_named_when_it_keeps_a_target_away(tmp_path: Path) -> None:
    rows = corpus(16, 60)
    spec = replace(SPEC, source_max_repeats=(("pubmed", 2), ("icd", 3)))
    selection, plan, _, _ = staged(tmp_path, rows, tokens=60_000, medical_share=0.5, spec=spec)
    most = dict(selection.group_by("source").agg(pl.col("repeats").max()).iter_rows())
    assert most["pubmed"] == 2 and most["icd"] == 3
    medical = selection.filter(pl.col("domain") == "medical")
    assert medical["capped_by"].unique().to_list() == ["source_max_repeats"]
    assert (selection["repeats"] <= selection["cap"]).all()
    assert plan["targets"]["medical"]["why"].startswith("source_max_repeats holds back")


def test_no_document_is_more_of_a_stage_than_its_share(tmp_path: Path) -> None:
    rows = [{**row, "duplicate_count": 1} for row in corpus(17, 60)]
    rows[0]["num_tokens"] = 1_001
    rows[1]["num_tokens"] = 1_000
    spec = replace(SPEC, max_document_share=0.05)
    selection, plan, outcome, _ = staged(
        tmp_path, rows, tokens=20_000, medical_share=0.5, spec=spec
    )
    assert (selection["num_tokens"] * selection["repeats"]).max() <= 1_000
    assert rows[0]["doc_id"] not in set(selection["doc_id"])
    assert plan["too_long"] == {"documents": 1, "limit_tokens": 1000, "tokens": 1001}
    assert "1 documents (1,001 tokens) are longer than 1,000 tokens" in outcome.summary
    assert outcome.counts["documents_too_long"] == 1


def test_a_group_whose_documents_are_all_too_long_is_refused(tmp_path: Path) -> None:
    spec = replace(SPEC, max_document_share=0.001)
    with pytest.raises(ValueError, match="documents are longer than 10 tokens"):
        staged(tmp_path, corpus(18, 60), tokens=10_000, medical_share=0.5, spec=spec)


def test_a_group_without_text_is_refused_by_name(tmp_path: Path) -> None:
    groups = (GroupShare(name="notes", medical=True, share=0.5, content_types=("note",)),)
    with pytest.raises(ValueError, match="500 tokens are planned for group notes"):
        staged(
            tmp_path,
            corpus(6, 60),
            tokens=2000,
            medical_share=0.5,
            spec=with_stage(groups=groups),
        )


def test_two_groups_of_one_name_are_refused(tmp_path: Path) -> None:
    groups = (GroupShare(name="medical", medical=True, share=0.5),)
    with pytest.raises(ValueError, match="each needs a name of its own"):
        staged(
            tmp_path, corpus(6, 60), tokens=2000, medical_share=0.5, spec=with_stage(groups=groups)
        )


def test_documents_that_no_group_claims_are_counted(tmp_path: Path) -> None:
    groups = (GroupShare(name="papers", medical=True, share=1.0, sources=("pubmed",)),)
    rows = corpus(19, 100)
    selection, plan, outcome, _ = staged(
        tmp_path, rows, tokens=5_000, medical_share=0.5, spec=with_stage(groups=groups)
    )
    assert plan["unclaimed_documents"] == sum(row["source"] == "icd" for row in rows) > 0
    assert "icd" not in set(selection["source"])
    assert "belong to no group that has tokens" in outcome.summary


def test_a_stage_without_scores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs mixtures/scores"):
        staged(tmp_path, corpus(7, 30), tokens=1000, medical_share=0.5, scores=False)


def test_documents_without_a_score_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 documents have no score content_type"):
        staged(tmp_path, corpus(7, 30), tokens=1000, medical_share=0.5, unscored=2)


def test_a_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    rows = corpus(7, 30)
    rows[3]["bits_per_byte"] = math.nan
    with pytest.raises(ValueError, match="1 documents have no score bits_per_byte"):
        staged(tmp_path, rows, tokens=1000, medical_share=0.5)


def test_a_stages_literals_leave_the_other_stages_out() -> None:
    other = replace(SPEC, stages=(*SPEC.stages[:2], replace(SPEC.stages[2], hardness_centre=0.9)))
    assert other.literals("stage1") == SPEC.literals("stage1")
    assert other.literals("stage3") != SPEC.literals("stage3")
    assert asdict(SPEC.stages[0]) == SPEC.literals("stage1")["stage"]


def test_a_medical_share_without_medical_text_is_refused(tmp_path: Path) -> None:
    rows = [row for row in corpus(6, 60) if row["domain"] != "medical"]
    with pytest.raises(ValueError, match="500 tokens are planned for group medical"):
        staged(tmp_path, rows, tokens=1000, medical_share=0.5)


def test_no_medical_share_needs_no_medical_text(tmp_path: Path) -> None:
    rows = [row for row in corpus(6, 60) if row["domain"] != "medical"]
    _, plan, outcome, _ = staged(tmp_path, rows, tokens=1000, medical_share=0.0)
    assert plan["domains"]["medical"]["achieved_tokens"] == 0
    assert outcome.metrics["medical_share_achieved"] == 0.0


def test_documents_without_a_token_count_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 documents have no token count"):
        staged(tmp_path, corpus(7, 30), tokens=1000, medical_share=0.5, uncounted=3)
