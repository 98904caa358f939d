"""make_checkpoint: the spec it builds, the files it keeps, and one real job behind it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets.checkpoints.train import make_checkpoint, make_spec
from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import LineageError, Workspace
from assets.ports import JobRequest, JobSpec
from assets.resources import LAPTOP, TrainingResources
from model.config import ModelConfig
from orchestration.launchers.local import LocalLauncher
from orchestration.launchers.wait import run_and_wait
from orchestration.settings import Settings, job_environment
from training.shards import ShardsInfo
from training.spec import OptimizerSpec

MODEL = ModelConfig(
    vocab_size=64,
    hidden_size=16,
    intermediate_size=24,
    num_layers=2,
    num_global_heads=1,
    num_global_kv_heads=1,
    num_swa_heads=2,
    num_swa_kv_heads=1,
    sliding_window=8,
    sliding_window_layers=(1,),
    conv_window=2,
    rope_theta=1e4,
    max_position_embeddings=32,
)
NODE = TrainingResources(
    ranks=4,
    sequence_parallel=4,
    micro_batch_tokens=16,
    zero_stage=1,
    offload_optimizer=True,
    activation_checkpointing=True,
)
CONFIG: Mapping[str, Any] = {
    "model": MODEL.to_dict(),
    "init": "random",
    "init_seed": 1,
    "data_seed": 2,
    "context_tokens": 32,
    "batch_samples": 4,
    "steps": 10,
    "schedule": {"peak_lr": 1e-2, "warmup_steps": 2, "decay": "constant", "final_lr": 1e-2},
    "optimizer": asdict(OptimizerSpec()),
    "precision": "fp32",
    "carry_optimizer": False,
}

SHAREABLE = {**CONFIG, "model": replace(MODEL, num_global_heads=2).to_dict()}
"""Two heads on every layer, so that two ranks can share a sample."""


def _shards(lake: FakeLake, node: str = "tokenizers/shards_stage1") -> Manifest:
    info = ShardsInfo(
        context_tokens=32,
        vocab_size=64,
        pad_id=0,
        dtype="uint16",
        num_samples=10,
        samples_per_shard=10,
        num_tokens=320,
        has_loss_mask=False,
    )
    tokens = np.random.default_rng(0).integers(1, 64, (10, 32)).astype("<u2")
    pairs = np.array([[i, 0] for i in range(10)], dtype="<u4")
    files = {
        "shards.json": json.dumps(vars(info)).encode(),
        "tokens/00000.bin": tokens.tobytes(),
        "segments/00000.bin": pairs.tobytes(),
    }
    return commit_folder(lake, node, files)


def _workspace(
    folder: Path,
    node: str,
    config: Mapping[str, Any],
    *parents: Manifest,
    lake: FakeLake,
    training: TrainingResources = LAPTOP,
) -> Workspace:
    family, name = node.split("/")
    step = Step(family=family, name=name, partition="tiny", code_version="1", config=config)
    return fake_workspace(folder, step, parents, lake=lake, training=training)


def _weights(lake: FakeLake, node: str = "checkpoints/stage1") -> Manifest:
    return commit_folder(lake, node, {"model.safetensors": b"m", "optimizer.safetensors": b"o"})


def _pretend(ws: Workspace) -> Callable[[JobRequest], None]:
    """Stand in for the job: leave the files that training/main.py promises."""

    def run_job(request: JobRequest) -> None:
        output = ws.job_dir / "output"
        output.mkdir(parents=True)
        result = {
            "steps": 2,
            "tokens": 256,
            "predicted_tokens": 248,
            "parameters": 6232,
            "first_loss": 4.0,
            "last_loss": 2.0,
            "final_loss": 2.5,
            "skipped_steps": [1],
            "flops": 1e9,
        }
        timing = {"tokens_per_s": 1000.0, "device_s": 3.0, "train_s": 3.0}
        lines = [
            {"kind": "metrics", "step": s, "train/loss": 4.0 - s, "train/lr": 0.1} for s in (0, 1)
        ]
        lines.append({"kind": "event", "name": "step_skipped", "step": 1})
        (output / "result.json").write_text(json.dumps(result))
        (output / "timing.json").write_text(json.dumps(timing))
        (output / "journal.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
        for name in ("model.safetensors", "optimizer.safetensors", "config.json"):
            (output / name).write_bytes(b"x")

    return run_job


def test_the_first_stage_starts_from_nothing(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    ws = _workspace(tmp_path, "checkpoints/stage1", CONFIG, _shards(lake), lake=lake)
    spec = make_spec(ws)
    assert spec.identity.model == MODEL
    assert spec.identity.steps == 10
    assert spec.execution.init_dir is None
    assert Path(spec.execution.shards_dir, "tokens", "00000.bin").is_file()
    assert Path(spec.execution.resume_dir).is_relative_to(ws.job_dir)


def test_a_later_stage_reads_weights_and_moments(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    config = {**CONFIG, "init": "weights", "carry_optimizer": True}
    parents = (_shards(lake, "tokenizers/shards_stage2"), _weights(lake))
    ws = _workspace(tmp_path, "checkpoints/stage2", config, *parents, lake=lake)
    spec = make_spec(ws)
    assert spec.execution.init_dir is not None
    assert Path(spec.execution.init_dir, "optimizer.safetensors").read_bytes() == b"o"
    read = [entry.path for entry in ws.input("checkpoints/stage1").record().files_read]
    assert read == ["model.safetensors", "optimizer.safetensors"]


def test_epochs_become_steps_that_read_every_sample(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    config = {k: v for k, v in CONFIG.items() if k != "steps"}
    config |= {"epochs": 3, "init": "weights"}
    parents = (_shards(lake, "tokenizers/shards_sft_general"), _weights(lake, "checkpoints/stage3"))
    ws = _workspace(tmp_path, "models/sft_general", config, *parents, lake=lake)
    spec = make_spec(ws)
    assert spec.identity.steps == 8  # 3 x 10 samples in batches of 4
    read = [entry.path for entry in ws.input("checkpoints/stage3").record().files_read]
    assert read == ["model.safetensors"]


def test_bf16_gets_a_stage_that_keeps_fp32_masters(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    config = {**CONFIG, "precision": "bf16"}
    ws = _workspace(tmp_path, "checkpoints/stage1", config, _shards(lake), lake=lake)
    assert make_spec(ws).execution.zero_stage == 2


@pytest.mark.parametrize(("init", "with_weights"), [("weights", False), ("random", True)])
def test_inputs_that_do_not_fit_the_config_are_refused(
    init: str, with_weights: bool, tmp_path: Path
) -> None:
    lake = FakeLake(tmp_path / "lake")
    parents = (_shards(lake), *([_weights(lake)] if with_weights else []))
    config = {**CONFIG, "init": init}
    ws = _workspace(tmp_path, "checkpoints/stage2", config, *parents, lake=lake)
    with pytest.raises(LineageError, match=f"init '{init}' needs one shards artifact and"):
        make_spec(ws)


def test_what_an_installation_gives_changes_the_execution_and_no_fingerprint(
    tmp_path: Path,
) -> None:
    lake = FakeLake(tmp_path / "lake")
    inputs, config = (_shards(lake),), SHAREABLE
    plain = _workspace(tmp_path, "checkpoints/stage1", config, *inputs, lake=lake)
    node = _workspace(tmp_path, "checkpoints/stage1", config, *inputs, lake=lake, training=NODE)
    assert plain.step.fingerprint == node.step.fingerprint
    one, many = make_spec(plain), make_spec(node)
    assert one.identity == many.identity
    told = many.execution
    assert (told.world_size, told.sequence_parallel, told.micro_batch_samples) == (4, 2, 1)
    assert (told.zero_stage, told.offload_optimizer, told.activation_checkpointing) == (
        1,
        True,
        True,
    )
    assert replace(
        told,
        world_size=1,
        sequence_parallel=1,
        micro_batch_samples=4,
        zero_stage=0,
        offload_optimizer=False,
        activation_checkpointing=False,
    ) == one.execution  # fmt: skip


@pytest.mark.parametrize(
    ("ranks", "told"),
    [(1, "on 1 rank"), (2, "on 2 ranks"), (3, "on 2 of 3 ranks, as the batch can be shared out")],
)
def test_whoever_waits_is_told_how_many_ranks_work(ranks: int, told: str, tmp_path: Path) -> None:
    lake, said = FakeLake(tmp_path / "lake"), []
    ws = _workspace(
        tmp_path,
        "checkpoints/stage1",
        CONFIG,
        _shards(lake),
        lake=lake,
        training=TrainingResources(ranks=ranks),
    )
    ws.run_job, ws.progress = _pretend(ws), said.append  # type: ignore[method-assign]
    make_checkpoint(ws)
    assert said[0].endswith(told)


@pytest.mark.parametrize(
    ("node", "kept"),
    [("checkpoints/stage1", True), ("models/sft_general", False)],
)
def test_the_artifact_keeps_moments_only_where_a_stage_goes_on(
    node: str, kept: bool, tmp_path: Path
) -> None:
    lake = FakeLake(tmp_path / "lake")
    ws = _workspace(tmp_path, node, CONFIG, _shards(lake), lake=lake)
    ws.run_job = _pretend(ws)
    make_checkpoint(ws)
    files = {path.name for path in ws.out_dir.iterdir()}
    expected = {"model.safetensors", "config.json", "result.json", "journal.jsonl", "loss.png"}
    assert files == expected | ({"optimizer.safetensors"} if kept else set())


def test_the_outcome_says_what_was_trained_and_at_what_cost(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    ws = _workspace(tmp_path, "checkpoints/stage1", CONFIG, _shards(lake), lake=lake)
    ws.run_job = _pretend(ws)
    outcome = make_checkpoint(ws)
    assert outcome.counts["steps"] == 2
    assert outcome.counts["skipped_steps"] == 1
    assert outcome.metrics["final_loss"] == 2.5
    assert (outcome.cost.tokens, outcome.cost.flops, outcome.cost.device_s) == (256, 1e9, 3.0)
    assert "| steps skipped as spikes | 1: 1 |" in outcome.summary


@pytest.mark.slow
def test_a_real_job_trains_from_shards_to_artifact(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    ws = _workspace(tmp_path, "checkpoints/stage1", CONFIG, _shards(lake), lake=lake)

    def run_job(request: JobRequest) -> None:
        assert request.journal_path is not None
        command = [sys.executable, "-m", request.module, str(request.spec_path)]
        subprocess.run(command, check=True, capture_output=True)

    ws.run_job = run_job
    outcome = make_checkpoint(ws)
    assert outcome.counts == {
        "steps": 10,
        "tokens": 10 * 4 * 32,
        "predicted_tokens": 10 * 4 * 31,
        "parameters": MODEL.num_parameters(),
        "skipped_steps": 0,
    }
    assert outcome.metrics["final_loss"] < outcome.metrics["first_loss"]
    assert (ws.out_dir / "loss.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.slow
def test_a_recipe_job_trains_on_two_ranks_as_on_one(tmp_path: Path) -> None:
    """Through the launcher, with samples shared out over two ranks: the same curve."""
    lake = FakeLake(tmp_path / "lake")
    inputs, curves = (_shards(lake),), []
    for number, variables in enumerate(({}, PAIR)):
        settings = Settings.from_env({**os.environ, **variables})
        ws = _workspace(
            tmp_path / str(number),
            "checkpoints/stage1",
            SHAREABLE,
            *inputs,
            lake=lake,
            training=settings.training,
        )
        ws.run_job = _launch(settings)
        outcome = make_checkpoint(ws)
        timing = json.loads((ws.job_dir / "output" / "timing.json").read_text())
        assert timing["world_size"] == settings.training.ranks == number + 1
        assert outcome.metrics["final_loss"] < outcome.metrics["first_loss"]
        lines = (ws.out_dir / "journal.jsonl").read_text().splitlines()
        curves.append([json.loads(line)["train/loss"] for line in lines])
    assert curves[0] == pytest.approx(curves[1], rel=0, abs=1e-5)


PAIR = {
    "MATERIA_RANKS": "2",
    "MATERIA_SEQUENCE_PARALLEL": "2",
    "MATERIA_MICRO_BATCH_TOKENS": "16",
    "MATERIA_OFFLOAD_OPTIMIZER": "1",
}


def _launch(settings: Settings) -> Callable[[JobRequest], None]:
    launcher = LocalLauncher(environ=job_environment(settings))

    def run_job(request: JobRequest) -> None:
        spec = JobSpec(
            name=request.name,
            module=request.module,
            spec_path=str(request.spec_path),
            work_dir=str(request.work_dir),
            world_size=request.world_size,
        )
        run_and_wait(launcher, spec, poll_s=0.1)

    return run_job
