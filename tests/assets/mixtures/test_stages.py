"""mixtures/stage1..3: budgets are met, weights respected, the cap holds, the seed decides."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.mixtures.selection import repeats_for, weights_of
from assets.mixtures.stages import make_stage
from assets.recipes.recipe import UpsamplingSpec

UPSAMPLING = {"weights": [[1, 1], [2, 3], [6, 5], [101, 8], [1001, 10]], "max_repeats": 10}
DOMAINS = {"pubmed": "medical", "icd": "medical", "wiki": "general", "stdlib": "code"}


def corpus(seed: int, num_documents: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    rows = []
    for number in range(num_documents):
        source = rng.choice(sorted(DOMAINS))
        rows.append(
            {
                "doc_id": hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:32],
                "source": source,
                "domain": DOMAINS[source],
                "num_tokens": rng.randint(20, 400),
                "duplicate_count": rng.choice([1, 1, 1, 1, 2, 7]),
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
) -> tuple[pl.DataFrame, dict[str, Any], Outcome, Path]:
    lake = FakeLake(folder / "lake")
    table = pl.DataFrame(rows)
    inputs = (
        commit_folder(
            lake,
            "mixtures/decontaminated",
            {"documents.parquet": _bytes(table.select("doc_id", "source", "duplicate_count"))},
        ),
        commit_folder(
            lake,
            "tokenizers/tokenizer",
            {
                "token_counts.parquet": _bytes(
                    table.drop("duplicate_count").head(table.height - uncounted)
                )
            },
        ),
    )
    config = {
        "tokens": tokens,
        "medical_share": medical_share,
        "upsampling": UPSAMPLING,
        "seed": seed,
    }
    step = Step(family="mixtures", name="stage1", partition="p", code_version="1", config=config)
    ws = fake_workspace(folder, step, inputs, lake=lake)
    outcome = make_stage(ws)
    plan = json.loads((ws.out_dir / "plan.json").read_text())
    return pl.read_parquet(ws.out_dir / "selection.parquet"), plan, outcome, ws.out_dir


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


def test_with_more_text_than_budget_documents_are_sampled_by_the_seed(tmp_path: Path) -> None:
    rows = [{**row, "duplicate_count": 1} for row in corpus(3, 400)]
    one, _, _, _ = staged(tmp_path / "one", rows, tokens=8_000, medical_share=0.5, seed=1)
    two, _, _, _ = staged(tmp_path / "two", rows, tokens=8_000, medical_share=0.5, seed=2)
    assert one["repeats"].max() == 1
    assert 20 < one.height < 80
    assert set(one["doc_id"]) != set(two["doc_id"])


def test_the_same_seed_gives_the_same_bytes_whatever_the_row_order(tmp_path: Path) -> None:
    rows = corpus(4, 100)
    _, _, _, first = staged(tmp_path / "a", rows, tokens=20_000, medical_share=0.4)
    _, _, _, second = staged(tmp_path / "b", rows[::-1], tokens=20_000, medical_share=0.4)
    for name in ("selection.parquet", "plan.json", "shares.png"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_documents_with_many_copies_are_read_as_often_as_their_weight_says() -> None:
    """2,000 documents of weight 1 and of weight 5 under one budget: readings are as 1 to 5."""
    ids = [f"{n:032x}" for n in range(4000)]
    weights = np.repeat(np.array([1, 5]), 2000)
    repeats = repeats_for(
        ids,
        np.full(4000, 100),
        weights,
        np.zeros(4000, dtype=np.int64),
        budget_tokens=900_000,
        max_repeats=10,
        seed=1,
    )
    light, heavy = repeats[:2000].sum(), repeats[2000:].sum()
    assert light + heavy == 9000
    assert heavy / light == pytest.approx(5, rel=0.05)


def test_a_source_of_few_long_documents_gets_its_share_within_one_of_them() -> None:
    """50 books of 9,000 tokens beside 5,000 notes of 90: as many tokens each, whatever the seed."""
    ids = [f"{n:032x}" for n in range(5050)]
    tokens = np.repeat(np.array([9000, 90]), [50, 5000])
    strata = np.repeat(np.array([1, 2]), [50, 5000])
    for seed in range(10):
        repeats = repeats_for(
            ids,
            tokens,
            np.ones_like(tokens),
            strata,
            budget_tokens=60_000,
            max_repeats=10,
            seed=seed,
        )
        books = int((tokens * repeats)[:50].sum())
        assert abs(books - 30_000) <= 9000


@settings(max_examples=200, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 50), min_size=0, max_size=30),
    budget=st.integers(0, 2000),
    cap=st.integers(1, 10),
    data=st.data(),
)
def test_the_budget_is_reached_by_the_last_reading_or_everything_is_at_the_cap(
    sizes: list[int], budget: int, cap: int, data: st.DataObject
) -> None:
    weights = data.draw(st.lists(st.integers(1, cap), min_size=len(sizes), max_size=len(sizes)))
    tokens = np.array(sizes, dtype=np.int64)
    repeats = repeats_for(
        [str(n) for n in range(len(sizes))],
        tokens,
        np.array(weights, dtype=np.int64),
        np.arange(len(sizes)) % 3,
        budget_tokens=budget,
        max_repeats=cap,
        seed=9,
    )
    total = int((tokens * repeats).sum())
    assert repeats.min(initial=0) >= 0 and repeats.max(initial=0) <= cap
    if total < budget:
        assert (repeats == cap).all()
    else:
        assert total - budget < max(1, tokens.max(initial=1))


def test_weights_follow_the_steps_and_never_exceed_the_cap() -> None:
    spec = UpsamplingSpec(weights=((1, 1), (2, 3), (6, 5), (101, 8), (1001, 30)), max_repeats=10)
    counts = np.array([0, 1, 2, 5, 6, 100, 101, 1000, 1001, 10**6])
    assert weights_of(counts, spec).tolist() == [1, 1, 3, 3, 5, 5, 8, 8, 10, 10]


def test_weights_that_do_not_begin_at_one_copy_are_refused() -> None:
    with pytest.raises(ValueError, match="must begin at a count of 1"):
        weights_of(np.array([1]), UpsamplingSpec(weights=((2, 3),), max_repeats=10))


def test_a_cap_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="max_repeats 0 is below 1"):
        weights_of(np.array([1]), UpsamplingSpec(weights=((1, 1),), max_repeats=0))


def test_a_medical_share_without_medical_text_is_refused(tmp_path: Path) -> None:
    rows = [row for row in corpus(6, 60) if row["domain"] != "medical"]
    with pytest.raises(ValueError, match="500 medical tokens are planned but there is no medical"):
        staged(tmp_path, rows, tokens=1000, medical_share=0.5)


def test_no_medical_share_needs_no_medical_text(tmp_path: Path) -> None:
    rows = [row for row in corpus(6, 60) if row["domain"] != "medical"]
    _, plan, outcome, _ = staged(tmp_path, rows, tokens=1000, medical_share=0.0)
    assert plan["domains"]["medical"]["achieved_tokens"] == 0
    assert outcome.metrics["medical_share_achieved"] == 0.0


def test_documents_without_a_token_count_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 documents have no token count"):
        staged(tmp_path, corpus(7, 30), tokens=1000, medical_share=0.5, uncounted=3)
