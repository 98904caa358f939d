"""Checks of tokenizers and shards tell a sound artifact from one with a single fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fakes import FakeLake
from assets.tokenizers.checks import SHARD_CHECKS, TOKENIZER_CHECKS
from tests.artifacts import Case, both_ways, encoded, judge, parquet
from tests.assets.lineage.forgetting.test_requests import request, written
from tests.assets.lineage.test_taint import lake, only
from tests.micro import micro_tokenizer_json

__all__ = ["lake"]

SIZE = max(json.loads(micro_tokenizer_json())["model"]["vocab"].values()) + 1


def tokenizer(**change: Any) -> dict[str, bytes]:
    return {"tokenizer.json": encoded(json.loads(micro_tokenizer_json()) | change)}


def shards(num_tokens: int) -> dict[str, bytes]:
    spans = [{"start": 0, "end": 60}, {"start": 60, "end": 100}, {"start": 0, "end": 100}]
    return {
        "shards.json": encoded({"num_tokens": num_tokens, "num_samples": 2}),
        "index.parquet": parquet(spans, start=pl.UInt32, end=pl.UInt32),
    }


TOKENIZER = [
    Case(
        check="size_is_exact",
        passes=True,
        says=f"{SIZE} entries",
        files=tokenizer(),
        config={"vocab_size": SIZE},
    ),
    Case(
        check="size_is_exact",
        passes=False,
        says=f"asks for {SIZE + 1}",
        files=tokenizer(),
        config={"vocab_size": SIZE + 1},
    ),
    Case(
        check="round_trip_is_lossless",
        passes=True,
        says="0 of 3 probes changed",
        files=tokenizer(),
    ),
    Case(
        check="round_trip_is_lossless",
        passes=False,
        says="2 of 3 probes changed",
        files=tokenizer(normalizer={"type": "Lowercase"}),
    ),
]
SHARDS = [
    Case(
        check="index_covers_every_token",
        passes=True,
        says="the index holds 200 tokens, the shards 200",
        files=shards(200),
    ),
    Case(
        check="index_covers_every_token",
        passes=False,
        says="the index holds 200 tokens, the shards 201",
        files=shards(201),
    ),
]


@pytest.mark.parametrize("case", TOKENIZER, ids=str)
def test_a_tokenizer_is_exact_in_size_and_lossless(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "tokenizers/tokenizer", TOKENIZER_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


@pytest.mark.parametrize("case", SHARDS, ids=str)
def test_shards_are_judged_by_their_index(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "tokenizers/shards_stage1", SHARD_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_shards_that_hold_a_forgotten_document_or_a_question_about_one_are_refused(
    lake: FakeLake, tmp_path: Path
) -> None:
    (check,) = [check for check in SHARD_CHECKS if check.name == "no_forgotten_document"]
    stage, sft = (only(lake, f"tokenizers/shards_{n}") for n in ("stage1", "sft_general"))
    assert check.run(stage, lake).passed and check.run(sft, lake).passed
    written(lake, tmp_path, request(lake, "other"))
    assert not check.run(stage, lake).passed
    assert check.run(sft, lake).passed
    written(lake, tmp_path, request(lake, "kept"), day=2)
    verdict = check.run(sft, lake)
    assert not verdict.passed
    assert "1 documents of 2 requests to forget are packed, for example item" in verdict.reason


def test_every_check_is_seen_to_pass_and_to_fail() -> None:
    checks = [*TOKENIZER_CHECKS, *SHARD_CHECKS]
    # Whether something forgotten is packed depends on the whole lake, and has its own test above.
    seen = both_ways([*TOKENIZER, *SHARDS]) | {"no_forgotten_document"}
    assert seen == {check.name for check in checks}
