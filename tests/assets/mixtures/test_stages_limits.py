"""mixtures/stage: caps, skew and what cannot be met."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl
import pytest

from assets.recipes.data import GroupShare
from tests.assets.mixtures.stage_case import SPEC, corpus, staged, with_stage


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
