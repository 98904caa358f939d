"""Train a checkpoint: `python -m training.main spec.json [--accept-drift FIELD]...`, once per rank.

Reads RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT (a job of one needs none of them),
and MATERIA_CRASH_AT (tests only). Leaves in output_dir: model.safetensors, optimizer.safetensors,
config.json, journal.jsonl, timing.json and, last, result.json. Exits with 0 when done, 143 when it
was asked to stop (SIGTERM, SIGUSR1), 86 when a rank hung (watchdog.py), 1 on an error.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from training.crashpoints import arm
from training.progress import open_progress
from training.spec import TrainSpec
from training.stopping import StopRequest

logger = logging.getLogger("training")

EXIT_PREEMPTED = 128 + signal.SIGTERM


def main(arguments: list[str]) -> int:
    stop = StopRequest().watch()
    told = _parser().parse_args(arguments)
    is_first = os.environ.get("RANK", "0") == "0"
    level = logging.INFO if is_first else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(message)s", stream=sys.stdout)
    if "MATERIA_CRASH_AT" in os.environ:
        arm(os.environ["MATERIA_CRASH_AT"])
    try:
        spec = _accepting(TrainSpec.read(told.spec), told.accept_drift)
        with open_progress(os.environ, is_first=is_first) as say:
            say("starting: loading torch and DeepSpeed")
            return _run(spec, say, stop)
    except (ValueError, OSError, RuntimeError) as error:
        logger.exception("training failed")
        if is_lost_rank(error):
            print("error: lost another rank: look at the end of its log", file=sys.stderr)
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.main")
    parser.add_argument("spec", type=Path, metavar="SPEC.json")
    parser.add_argument(
        "--accept-drift",
        action="append",
        default=[],
        metavar="FIELD",
        help="resume although this field differs from the checkpoint's; may be repeated",
    )
    return parser


def _accepting(spec: TrainSpec, fields: list[str]) -> TrainSpec:
    accepted = (*spec.execution.accept_drift, *fields)
    return replace(spec, execution=replace(spec.execution, accept_drift=accepted))


def _run(spec: TrainSpec, say: Callable[[str], None], stop: StopRequest) -> int:
    # Threads that wait for each other spin for a while before they sleep. On a machine with other
    # work the long default made a step of two threads 3 to 5 times slower than this one does.
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    # Heavy imports wait until a stop request would be heard and the person has seen a line.
    import torch

    from training.ranks import process_group
    from training.trainer import Preempted, train

    # DeepSpeed 0.19.8 calls collectives that torch 2.13 has renamed.
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.distributed")
    # The launcher knows how many cores a rank may have; the spec says how many it can use.
    allowed = int(os.environ.get("OMP_NUM_THREADS", spec.execution.threads))
    torch.set_num_threads(min(spec.execution.threads, allowed))
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    # It would also fill every fresh tensor with NaN, which costs time and hides nothing here.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    with process_group(os.environ) as ranks:
        try:
            train(spec, ranks, say, stop)
        except Preempted:
            return EXIT_PREEMPTED
    return 0


def is_lost_rank(error: Exception) -> bool:
    """Return whether a collective failed, which names neither a rank nor a cause."""
    return any(word in str(error) for word in ("gloo/transport", "NCCL", "Connection closed"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
