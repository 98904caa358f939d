"""The planner's memory and time beside what real training steps take, as predicted / measured.

Every case is a real DeepSpeed engine in processes of its own (benchmarks/planner_rank.py), random
weights and tokens, one thread a rank. On a CPU memory is the peak resident set above what the same
process holds with a micro network, and time is seconds of its cores, added over the ranks. On a
CUDA machine the cases run as they are, with NCCL: memory is the allocator's own peak, time that of
the slowest rank. Time is predicted at the share of the peak that `materia plan` assumes.

    python -m benchmarks.planner [--cases all|quick] [--json] [--write benchmarks/results]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import socket
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import torch

from benchmarks.planner_rank import run_rank
from model.config import ModelConfig
from training.planning.flops import recomputed_flops, train_flops
from training.planning.hardware import HARDWARE
from training.planning.layout import CPU, CUDA, Layout, Precision
from training.planning.memory import Memory, step_memory

_TIMEOUT_S = 600

SHAPES: Mapping[str, tuple[int, int, int, int, int, int]] = {
    # Layers, hidden, vocabulary, context, samples of a micro-batch, sliding window.
    "activations": (6, 256, 4096, 512, 4, 128),
    "weights": (6, 512, 4096, 128, 1, 64),
    "vocabulary": (2, 256, 32768, 256, 2, 64),
    "context": (4, 128, 2048, 2048, 1, 512),
}
Settings = tuple[Precision, int, int, int, bool]
"""Precision, ZeRO stage, ranks, accumulation, activation checkpointing."""

CASES: tuple[tuple[str, Settings], ...] = (
    ("activations", ("fp32", 0, 1, 1, False)),
    ("activations", ("fp32", 0, 1, 1, True)),
    ("activations", ("fp32", 2, 2, 1, False)),
    ("activations", ("bf16", 2, 1, 1, False)),
    ("activations", ("bf16", 2, 1, 1, True)),
    ("activations", ("bf16", 3, 2, 1, False)),
    ("weights", ("fp32", 0, 1, 1, False)),
    ("weights", ("fp32", 1, 1, 1, False)),
    ("weights", ("fp32", 1, 2, 2, False)),
    ("weights", ("fp32", 2, 2, 1, True)),
    ("weights", ("fp32", 3, 2, 2, False)),
    ("weights", ("bf16", 2, 1, 1, False)),
    ("weights", ("bf16", 2, 2, 2, False)),
    ("weights", ("bf16", 3, 2, 2, True)),
    ("vocabulary", ("fp32", 0, 1, 1, False)),
    ("vocabulary", ("fp32", 1, 2, 1, False)),
    ("vocabulary", ("bf16", 2, 1, 2, False)),
    ("vocabulary", ("bf16", 2, 2, 1, True)),
    ("context", ("fp32", 0, 1, 1, False)),
    ("context", ("fp32", 2, 2, 2, True)),
    ("context", ("bf16", 2, 1, 1, False)),
    ("context", ("bf16", 2, 2, 1, True)),
)
QUICK = (("activations", ("fp32", 0, 1, 1, False)), ("weights", ("bf16", 2, 2, 1, False)))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One case: what was predicted and measured, bytes and seconds."""

    shape: str
    layout: Layout
    memory: Memory
    measured_bytes: float
    predicted_s: float
    measured_s: float

    @property
    def memory_ratio(self) -> float:
        return self.memory.total / self.measured_bytes

    @property
    def time_ratio(self) -> float:
        return self.predicted_s / self.measured_s


def make_model(shape: str) -> tuple[ModelConfig, int, int]:
    """Return (architecture, context, samples) of a shape, scaled as the sizes of recipes are."""
    layers, hidden, vocabulary, context, samples, window = SHAPES[shape]
    config = ModelConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=round(3.4 * hidden / 128) * 128,
        num_layers=layers,
        num_global_heads=hidden // 128,
        num_global_kv_heads=1,
        num_swa_heads=hidden // 64,
        num_swa_kv_heads=2,
        sliding_window=window,
        sliding_window_layers=tuple(range(1, layers, 2)),
        conv_window=2,
        rope_theta=1e5,
        max_position_embeddings=context,
    )
    return config, context, samples


def run_case(shape: str, settings: Settings, *, steps: int = 1) -> Row:
    """Measure one case and predict it."""
    precision, zero_stage, ranks, accumulation, checkpointing = settings
    config, context, samples = make_model(shape)
    layout = Layout(
        devices=ranks,
        zero_stage=zero_stage,
        sequence_parallel=1,
        micro_batch_samples=samples,
        accumulation=accumulation,
        activation_checkpointing=checkpointing,
        precision=precision,
    )
    case = {
        "model": config.to_dict(),
        "context_tokens": context,
        "micro_batch_samples": samples,
        "accumulation": accumulation,
        "ranks": ranks,
        "precision": precision,
        "zero_stage": zero_stage,
        "activation_checkpointing": checkpointing,
        "threads": 1,
        "steps": steps,
        "count": False,
    }
    facts = _measure(case)
    on_gpu = torch.cuda.is_available()
    return Row(
        shape=shape,
        layout=layout,
        memory=step_memory(config, layout, context_tokens=context, runtime=CUDA if on_gpu else CPU),
        measured_bytes=max(fact["peak_bytes"] for fact in facts),
        predicted_s=_predicted_seconds(config, layout, context),
        measured_s=(max if on_gpu else sum)(fact["step_s"] for fact in facts),
    )


def _predicted_seconds(config: ModelConfig, layout: Layout, context: int) -> float:
    on_gpu = torch.cuda.is_available()
    device = HARDWARE["h100" if on_gpu else "cpu"]
    tokens = layout.devices * layout.accumulation * layout.micro_batch_samples * context
    flops = train_flops(config, context_tokens=context, tokens=tokens)
    if layout.activation_checkpointing:
        flops += recomputed_flops(config, context_tokens=context, tokens=tokens)
    # The table's CPU is two cores; a CPU's time is the sum over the cores that worked.
    devices = layout.devices if on_gpu else 0.5
    return flops / (device.peak_flops(layout.precision) * device.default_mfu * devices)


def _measure(case: Mapping[str, Any]) -> list[dict[str, float]]:
    """Run one process per rank, forked from a server that has imported everything; return what
    each says."""
    with tempfile.TemporaryDirectory() as name:
        outs = [Path(name) / f"{rank}.json" for rank in range(case["ranks"])]
        context = _fork_server()
        processes = [
            context.Process(target=run_rank, args=(dict(case), variables, out))
            for out, variables in zip(outs, _environments(case), strict=True)
        ]
        for process in processes:
            process.start()
        try:
            for process in processes:
                process.join(_TIMEOUT_S)
                if process.exitcode:
                    raise RuntimeError(f"a rank of {dict(case)} failed: see above")
            return [json.loads(out.read_text()) for out in outs]
        finally:
            for process in processes:
                process.kill()


@cache
def _fork_server() -> ForkServerContext:
    # glibc keeps freed blocks below its threshold, which it raises by itself, so that a peak would
    # hold the holes between them: 10 to 70 % more here, another figure in every run.
    os.environ["MALLOC_MMAP_THRESHOLD_"] = "131072"
    os.environ["GOMP_SPINCOUNT"] = "2000"  # As training/main.py has it.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.planner_preload"])
    return context


def _environments(case: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if case["ranks"] == 1:
        yield {}
        return
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = str(server.getsockname()[1])
    for rank in range(case["ranks"]):
        yield {
            "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(case["ranks"]),
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
        }  # fmt: skip


def report(rows: list[Row]) -> str:
    lines = [
        "| shape | precision | ZeRO | ranks | accumulation | checkpointing | fullest moment "
        "| predicted MB | measured MB | ratio | measured s | predicted / measured s |",
        "|---|---|---:|---:|---:|---|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        layout = row.layout
        lines.append(
            f"| {row.shape} | {layout.precision} | {layout.zero_stage} | {layout.devices} "
            f"| {layout.accumulation} | {'yes' if layout.activation_checkpointing else 'no'} "
            f"| {row.memory.moment} | {row.memory.total / 1e6:.0f} "
            f"| {row.measured_bytes / 1e6:.0f} | {row.memory_ratio:.2f} "
            f"| {row.measured_s:.2f} | {row.time_ratio:.2f} |"
        )
    memory = [row.memory_ratio for row in rows]
    times = [row.time_ratio for row in rows]
    lines += [
        "",
        f"Memory, predicted / measured: {_spread(memory)}; "
        f"{sum(0.85 <= ratio <= 1.15 for ratio in memory)} of {len(memory)} within 15 %.",
        f"Time, predicted / measured: {_spread(times)}.",
    ]
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    return (
        f"min {min(values):.2f}, median {statistics.median(values):.2f}, max {max(values):.2f} "
        f"over {len(values)} cases"
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _hardware() -> str:
    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}"
    return f"{_cores()} cores of {platform.machine()}, torch {torch.__version__}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", choices=("all", "quick"), default="all")
    parser.add_argument("--write", type=Path, help="a folder for the result as a dated page")
    parser.add_argument("--json", action="store_true", help="print the ratios for a machine")
    arguments = parser.parse_args()
    rows = []
    for shape, settings in QUICK if arguments.cases == "quick" else CASES:
        if torch.cuda.is_available() and settings[2] > torch.cuda.device_count():
            continue
        rows.append(run_case(shape, settings))
        print(f"{shape} {settings}: {rows[-1].memory_ratio:.2f}", file=sys.stderr, flush=True)
    table = report(rows)
    ratios = {f"{row.shape} {row.layout.precision}": row.memory_ratio for row in rows}
    print(json.dumps(ratios) if arguments.json else table)
    if arguments.write:
        kind = "cuda" if torch.cuda.is_available() else "cpu"
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        arguments.write.mkdir(parents=True, exist_ok=True)
        page = arguments.write / f"planner-{kind}-{day}.md"
        page.write_text(
            f"# The planner beside real steps\n\n{day}, {_hardware()}. "
            f"`python -m benchmarks.planner`. MB are 1e6 bytes.\n\n{table}\n"
        )


if __name__ == "__main__":
    main()
