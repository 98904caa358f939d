"""Fine-tuning and judging as estimates, held to what recipe `small` really took."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets.corpora.benchmarks import BENCHMARKS
from assets.recipes.catalogue import RECIPES
from assets.recipes.small import small
from assets.recipes.workload import ITEM_TOKENS, fine_tuning, judged, num_judged_models

TUNED = {"sft_general": (33, 66_172), "sft_medical": (80, 160_129)}
"""Steps and tokens of the models of recipe `small`, made on 2026-11-28."""
NEEDLES, BENCHMARKED, MEDICAL = 53_760, 230_646, 93_356
"""Tokens that its reports fed to two models."""


def test_the_steps_of_fine_tuning_are_those_that_a_real_recipe_took() -> None:
    for stage in fine_tuning(small()):
        steps, tokens = TUNED[stage.name]
        assert stage.steps == pytest.approx(steps, rel=0.02)
        assert stage.tokens == pytest.approx(tokens, rel=0.03)


def test_the_tokens_of_judging_are_those_that_real_reports_fed() -> None:
    found = {text.name: text.tokens for text in judged(small())}
    needles = sum(tokens for name, tokens in found.items() if name.startswith("needle"))
    assert 2 * needles == NEEDLES
    medical = ("medqa", "medmcqa", "mmlu_medical")
    assert 2 * sum(found[name] for name in medical) == pytest.approx(MEDICAL, rel=0.05)
    general = [name for name in BENCHMARKS if name not in (*medical, "lambada")]
    assert 2 * sum(found[name] for name in general) == pytest.approx(BENCHMARKED, rel=0.02)


def test_every_benchmark_has_a_length() -> None:
    assert set(ITEM_TOKENS) == set(BENCHMARKS)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_no_text_is_longer_than_a_model_reads_at_once(name: str) -> None:
    recipe = RECIPES[name]()
    longest = max(stage.context_tokens for stage in recipe.stages)
    assert all(0 < text.row_tokens <= max(longest, 384) for text in judged(recipe))
    assert num_judged_models(recipe) == (2 if recipe.sft else 1)


def test_epochs_multiply_the_tokens_and_not_the_questions() -> None:
    recipe = small()
    twice = replace(recipe, sft=tuple(replace(stage, epochs=2) for stage in recipe.sft))
    for once, both in zip(fine_tuning(recipe), fine_tuning(twice), strict=True):
        assert both.questions == once.questions
        assert both.tokens == pytest.approx(2 * once.tokens, rel=0.03)
