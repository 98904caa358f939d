"""Whatever the corpus and the recipe: targets are reached or explained, caps hold, any order."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.mixtures.groups import (
    fill,
    longest_document,
    refuse_impossible,
    targets_of,
    with_caps,
    with_groups,
)
from assets.mixtures.plan import make_plan
from assets.mixtures.weights import with_weights
from assets.recipes.data import GroupShare, UpsamplingSpec
from tests.assets.mixtures.stage_case import SPEC, with_stage

UPSAMPLING = UpsamplingSpec(weights=((1, 1), (2, 3), (6, 5)), max_repeats=4)
GROUPS = (
    GroupShare(name="papers", medical=True, share=0.6, sources=("pubmed",)),
    GroupShare(name="code", medical=False, share=0.3, domains=("code",)),
    GroupShare(name="chinese", medical=False, share=0.2, languages=("zh",)),
)
SOURCES = {"pubmed": "medical", "icd": "medical", "wiki": "general", "stdlib": "code"}

document = st.fixed_dictionaries(
    {
        "source": st.sampled_from(sorted(SOURCES)),
        "language": st.sampled_from(["en", "en", "zh", "de", "ja"]),
        "topic": st.sampled_from(["news", "physics"]),
        "content_type": st.sampled_from(["article", ""]),
        "num_tokens": st.integers(1, 300),
        "duplicate_count": st.integers(0, 9),
        "quality": st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]),
        "bits_per_byte": st.floats(0, 8, width=32),
    }
)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(document, min_size=1, max_size=60),
    tokens=st.integers(1, 6_000),
    medical_share=st.sampled_from([0.0, 0.3, 1.0]),
    groups=st.sampled_from([(), GROUPS]),
    multilingual=st.sampled_from([0.0, 0.1, 1.0]),
    document_share=st.sampled_from([0.05, 1.0]),
    seed=st.integers(0, 5),
    turned=st.integers(0, 60),
)
def test_targets_are_reached_or_explained_and_no_cap_is_exceeded(
    rows: list[dict[str, Any]],
    tokens: int,
    medical_share: float,
    groups: tuple[GroupShare, ...],
    multilingual: float,
    document_share: float,
    seed: int,
    turned: int,
) -> None:
    spec = replace(
        with_stage(SPEC, groups=groups, hardness_centre=0.9, hardness_floor=0.1, quality_top=3.0),
        main_languages=("en", "zh"),
        multilingual_max_share=multilingual,
        max_document_share=document_share,
        source_max_repeats=(("icd", 2),),
        topic_weights=(("news", 0.5),),
    )
    config = {
        "tokens": tokens,
        "medical_share": medical_share,
        "upsampling": asdict(UPSAMPLING),
        "mixture": spec.literals("stage1"),
        "seed": seed,
    }
    for number, row in enumerate(rows):
        row["doc_id"], row["domain"] = f"{number:032x}", SOURCES[row["source"]]
    frame = pl.DataFrame(rows)
    pool = filled(frame, config)
    if pool is None:
        return
    again = filled(pl.concat([frame[turned:], frame[:turned]]), config)
    assert again is not None and pool.equals(again)
    plan = make_plan(pool, targets_of(config), config)
    _caps_hold(pool, config)
    for entry in plan["targets"].values():
        over = entry["achieved_tokens"] - entry["planned_tokens"]
        assert over < max(1, entry["largest_document"])
        assert bool(entry["why"]) is (over < 0)
    for axis in ("sources", "domains", "languages", "topics", "difficulty_bands"):
        total = sum(entry["achieved_tokens"] for entry in plan[axis].values())
        assert total == plan["achieved_tokens"]


def filled(frame: pl.DataFrame, config: dict[str, Any]) -> pl.DataFrame | None:
    """Return the filled pool, or None where a target is refused for want of text."""
    targets = targets_of(config)
    documents = with_caps(with_groups(frame.sort("doc_id"), config), config)
    try:
        refuse_impossible(documents, targets, longest_document(config))
    except ValueError as error:
        assert "there is no text for it" in str(error)
        return None
    return fill(with_weights(documents, config["mixture"], UPSAMPLING), targets, config)


def _caps_hold(pool: pl.DataFrame, config: dict[str, Any]) -> None:
    tokens = pool["num_tokens"] * pool["repeats"]
    assert tokens.max() <= longest_document(config)  # type: ignore[operator]
    assert (pool["repeats"] <= pool["cap"]).all()
    assert pool["repeats"].max() <= 4  # type: ignore[operator]
    assert pool.filter(pl.col("source") == "icd")["repeats"].max() in {None, 0, 1, 2}
    other = tokens.filter(~pool["is_main"]).sum()
    assert other <= config["tokens"] * config["mixture"]["multilingual_max_share"]
