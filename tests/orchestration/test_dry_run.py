"""A dry run shows the real spec and job of an artifact, and leaves no trace."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from assets.compute import InlineCompute
from assets.corpora.places import Places
from assets.fakes import FakeLake, FakeTracker, fake_manifest
from assets.lineage.build import MissingInput
from assets.lineage.step import Step
from assets.platform import Platform
from assets.ports import Launcher
from orchestration.commands.materialize import materialize
from orchestration.dry_run import dry_run, work_of
from orchestration.launchers.local import LocalLauncher
from orchestration.launchers.slurm import SlurmLauncher
from orchestration.launchers.slurm_settings import SlurmSettings
from tests.training.training_jobs import MODEL
from training.ds_config import ds_config
from training.shards import ShardsInfo
from training.spec import OptimizerSpec, TrainSpec

SHARDS = Step(
    family="tokenizers", name="shards_stage1", partition="tiny", code_version="1", config={}
)
STAGE = Step(
    family="checkpoints",
    name="stage1",
    partition="tiny",
    code_version="1",
    config={
        "model": MODEL.to_dict(),
        "init": "random",
        "init_seed": 1,
        "data_seed": 2,
        "context_tokens": 32,
        "batch_samples": 4,
        "steps": 10,
        "schedule": {"peak_lr": 1e-2, "warmup_steps": 2, "decay": "constant", "final_lr": 1e-2},
        "optimizer": asdict(OptimizerSpec()),
        "precision": "bf16",
        "carry_optimizer": False,
    },
    inputs=(SHARDS,),
)


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    lake = FakeLake(tmp_path / "lake")
    attempt = lake.begin("tokenizers", "shards_stage1", SHARDS.fingerprint)
    ShardsInfo(
        context_tokens=32, vocab_size=64, pad_id=0, dtype="uint16", num_samples=10,
        samples_per_shard=10, num_tokens=320, has_loss_mask=False,
    ).write(attempt.scratch)  # fmt: skip
    lake.commit(attempt, fake_manifest(SHARDS, attempt.scratch))
    return lake


def _platform(lake: FakeLake, folder: Path, launcher: Launcher) -> Platform:
    def never(*_: object) -> Any:
        raise AssertionError("a dry run asks for nothing like this")

    return Platform(
        lake=lake,
        tracker=FakeTracker(),
        launcher=launcher,
        compute=InlineCompute(),
        job_root=folder / "jobs",
        places=Places(inbox=folder, fetched=folder, s3_endpoint=""),
        gather_provenance=never,
        run_and_wait=never,
        project_journal=never,
        on_progress=never,
    )


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_spec_is_the_one_the_job_would_get(lake: FakeLake, tmp_path: Path) -> None:
    launcher = LocalLauncher(environ=os.environ)
    found = dry_run(STAGE, _platform(lake, tmp_path, launcher))
    spec = TrainSpec.from_dict(found.spec)
    assert spec.identity.steps == 10
    job_dir = tmp_path / "jobs" / f"checkpoints.stage1.{STAGE.short}"
    assert spec.execution.output_dir == str(job_dir / "output")
    assert Path(spec.execution.shards_dir, "shards.json").is_file()
    assert found.ds_config == ds_config(spec)
    assert found.ds_config["bf16"]["enabled"] is True
    assert not found.in_lake
    assert f"-m training.main {job_dir / 'spec.json'}" in found.job


def test_the_script_is_the_launchers(lake: FakeLake, tmp_path: Path) -> None:
    launcher = SlurmLauncher(environ={}, settings=SlurmSettings(partition="gpu"))
    found = dry_run(STAGE, _platform(lake, tmp_path, launcher))
    assert found.launcher == "slurm"
    assert found.job.startswith("#!/bin/bash\n#SBATCH --job-name=checkpoints-stage1-")
    assert "#SBATCH --partition=gpu\n" in found.job


def test_nothing_is_left_behind(lake: FakeLake, tmp_path: Path) -> None:
    before = _tree(tmp_path)
    dry_run(STAGE, _platform(lake, tmp_path, LocalLauncher(environ=os.environ)))
    assert _tree(tmp_path) == before
    assert not list((tmp_path / "jobs").iterdir())


def test_an_input_that_is_missing_is_named_with_what_to_run(tmp_path: Path) -> None:
    platform = _platform(FakeLake(tmp_path / "lake"), tmp_path, LocalLauncher(environ=os.environ))
    with pytest.raises(MissingInput, match=r"shards_stage1\[tiny\] .* materialize it first"):
        dry_run(STAGE, platform)


def test_an_artifact_without_a_job_is_refused() -> None:
    step = Step(family="mixtures", name="deduped", partition="tiny", code_version="1", config={})
    with pytest.raises(ValueError, match=r"mixtures/deduped\[tiny\] is made without a job"):
        work_of(step)


def test_a_recipe_as_a_whole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATERIA_HOME", str(tmp_path))
    with pytest.raises(ValueError, match="--dry-run shows single artifacts: name them"):
        materialize([], recipe="smoke", only_show=True)
    with pytest.raises(ValueError, match="--json goes with --dry-run"):
        materialize([], recipe="smoke", as_json=True)
