"""The trainer's side of the tracking benchmark: real steps, and a journal for each mode.

    python -m benchmarks.tracking_trainer FOLDER MODE...

Reads lines of "MODE STEPS" and answers each with the seconds that the steps took, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

from training.journal import Journal

SYNC_STEPS = 10
"""As training/spec.py: the journal is made durable every ten steps."""
_MICRO_SAMPLES = 8
_WARM_UP_STEPS = 3


def main(folder: Path, modes: list[str]) -> None:
    import torch

    from benchmarks.engine import LR, engine_step, make_batches, make_spec
    from training.ranks import process_group

    # DeepSpeed says things on standard output, where only answers are expected.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    torch.set_num_threads(1)
    torch.manual_seed(1)
    spec = make_spec(stage=0, micro=_MICRO_SAMPLES)
    batches, predicted = make_batches(spec)
    journals = {mode: Journal(folder / f"{mode}.jsonl") for mode in modes}
    done = Counter[str]()
    with process_group(os.environ) as ranks:
        step = engine_step(spec, ranks, batches, predicted)
        for _ in range(_WARM_UP_STEPS):
            step()
        print("ready", file=answers, flush=True)
        for line in sys.stdin:
            mode, steps = line.split()
            cpu, wall, written = time.process_time(), time.perf_counter(), 0.0
            for _ in range(int(steps)):
                loss = step()
                values = {"train/loss": loss, "train/lr": LR, "train/grad_norm": 1.0}
                rates = {"train/tokens": float(done[mode]), "train/tokens_per_s": 1.0}
                started = time.process_time()
                journals[mode].metrics(done[mode], values | rates)
                done[mode] += 1
                if done[mode] % SYNC_STEPS == 0:
                    journals[mode].sync()
                written += time.process_time() - started
            seconds = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
            print(json.dumps({**seconds, "journal_cpu": written}), file=answers, flush=True)
    for journal in journals.values():
        journal.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
