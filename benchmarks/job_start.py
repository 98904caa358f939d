"""What a training job costs before it trains: from the start of the process to its first step.

Runs `python -m training.main` on a micro network several times, and says what the time goes
into: imports, DeepSpeed's set-up, the first step. Wall time is what a person waits; CPU time
(of the process and its children) is what stays the same when other work shares the machine.

    python -m benchmarks.job_start [--runs 5] [--imports]
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.loading import write_shards
from benchmarks.speed import write_result
from model.config import ModelConfig
from training.spec import (
    OptimizerSpec,
    ScheduleSpec,
    TrainExecution,
    TrainIdentity,
    TrainSpec,
)

CONTEXT, SHOWN_IMPORTS = 32, 25


def micro_spec(folder: Path) -> TrainSpec:
    """Return a job of one step whose arithmetic takes no time worth mentioning."""
    shards = write_shards(folder / "shards", context=CONTEXT, samples=16)
    model = ModelConfig(
        vocab_size=8192,
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
        max_position_embeddings=CONTEXT,
    )
    return TrainSpec(
        identity=TrainIdentity(
            model=model,
            init="random",
            init_seed=1,
            data_seed=1,
            context_tokens=CONTEXT,
            batch_samples=2,
            steps=1,
            schedule=ScheduleSpec(peak_lr=1e-3, warmup_steps=0, decay="constant", final_lr=1e-3),
            optimizer=OptimizerSpec(),
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
            log_every_steps=1,
        ),
    )


def run_job(*, show_imports: bool = False) -> tuple[dict[str, float], str]:
    """Run one job; return seconds to the first step and to the end, and its standard error."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        micro_spec(folder).write(folder / "spec.json")
        flags = ["-X", "importtime"] if show_imports else []
        command = [sys.executable, *flags, "-m", "training.main", str(folder / "spec.json")]
        before, start = os.times(), time.perf_counter()
        with (folder / "errors").open("w+") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
            assert process.stdout is not None
            first_step_s = first_step_cpu_s = 0.0
            for line in process.stdout:
                if re.search(r"\bstep 1/1\b", line):
                    first_step_s = time.perf_counter() - start
                    used = psutil.Process(process.pid).cpu_times()
                    first_step_cpu_s = used.user + used.system
            code = process.wait()
            errors.seek(0)
            said = errors.read()
        if code or not first_step_s:
            raise RuntimeError(f"the job ended with {code}: {said[-2000:]}")
        after = os.times()
        cpu_s = after.children_user + after.children_system
        cpu_s -= before.children_user + before.children_system
        end_s = time.perf_counter() - start
    found = {
        "first_step_wall_s": first_step_s,
        "first_step_cpu_s": first_step_cpu_s,
        "end_wall_s": end_s,
        "end_cpu_s": cpu_s,
    }
    return found, said


def slowest_imports(report: str, count: int) -> list[tuple[str, float]]:
    """Return the modules whose own code took longest, from what `-X importtime` printed."""
    rows = re.findall(r"^import time:\s+(\d+) \|\s+\d+ \| +(\S+)$", report, re.MULTILINE)
    own = sorted(((name, int(micros) / 1e6) for micros, name in rows), key=lambda row: -row[1])
    return own[:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--imports", action="store_true", help="also list the slowest imports")
    arguments = parser.parse_args()
    run_job()  # Fills the page cache and Python's own.
    runs = [run_job()[0] for _ in range(arguments.runs)]
    figures: dict[str, Any] = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        figures[name] = {
            "min": min(values), "median": statistics.median(values), "max": max(values)
        }  # fmt: skip
        print(
            f"{name:18} min {min(values):.2f}, median {statistics.median(values):.2f}, "
            f"max {max(values):.2f}"
        )
    if arguments.imports:
        for module, own_s in slowest_imports(run_job(show_imports=True)[1], SHOWN_IMPORTS):
            print(f"{own_s:7.3f} s  {module}")
    print(f"written: {write_result('job_start', vars(arguments), figures)}")


if __name__ == "__main__":
    main()
