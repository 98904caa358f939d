"""Kills training jobs at random places, hundreds of times, and compares what they end with.

    PYTHONPATH=. .venv/bin/python tests/training/kill_storm.py --kills 200 --ranks 1 --seed 1

A place is a crash point passed for the n-th time, in a random rank, or a random moment. A job is
killed one to six times and then finished; its files must have the bits of an uninterrupted job.
Half of the jobs write checkpoints beside the training. Every kill is replayable by its seed but
for the random moments. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from training_jobs import Job, finish, journal, make_spec, write_shards

from training.spec import SpikeSpec, TrainSpec

_PLACES = {
    "step.after_backward": 12,
    "step.after_update": 12,
    "checkpoint.copied": 3,
    "checkpoint.before_files": 3,
    "checkpoint.before_manifest": 3,
    "checkpoint.after_manifest": 3,
    "rollback.before_load": 1,
    "rollback.after_load": 1,
    "output.before_result": 1,
}
"""How often an uninterrupted job passes each."""
_FIRST_RANK_ONLY = ("checkpoint.before", "checkpoint.after", "output")
_FAULTS = ("loss_of_steps:7=nan",)
"""Every job also meets a loss spike and rolls back, so that kills fall around that too."""


def storm(folder: Path, *, ranks: int, kills: int, seed: int) -> dict[str, Any]:
    """Return how many kills hit, where, and which jobs ended otherwise than the whole one."""
    rng = random.Random(f"{seed}/{ranks}")
    shards = write_shards(folder / "shards")
    golden = finish(_spec(folder / "golden", shards, ranks), faults=_FAULTS)
    places: Counter[str] = Counter()
    wrong, jobs = list[int](), 0
    while places.total() < kills:
        spec = _spec(folder / "job", shards, ranks)
        beside = {"checkpoint_in_background": rng.random() < 0.5}
        spec = replace(spec, execution=replace(spec.execution, **beside))
        for attempt in range(rng.randrange(1, 7)):
            place = _kill(spec, rng, ranks, again=attempt > 0)
            if not place or places.total() == kills:
                break
            places[place] += 1
        files = finish(spec, faults=_FAULTS)
        steps = [line["step"] for line in journal(spec) if line["kind"] == "metrics"]
        if files != golden or steps != list(range(12)):
            wrong.append(jobs)
            shutil.copytree(folder / "job", folder / f"wrong-{jobs}")
        jobs += 1
        shutil.rmtree(folder / "job")
    return {
        "ranks": ranks, "seed": seed, "kills": places.total(), "jobs": jobs, "wrong": wrong,
        "places": dict(sorted(places.items())),
    }  # fmt: skip


def _kill(spec: TrainSpec, rng: random.Random, ranks: int, *, again: bool) -> str:
    """Run one attempt that is killed; return where, or nothing when it had finished before."""
    if rng.random() < 0.25:
        job = Job(spec, faults=_FAULTS)
        time.sleep(rng.uniform(0.0, 1.0))
        rng.choice(job.processes).kill()
        place = "any moment"
    else:
        place = rng.choice(sorted(_PLACES))
        # A resumed attempt has few steps left, and passes each place less often.
        nth = rng.randrange(1, min(_PLACES[place], 3 if again else 12) + 1)
        rank = 0 if place.startswith(_FIRST_RANK_ONLY) else rng.randrange(ranks)
        job = Job(spec, crash_at=f"{place}:{nth}", crash_rank=rank, faults=_FAULTS)
    codes = job.wait(end_others=True).exit_codes
    return place if -9 in codes else ""


def _spec(folder: Path, shards: Path, ranks: int) -> TrainSpec:
    return make_spec(
        folder,
        shards,
        world_size=ranks,
        zero_stage=2 if ranks > 1 else 0,
        spikes=SpikeSpec(action="rollback", factor=3.0, window=3, anchor_every_steps=3),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = storm(Path(folder), ranks=told.ranks, kills=told.kills, seed=told.seed)
    print(json.dumps({**result, "seconds": round(time.monotonic() - started, 1)}))
    sys.exit(bool(result["wrong"]))


if __name__ == "__main__":
    main()
