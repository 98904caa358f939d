"""Real training jobs at micro size: shards, specs, and processes forked from a warm server."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import connection, forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
from training_faults import inject

from model.config import ModelConfig
from training.main import main
from training.shards import ShardsInfo
from training.spec import (
    OptimizerSpec,
    ScheduleSpec,
    TrainExecution,
    TrainIdentity,
    TrainSpec,
)

_CONTEXT = multiprocessing.get_context("forkserver")
_TIMEOUT_S = 120

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


@dataclass(frozen=True, kw_only=True)
class Ended:
    exit_codes: list[int]
    log: str
    """Standard output and error of the first rank."""


def write_shards(
    folder: Path,
    *,
    num_samples: int = 20,
    context: int = 32,
    seed: int = 0,
    one_document: bool = False,
) -> Path:
    """Write samples of two documents each, the last of every fourth sample cut by padding.

    Or of one document that fills the context.
    """
    rng = np.random.default_rng(seed)
    tokens = rng.integers(1, 64, (num_samples, context)).astype("<u2")
    starts = rng.integers(4, context - 8, num_samples)
    if not one_document:
        tokens[::4, context - 5 :] = 0
    cuts = [[0] if one_document else [0, start] for start in starts]
    pairs = [[i, start] for i in range(num_samples) for start in cuts[i]]
    for kind in ("tokens", "segments"):
        (folder / kind).mkdir(parents=True)
    (folder / "tokens" / "00000.bin").write_bytes(tokens.tobytes())
    (folder / "segments" / "00000.bin").write_bytes(np.array(pairs, dtype="<u4").tobytes())
    ShardsInfo(
        context_tokens=context,
        vocab_size=64,
        pad_id=0,
        dtype="uint16",
        num_samples=num_samples,
        samples_per_shard=num_samples,
        num_tokens=int((tokens > 0).sum()),
        has_loss_mask=False,
    ).write(folder)
    return folder


def make_spec(folder: Path, shards: Path, **changes: Any) -> TrainSpec:
    """Return the spec of a 12-step job below `folder`; changes go to identity or execution."""
    spec = TrainSpec(
        identity=TrainIdentity(
            model=MODEL,
            init="random",
            init_seed=7,
            data_seed=3,
            context_tokens=32,
            batch_samples=4,
            steps=12,
            schedule=ScheduleSpec(peak_lr=1e-2, warmup_steps=2, decay="cosine", final_lr=1e-3),
            # A window of 3 makes the micro run skip steps, as a real one does after 100.
            optimizer=OptimizerSpec(skip_window=3, skip_factor=1.0, skip_offset=0.0),
            precision="fp32",
            carry_optimizer=False,
        ),
        execution=TrainExecution(
            shards_dir=str(shards),
            init_dir=None,
            output_dir=str(folder / "output"),
            resume_dir=str(folder / "resume"),
            journal_path=str(folder / "journal.jsonl"),
            micro_batch_samples=2,
            threads=1,
            checkpoint_every_steps=3,
            # At this size a commit takes longer than a step; tests of the thread turn it on.
            checkpoint_in_background=False,
            log_every_steps=2,
        ),
    )
    of_identity = {k: v for k, v in changes.items() if hasattr(spec.identity, k)}
    of_execution = {k: v for k, v in changes.items() if k not in of_identity}
    return TrainSpec(
        identity=replace(spec.identity, **of_identity),
        execution=replace(spec.execution, **of_execution),
    )


class Job:
    """The processes of one attempt."""

    def __init__(
        self,
        spec: TrainSpec,
        *,
        crash_at: str = "",
        crash_rank: int = 0,
        spec_of_rank: Mapping[int, Mapping[str, Any]] | None = None,
        env: Mapping[str, str] | None = None,
        faults: Sequence[str] = (),
        arguments: Sequence[str] = (),
    ) -> None:
        """Start all ranks.

        `spec_of_rank` changes the execution that single ranks are told; `faults` name functions of
        training_faults.py, which are called in each rank before it starts.
        """
        folder = Path(spec.execution.journal_path).parent
        folder.mkdir(parents=True, exist_ok=True)
        size = spec.execution.world_size
        self._log = folder / "rank0.log"
        self.processes = []
        port = _free_port()
        for rank in range(size):
            changes = (spec_of_rank or {}).get(rank, {})
            told = replace(spec, execution=replace(spec.execution, **changes))
            told.write(folder / f"spec{rank}.json")
            variables = dict(env or {})
            if crash_at and rank == crash_rank:
                variables["MATERIA_CRASH_AT"] = crash_at
            if size > 1:
                variables |= _rank_variables(rank, size, port)
            self.processes.append(_start(folder, rank, variables, faults, arguments))

    def wait(self, *, end_others: bool = False) -> Ended:
        """Wait for all ranks; or for the first to end, and then end the others as launchers do."""
        if end_others:
            connection.wait([process.sentinel for process in self.processes], _TIMEOUT_S)
            for process in self.processes:
                process.kill()
        for process in self.processes:
            process.join(_TIMEOUT_S)
            if process.exitcode is None:
                process.kill()
                raise TimeoutError(f"a rank hangs; log of rank 0:\n{self._log.read_text()}")
        codes = [process.exitcode or 0 for process in self.processes]
        # A rank that was killed at once has no log yet.
        return Ended(exit_codes=codes, log=self._log.read_text() if self._log.exists() else "")


def on_ranks(folder: Path, size: int, work: Callable[..., None], *arguments: Any) -> None:
    """Call an importable function as work(folder, *arguments) in every rank of a job."""
    folder.mkdir(parents=True, exist_ok=True)
    _warm_server()
    port = _free_port()
    processes = []
    for rank in range(size):
        variables = _rank_variables(rank, size, port)
        target = (folder, rank, variables, work, arguments)
        processes.append(_CONTEXT.Process(target=_work, args=target))
        processes[-1].start()
    for rank, process in enumerate(processes):
        process.join(_TIMEOUT_S)
        if process.exitcode != 0:
            for other in processes:
                other.kill()
            log = (folder / f"rank{rank}.log").read_text()
            raise AssertionError(f"rank {rank} ended with {process.exitcode}:\n{log}")


def run(spec: TrainSpec, **arguments: Any) -> Ended:
    """Run one attempt to its end; the arguments are those of Job."""
    return Job(spec, **arguments).wait()


def call(module: str, function: str, *arguments: Any) -> None:
    """Call a function in a process of its own that has torch already; it must end with 0."""
    _warm_server()
    process = _CONTEXT.Process(target=_call, args=(module, function, arguments))
    process.start()
    process.join(_TIMEOUT_S)
    if process.exitcode is None:
        process.kill()
    assert process.exitcode == 0, f"{module}.{function} ended with {process.exitcode}"


def _call(module: str, function: str, arguments: Sequence[Any]) -> None:
    getattr(importlib.import_module(module), function)(*arguments)


def finish(spec: TrainSpec, **arguments: Any) -> dict[str, bytes]:
    """Run a job that must succeed; return its deterministic output files."""
    ended = run(spec, **arguments)
    assert set(ended.exit_codes) == {0}, ended.log
    return outputs(spec)


def outputs(spec: TrainSpec) -> dict[str, bytes]:
    folder = Path(spec.execution.output_dir)
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "timing.json"}


def journal(spec: TrainSpec) -> list[dict[str, Any]]:
    lines = Path(spec.execution.journal_path).read_text().splitlines()
    return [json.loads(line) for line in lines]


def events(spec: TrainSpec, name: str) -> list[int]:
    """Return the steps of a kind of event."""
    return [line["step"] for line in journal(spec) if line.get("name") == name]


def wait_for_step(spec: TrainSpec, step: int) -> None:
    """Wait until a step stands in the journal (synced every log_every_steps)."""
    deadline = time.monotonic() + 60
    path = Path(spec.execution.journal_path)
    while time.monotonic() < deadline:
        if path.exists() and f'"step": {step},' in path.read_text():
            return
        time.sleep(0.002)
    raise TimeoutError(f"step {step} was not reached")


def _start(folder: Path, rank: int, *told: Any) -> ForkServerProcess:
    _warm_server()
    process = _CONTEXT.Process(target=_child, args=(folder, rank, *told))
    process.start()
    return process


@cache
def _warm_server() -> None:
    """Start the server with torch and DeepSpeed imported; it finds our modules by PYTHONPATH."""
    before = os.environ.get("PYTHONPATH")
    here = Path(__file__).parent
    os.environ["PYTHONPATH"] = os.pathsep.join([str(here), str(here.parents[1])])
    try:
        _CONTEXT.set_forkserver_preload(["training_preload"])
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _rank_variables(rank: int, size: int, port: str) -> dict[str, str]:
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }


def _work(
    folder: Path,
    rank: int,
    env: Mapping[str, str],
    work: Callable[..., None],
    arguments: tuple[Any, ...],
) -> None:
    os.environ.update(env)
    with (folder / f"rank{rank}.log").open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    work(folder, *arguments)


def _child(
    folder: Path,
    rank: int,
    env: Mapping[str, str],
    faults: Sequence[str],
    arguments: Sequence[str],
) -> None:
    os.environ.update(env)
    with (folder / f"rank{rank}.log").open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    for fault in faults:
        inject(fault, folder, rank)
    sys.exit(main([str(folder / f"spec{rank}.json"), *arguments]))


def _free_port() -> str:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return str(server.getsockname()[1])
