"""How long training stands still for a step checkpoint, beside the length of a step.

Real jobs of a random-weight model on synthetic shards, every other step saved: once with commits
beside the training, once waiting for them. The result is stall / step time, one ratio a checkpoint.

    python -m benchmarks.checkpoints [--hidden 512] [--layers 8] [--tokens 1024] [--steps 12]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from model.config import ModelConfig
from training.ranks import process_group
from training.shards import ShardsInfo
from training.spec import (
    OptimizerSpec,
    ScheduleSpec,
    TrainExecution,
    TrainIdentity,
    TrainSpec,
)
from training.stopping import StopRequest
from training.trainer import train

VOCAB, CONTEXT, SAMPLES = 16_384, 256, 64


def make_model(hidden: int, layers: int) -> ModelConfig:
    return ModelConfig(
        vocab_size=VOCAB,
        hidden_size=hidden,
        intermediate_size=hidden * 11 // 4,
        num_layers=layers,
        num_global_heads=hidden // 128,
        num_global_kv_heads=1,
        num_swa_heads=hidden // 64,
        num_swa_kv_heads=2,
        sliding_window=CONTEXT // 2,
        sliding_window_layers=tuple(range(1, layers, 2)),
        conv_window=2,
        rope_theta=1e5,
        max_position_embeddings=CONTEXT,
    )


def write_shards(folder: Path) -> Path:
    """Write samples of one document each."""
    tokens = np.random.default_rng(0).integers(1, VOCAB, (SAMPLES, CONTEXT)).astype("<u2")
    pairs = np.array([[sample, 0] for sample in range(SAMPLES)], dtype="<u4")
    for kind, content in (("tokens", tokens), ("segments", pairs)):
        (folder / kind).mkdir(parents=True)
        (folder / kind / "00000.bin").write_bytes(content.tobytes())
    ShardsInfo(
        context_tokens=CONTEXT,
        vocab_size=VOCAB,
        pad_id=0,
        dtype="uint16",
        num_samples=SAMPLES,
        samples_per_shard=SAMPLES,
        num_tokens=tokens.size,
        has_loss_mask=False,
    ).write(folder)
    return folder


def make_spec(folder: Path, model: ModelConfig, *, tokens: int, steps: int) -> TrainSpec:
    rate = ScheduleSpec(peak_lr=1e-4, warmup_steps=0, decay="constant", final_lr=1e-4)
    return TrainSpec(
        identity=TrainIdentity(
            model=model,
            init="random",
            init_seed=1,
            data_seed=1,
            context_tokens=CONTEXT,
            batch_samples=tokens // CONTEXT,
            steps=steps,
            schedule=rate,
            optimizer=OptimizerSpec(),
            precision="fp32",
            carry_optimizer=False,
        ),
        execution=TrainExecution(
            shards_dir=str(folder / "shards"),
            init_dir=None,
            output_dir=str(folder / "output"),
            resume_dir=str(folder / "resume"),
            journal_path=str(folder / "journal.jsonl"),
            micro_batch_samples=tokens // CONTEXT,
            zero_stage=0,
            checkpoint_every_steps=2,
            log_every_steps=1000,
        ),
    )


def ratios(spec: TrainSpec) -> tuple[list[float], float]:
    """Return stall / step time of every checkpoint, and the median step time."""
    text = Path(spec.execution.journal_path).read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    tokens = spec.identity.batch_samples * CONTEXT
    step_s = [tokens / each["train/tokens_per_s"] for each in lines if each["kind"] == "metrics"]
    middle = statistics.median(step_s[1:])
    stalls = [line["stall_s"] for line in lines if line.get("name") == "checkpoint_begun"]
    return [stall / middle for stall in stalls], middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    model = make_model(told.hidden, told.layers)
    megabytes = 12 * model.num_parameters() / 1e6
    print(f"{model.num_parameters() / 1e6:.1f} M parameters, {megabytes:,.0f} MB a checkpoint")
    with tempfile.TemporaryDirectory() as name, process_group(os.environ) as ranks:
        write_shards(Path(name) / "shards")
        for beside in (True, False):
            folder = Path(name) / ("beside" if beside else "waiting")
            spec = make_spec(Path(name), model, tokens=told.tokens, steps=told.steps)
            execution = replace(
                spec.execution,
                resume_dir=str(folder / "resume"),
                journal_path=str(folder / "journal.jsonl"),
                checkpoint_in_background=beside,
            )
            spec = replace(spec, execution=execution)
            train(spec, ranks, lambda message: None, StopRequest())
            found, step_s = ratios(spec)
            timing = json.loads((Path(name) / "output" / "timing.json").read_text())
            write_s = timing["checkpoint_write_s"]["p50"]
            print(
                f"{folder.name:8} step {step_s:.2f} s, write {write_s:.2f} s, stall / step: "
                f"min {min(found):.3f}, median {statistics.median(found):.3f}, "
                f"max {max(found):.3f} over {len(found)} checkpoints"
            )


if __name__ == "__main__":
    main()
