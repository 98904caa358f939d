"""One rank of one measurement of benchmarks/planner.py: real engine, random tokens, peak memory.

On a CPU it reads the peak resident set, above what the process held before the network, and counts
tensor bytes with the profiler when asked to; on CUDA it reads the allocator's own peak.
"""

from __future__ import annotations

import gc
import json
import os
import re
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from model.config import ModelConfig
from model.network import Network
from training.data import MicroBatch
from training.engine import Engine
from training.ranks import Ranks, process_group
from training.spec import (
    OptimizerSpec,
    ScheduleSpec,
    TrainExecution,
    TrainIdentity,
    TrainSpec,
)
from training.state import prepare_moments

_LR = 1e-4
_DOCUMENT_TOKENS = 150
"""Packed documents of this length, as in benchmarks/engine.py."""


def make_spec(case: dict[str, Any]) -> TrainSpec:
    model = ModelConfig.from_dict(case["model"])
    return TrainSpec(
        identity=TrainIdentity(
            model=model,
            init="random",
            init_seed=1,
            data_seed=1,
            context_tokens=case["context_tokens"],
            batch_samples=case["ranks"] * case["micro_batch_samples"] * case["accumulation"],
            steps=1,
            schedule=ScheduleSpec(peak_lr=_LR, warmup_steps=0, decay="constant", final_lr=_LR),
            optimizer=OptimizerSpec(),
            precision=case["precision"],
            carry_optimizer=False,
        ),
        execution=TrainExecution(
            shards_dir="",
            init_dir=None,
            output_dir="",
            resume_dir="",
            journal_path="",
            world_size=case["ranks"],
            micro_batch_samples=case["micro_batch_samples"],
            zero_stage=case["zero_stage"],
            threads=case["threads"],
            activation_checkpointing=case["activation_checkpointing"],
        ),
    )


def measure(case: dict[str, Any], ranks: Ranks) -> dict[str, float]:
    spec = make_spec(case)
    batch, predicted = _batch(spec)
    _warm_up(case, ranks)
    gc.collect()
    base_bytes = _resident("VmRSS")
    engine = _start(spec, ranks)

    def step() -> None:
        for _ in range(engine.accumulation_steps):
            engine.backward(batch, num_predicted=predicted * case["accumulation"] * ranks.size)
        engine.step(_LR)

    step()  # Makes what is made once: buckets, caches of kernels.
    _reset_peak(ranks.device)
    on_gpu = ranks.device.type == "cuda"
    # On a CPU the seconds that its cores worked: a shared machine's clock on the wall says nothing.
    clock = time.perf_counter if on_gpu else time.process_time
    seconds = []
    for _ in range(case["steps"]):
        started = clock()
        step()
        if on_gpu:
            torch.cuda.synchronize()
        seconds.append(clock() - started)
    facts = {"step_s": min(seconds), "base_bytes": float(base_bytes)}
    if on_gpu:
        return {**facts, "peak_bytes": float(torch.cuda.max_memory_allocated())}
    facts["peak_bytes"] = float(_resident("VmHWM") - base_bytes)
    return {**facts, "counted_bytes": float(_counted(step))} if case["count"] else facts


def _warm_up(case: dict[str, Any], ranks: Ranks) -> None:
    """One step of a micro network, so that the base holds every library and thread."""
    micro = {
        **case["model"], "vocab_size": 64, "hidden_size": 64, "intermediate_size": 64,
        "num_global_heads": 2, "num_global_kv_heads": 1, "num_swa_heads": 2, "num_swa_kv_heads": 1,
        "num_layers": 2, "sliding_window": 8, "sliding_window_layers": [1],
    }  # fmt: skip
    spec = make_spec({**case, "model": micro, "context_tokens": 16, "micro_batch_samples": 1})
    batch, predicted = _batch(spec)
    engine = _start(spec, ranks)
    for _ in range(engine.accumulation_steps):
        engine.backward(batch, num_predicted=predicted)
    engine.step(_LR)
    engine.deepspeed.destroy()


def _start(spec: TrainSpec, ranks: Ranks) -> Engine:
    network = Network(spec.identity.model)
    network.init_weights(1)
    engine = Engine(spec, ranks, network, lambda norm: True)
    prepare_moments(engine)
    return engine


def _batch(spec: TrainSpec) -> tuple[MicroBatch, int]:
    identity = spec.identity
    shape = (spec.execution.micro_batch_samples, identity.context_tokens)
    tokens_BT = torch.randint(0, identity.model.vocab_size, shape)
    segments_BT = (torch.arange(shape[1]) // _DOCUMENT_TOKENS).int().expand(shape).contiguous()
    mask_BT = torch.ones(shape, dtype=torch.bool)
    batch = MicroBatch(tokens_BT=tokens_BT, segments_BT=segments_BT, loss_mask_BT=mask_BT)
    return batch, int((segments_BT[:, 1:] == segments_BT[:, :-1]).sum())


def _counted(step: Any) -> int:
    """Return the peak of bytes in tensors: those alive now, and what one step adds at its peak."""
    gc.collect()
    alive = {
        t.untyped_storage().data_ptr(): t.untyped_storage().nbytes()
        for t in gc.get_objects()
        if isinstance(t, torch.Tensor) and t.device.type == "cpu"
    }
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    events = [
        (event.start_ns(), event.nbytes())
        for event in profiler.profiler.kineto_results.events()
        if event.name() == "[memory]"
    ]
    now = peak = 0
    for _, num_bytes in sorted(events, key=lambda event: event[0]):
        now += num_bytes
        peak = max(peak, now)
    return sum(alive.values()) + peak


def _resident(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    assert found is not None
    return int(found[1]) * 1024


def _reset_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    else:
        Path("/proc/self/clear_refs").write_text("5")  # Linux: VmHWM starts again from VmRSS.


def run_rank(case: dict[str, Any], variables: dict[str, str], out: Path) -> None:
    """Measure a case as the rank that the variables say, in a fresh process; write the facts."""
    os.environ.update(variables)
    warnings.filterwarnings("ignore", category=FutureWarning)
    torch.set_num_threads(case["threads"])
    torch.manual_seed(1)
    with process_group(os.environ) as ranks:
        facts = measure(case, ranks)
    out.write_text(json.dumps(facts))
