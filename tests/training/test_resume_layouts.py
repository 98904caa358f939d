"""Killed jobs go on exactly in every layout of ranks and memory, and across layouts nearly so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from training_jobs import MODEL, finish, journal, make_spec, run, write_shards

from training.spec import TrainSpec

HEADS = {"model": replace(MODEL, num_global_heads=2)}
LAYOUTS: dict[str, dict[str, Any]] = {
    "sliced": {"zero_stage": 1, "world_size": 2, "sequence_parallel": 2},
    "offloaded": {"zero_stage": 2, "offload_optimizer": True},
    "offloaded_partitions": {"zero_stage": 3, "offload_optimizer": True, "world_size": 2},
    "bf16_stage_1": {"zero_stage": 1, "precision": "bf16"},
    "bf16_stage_1_pair": {"zero_stage": 1, "precision": "bf16", "world_size": 2},
    "bf16_offloaded": {"zero_stage": 3, "precision": "bf16", "offload_optimizer": True},
    "z_loss": {"z_loss": 1e-3},
}
SLOW = {
    "sliced",
    "offloaded",
    "offloaded_partitions",
    "bf16_stage_1",
    "bf16_stage_1_pair",
    "bf16_offloaded",
    "z_loss",
}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


@pytest.mark.parametrize(
    "layout",
    [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in LAYOUTS],
)
def test_a_killed_job_ends_with_the_bits_of_a_whole_one(
    layout: str, shards: Path, tmp_path: Path
) -> None:
    changes = HEADS | LAYOUTS[layout]
    expected = finish(make_spec(tmp_path / "whole", shards, **changes))
    cut = make_spec(tmp_path / "cut", shards, **changes)
    run(cut, crash_at="step.after_update:8")
    assert finish(cut) == expected
    assert _losses(cut) == _losses(make_spec(tmp_path / "whole", shards, **changes))


def test_a_job_goes_on_in_another_layout(shards: Path, tmp_path: Path) -> None:
    """One rank, then two that share samples, then two with a partitioned optimizer on the host."""
    whole = make_spec(tmp_path / "whole", shards, **HEADS)
    finish(whole)
    run(make_spec(tmp_path / "job", shards, **HEADS), crash_at="step.after_update:5")
    sliced = make_spec(tmp_path / "job", shards, **HEADS, **LAYOUTS["sliced"])
    run(sliced, crash_at="step.after_update:5")
    last = make_spec(tmp_path / "job", shards, **HEADS, **LAYOUTS["offloaded_partitions"])
    finish(last)
    resumed = [line for line in journal(last) if line.get("name") == "resumed"]
    assert [(line["step"], line["ranks"]) for line in resumed] == [(3, 2), (6, 2)]
    assert _losses(last) == pytest.approx(_losses(whole), rel=0, abs=1e-5)


def _losses(spec: TrainSpec) -> list[float]:
    return [line["train/loss"] for line in journal(spec) if line["kind"] == "metrics"]
