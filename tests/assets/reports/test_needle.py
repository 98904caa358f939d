"""Haystacks: exact lengths, true depths, the fact once, the answer never in the question."""

from __future__ import annotations

import json
import random
from typing import Any

import polars as pl
import pytest

from assets.reports.haystack import CODE_DIGITS, build
from assets.reports.needle import (
    TRIALS,
    cells_of,
    filler_of,
    grid_of,
    make_needle,
    needle_items,
)
from model.tokenizer import Tokenizer
from tests.assets.reports.conftest import World, heldout_frame
from tests.micro import TEXT, write_micro_model

FILLER = " ".join(TEXT) * 40


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_micro_model(folder)
    return Tokenizer.load(folder)


@pytest.mark.parametrize("length", [256, 257, 512, pytest.param(1031, marks=pytest.mark.slow)])
@pytest.mark.parametrize("depth", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_length_is_exact_and_the_depth_true(
    tokenizer: Tokenizer, length: int, depth: float
) -> None:
    for trial in range(5):
        generator = random.Random(f"{length}:{depth}:{trial}")
        hay = build(FILLER, tokenizer.encode, length=length, depth=depth, generator=generator)
        parts = len(tokenizer.encode(hay.context)), len(tokenizer.encode(hay.target))
        assert sum(parts) == length
        # A word takes up to about eight tokens of this vocabulary: half of one to either side.
        hay_tokens = length - 120
        assert abs(hay.depth - depth) <= 5 / hay_tokens
        fact = hay.context.index("The access code of the")
        assert len(tokenizer.encode(hay.context[:fact].removesuffix(" "))) == hay.fact_token


def test_the_fact_stands_once_and_the_question_does_not_give_it_away(
    tokenizer: Tokenizer,
) -> None:
    hay = build(FILLER, tokenizer.encode, length=300, depth=0.5, generator=random.Random(1))
    code = hay.target.strip()
    assert len(code) == CODE_DIGITS and code.isdigit()
    assert hay.context.count(code) == 1
    assert f"The access code of the {hay.place} archive is {code}." in hay.context
    assert hay.context.endswith(f"archive?\nAnswer: The access code of the {hay.place} archive is")


def test_little_text_still_fills_a_long_haystack(tokenizer: Tokenizer) -> None:
    hay = build(TEXT[0], tokenizer.encode, length=700, depth=0.5, generator=random.Random(1))
    assert len(tokenizer.encode(hay.context)) + len(tokenizer.encode(hay.target)) == 700


def test_a_length_without_room_for_hay_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="a needle of 40 tokens has no room for hay"):
        build(FILLER, tokenizer.encode, length=40, depth=0.5, generator=random.Random(1))


def test_text_that_cannot_be_cut_to_length_is_refused() -> None:
    def pairs(text: str) -> list[str]:
        """Two tokens a word, so that no odd number of tokens can be reached."""
        return [half for word in text.split() for half in (word, "-")]

    lengths = (200, 201)
    with pytest.raises(ValueError, match="no cut of the held-out text gives a needle of exactly"):
        for length in lengths:
            build(FILLER, pairs, length=length, depth=0.5, generator=random.Random(1))


def test_an_item_depends_on_its_own_cell_only(tokenizer: Tokenizer) -> None:
    many = needle_items(FILLER, tokenizer.encode, lengths=[256, 300], depths=[0.2, 0.8], seed=4)
    alone = needle_items(FILLER, tokenizer.encode, lengths=[300], depths=[0.8], seed=4)
    assert many[3 * TRIALS :] == alone
    assert len({item["item_id"] for item in many}) == 4 * TRIALS
    codes = {item["target"] for item in many}
    assert len(codes) > 3 * TRIALS


def test_hay_is_prose_and_never_code() -> None:
    text = filler_of(heldout_frame().reverse())
    assert text == filler_of(heldout_frame())
    assert "import os" not in text
    with pytest.raises(ValueError, match="no held-out prose"):
        filler_of(heldout_frame().filter(pl.col("domain") == "code"))


def test_cells_count_what_was_found() -> None:
    results: list[dict[str, Any]] = [
        {"model": "base", "length": 64, "depth": d, "greedy": g, "nll": 3.0, "num_tokens": 6}
        for d, g in ((0.1, True), (0.1, False), (0.9, False), (0.9, False))
    ]
    cells = cells_of(results)
    assert [(c["depth"], c["found"], c["n"]) for c in cells] == [(0.1, 0.5, 2), (0.9, 0.0, 2)]
    assert cells[0]["nll_per_token"] == 0.5
    lengths, depths, found = grid_of(cells, "base")
    assert (lengths, depths, found.tolist()) == ([64], [0.1, 0.9], [[0.5], [0.0]])


def test_the_report_has_a_heat_map_per_model(world: World) -> None:
    inputs = (world.base, world.final, world.tokenizer, world.corpus)
    config = {"lengths": [160, 200], "depths": [0.1, 0.9], "seed": 11}
    ws = world.workspace("needle", inputs, config)
    outcome = make_needle(ws)
    assert outcome.pictures == ("needle_base.png", "needle_final.png", "needle.png")
    for name in outcome.pictures:
        assert (ws.out_dir / name).read_bytes().startswith(b"\x89PNG")
    assert outcome.counts["items"] == 4 * TRIALS
    cells = json.loads((ws.out_dir / "cells.json").read_text())
    assert len(cells) == 2 * 4
    assert "| depth 90% |" in (ws.out_dir / "report.md").read_text()
    # The micro model holds 64 tokens: every prompt was cut, and the report says so.
    assert outcome.counts["truncated"] == 2 * 4 * TRIALS
