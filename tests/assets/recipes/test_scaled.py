"""Sizes in the 14B's shape: the rules give the 14B itself, and each size follows them."""

from __future__ import annotations

import pytest

from assets.corpora.sources import SOURCES
from assets.recipes.catalogue import recipe
from assets.recipes.scaled import (
    Size,
    compute_flops,
    fitted_batch_tokens,
    fitted_lr,
    scaled_model,
)

SIZES = {"m1_125m": 125_058_876, "m1_350m": 358_397_060, "m1_1b5": 1_526_827_248}


def test_the_rules_make_the_published_14b_but_for_its_window() -> None:
    published = recipe("m1_14b").model
    ours = scaled_model(
        Size(hidden_size=5120, num_layers=40, vocab_size=133_120, context_tokens=8192)
    )
    differ = {name for name, value in published.to_dict().items() if ours.to_dict()[name] != value}
    assert differ == {"sliding_window"}  # A quarter of the context is the ablations' rule.
    assert ours.num_parameters() == published.num_parameters() == 14_470_764_320


@pytest.mark.parametrize(("name", "parameters"), SIZES.items())
def test_each_size_has_the_parameters_of_its_name(name: str, parameters: int) -> None:
    found = recipe(name).model.num_parameters()
    assert found == parameters
    stated = {"m1_125m": 125e6, "m1_350m": 350e6, "m1_1b5": 1.5e9}[name]
    assert found == pytest.approx(stated, rel=0.03)


@pytest.mark.parametrize("name", SIZES)
def test_each_size_reads_twenty_tokens_a_parameter_in_whole_steps(name: str) -> None:
    chosen = recipe(name)
    tokens = [stage.tokens for stage in chosen.stages]
    assert sum(tokens) == pytest.approx(20 * chosen.model.num_parameters(), rel=0.001)
    assert tokens[0] / sum(tokens) == pytest.approx(0.6, rel=0.01)
    for stage in chosen.stages:
        assert stage.steps * stage.batch_samples * stage.context_tokens == stage.tokens


@pytest.mark.parametrize("name", SIZES)
def test_rate_and_batch_are_those_of_the_fit(name: str) -> None:
    chosen = recipe(name)
    compute = compute_flops(chosen.model, sum(stage.tokens for stage in chosen.stages))
    for stage in chosen.stages:
        assert stage.peak_lr == pytest.approx(fitted_lr(compute), rel=0.05)
        ratio = stage.batch_samples * stage.context_tokens / fitted_batch_tokens(compute)
        assert 2**-0.5 <= ratio <= 2**0.5
        assert stage.batch_samples & (stage.batch_samples - 1) == 0  # Shared by 1, 2, 4, 8 GPUs.


def test_the_fit_comes_near_the_papers_own_choice_for_the_14b() -> None:
    chosen = recipe("m1_14b")
    compute = compute_flops(chosen.model, 20e12)
    assert fitted_lr(compute) == pytest.approx(4e-4, rel=0.5)
    assert fitted_batch_tokens(compute) == pytest.approx(16e6, rel=0.6)


@pytest.mark.parametrize("name", [*SIZES, "m1_14b"])
def test_the_third_stage_has_four_times_the_context_in_as_large_a_batch(name: str) -> None:
    first, second, third = recipe(name).stages
    assert third.context_tokens == 4 * first.context_tokens == 4 * second.context_tokens
    assert third.batch_samples * third.context_tokens == first.batch_samples * first.context_tokens
    assert third.final_lr == pytest.approx(third.peak_lr / 20)


@pytest.mark.parametrize("name", SIZES)
def test_a_size_reads_the_catalogues_corpora_and_a_teams_own(name: str) -> None:
    names = recipe(name).source_names
    assert "inbox_public" in names
    assert set(names) <= set(SOURCES)


def test_the_batch_of_the_14b_can_be_shared_by_powers_of_two() -> None:
    for stage in recipe("m1_14b").stages:
        assert stage.batch_samples % 512 == 0
        assert stage.batch_samples * stage.context_tokens == 16 * 1024 * 1024
