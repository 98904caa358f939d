"""Checks of trained weights tell a sound artifact from one with a single fault."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from assets.checkpoints.checks import WEIGHT_CHECKS
from model.config import ModelConfig
from tests.artifacts import Case, both_ways, judge
from tests.micro import write_micro_model


@cache
def trained() -> tuple[ModelConfig, bytes]:
    """Return the micro model's architecture and the bytes of its weights."""
    with TemporaryDirectory() as folder:
        config = write_micro_model(Path(folder))
        return config, (Path(folder) / "model.safetensors").read_bytes()


CONFIG, WEIGHTS = trained()
CASES = [
    Case(
        check="loss_is_finite", passes=True, says="final loss 2.5000", metrics={"final_loss": 2.5}
    ),
    *(
        Case(
            check="loss_is_finite",
            passes=False,
            says=f"final loss {loss}",
            metrics={"final_loss": loss},
        )
        for loss in (math.nan, math.inf)
    ),
    Case(
        check="weights_match_config",
        passes=True,
        says=f"{CONFIG.num_parameters()} parameters",
        files={"model.safetensors": WEIGHTS},
        config={"model": CONFIG.to_dict()},
    ),
    Case(
        check="weights_match_config",
        passes=False,
        says="the recipe asks for",
        files={"model.safetensors": WEIGHTS},
        config={"model": CONFIG.to_dict() | {"intermediate_size": 25}},
    ),
    *(
        Case(
            check="loss_fell",
            passes=last < 6.0,
            says=f"loss 6.0000 -> {last:.4f}",
            metrics={"first_loss": 6.0, "final_loss": last},
        )
        for last in (2.5, 6.0, 7.0, math.nan)
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_weights_are_judged_by_loss_and_shapes(tmp_path: Path, case: Case) -> None:
    verdict = judge(tmp_path, "checkpoints/stage1", WEIGHT_CHECKS, case)
    assert verdict.passed is case.passes
    assert case.says in verdict.reason


def test_a_loss_that_did_not_fall_only_warns() -> None:
    assert [check.name for check in WEIGHT_CHECKS if not check.blocking] == ["loss_fell"]


def test_every_check_is_seen_to_pass_and_to_fail() -> None:
    assert both_ways(CASES) == {check.name for check in WEIGHT_CHECKS}
