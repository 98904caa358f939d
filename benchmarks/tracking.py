"""What the tracker costs training: the same steps with MLflow up, down, and not asked at all.

A trainer process takes real steps and writes its journal; this process projects the journal to a
real MLflow server, as the control process does. The three modes take turns, because the speed of
a shared machine drifts; the result is the ratio of the trainer's seconds to those without a
tracker, one per round. At the end every point is counted in MLflow: lost, doubled.

    python -m benchmarks.tracking [--rounds 15] [--steps 20] [--clock cpu]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from orchestration.journal_projection import MetricSink, project_journal, read_points
from orchestration.processes import descendants, identify, send
from orchestration.settings import OFF_SWITCHES, PROJECT_ROOT
from orchestration.tracker import MlflowRunLog, MlflowTracker
from training.journal import Journal

MODES = ("off", "up", "down")
SYNC_STEPS = 10
"""As training/spec.py: the journal is made durable every ten steps."""
POLL_S = 0.5
"""As orchestration/platform.py."""
NOBODY = "http://127.0.0.1:9"
"""The discard port: connections are refused."""


def train(folder: Path) -> None:
    """Take the steps that are asked for on standard input; answer with the seconds they took."""
    import torch

    from benchmarks.engine import LR, engine_step, make_batches, make_spec
    from training.ranks import process_group

    torch.set_num_threads(1)
    torch.manual_seed(1)
    spec = make_spec(stage=0, micro=8)
    batches, predicted = make_batches(spec)
    journals = {mode: Journal(folder / f"{mode}.jsonl") for mode in MODES}
    done = Counter[str]()
    with process_group(os.environ) as ranks:
        step = engine_step(spec, ranks, batches, predicted)
        for _ in range(3):
            step()
        print("ready", flush=True)
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
            seconds["journal"] = written / seconds["cpu"]
            print(json.dumps(seconds), flush=True)
    for journal in journals.values():
        journal.close()


class Projector:
    """Sends a journal again and again until it is told to stop."""

    def __init__(self, journal: Path, run_log: MetricSink, state: Path) -> None:
        self._arguments = (journal, run_log, state)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            project_journal(*self._arguments)


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1"),
        *("--port", str(port), "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *("--default-artifact-root", (folder / "artifacts").as_uri()),
    ]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            env={**os.environ, **OFF_SWITCHES, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 180
        while not _answers(url):
            if time.monotonic() > deadline or server.poll() is not None:
                raise RuntimeError((folder / "server.log").read_text())
            time.sleep(0.3)
        yield url
    finally:
        family = (identify(server.pid), *descendants(server.pid))
        for process in family:
            if process is not None:
                send(process, signal.SIGKILL)
        server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def start_run(tracker: MlflowTracker, mode: str) -> MlflowRunLog:
    return tracker.start_run(
        family="checkpoints",
        name=mode,
        partition="benchmark",
        fingerprint=mode.ljust(64, "0"),
        dagster_run_id="",
    )


def measure(
    trainer: subprocess.Popen[str],
    folder: Path,
    logs: dict[str, MlflowRunLog],
    options: argparse.Namespace,
) -> tuple[dict[str, list[float]], list[float]]:
    """Return the trainer's seconds per round of each mode, and the journal's share of its CPU."""
    assert trainer.stdin is not None and trainer.stdout is not None
    asked, answers = trainer.stdin, trainer.stdout
    assert answers.readline().strip() == "ready"
    seconds: dict[str, list[float]] = {mode: [] for mode in MODES}
    shares: list[float] = []
    for number in range(options.rounds):
        # Each mode is first as often as last.
        for mode in MODES[number % 3 :] + MODES[: number % 3]:
            projector = (
                Projector(folder / f"{mode}.jsonl", logs[mode], folder / f"{mode}.json")
                if mode in logs
                else nullcontext()
            )
            with projector:
                asked.write(f"{mode} {options.steps}\n")
                asked.flush()
                answer = json.loads(answers.readline())
                seconds[mode].append(answer[options.clock])
                shares.append(answer["journal"])
    asked.close()
    trainer.wait()
    return seconds, shares


def account(tracker: MlflowTracker, journal: Path, run_log: MlflowRunLog, state: Path) -> str:
    """Send what is missing, then count every point of the journal in MLflow."""
    project_journal(journal, run_log, state)
    wanted = Counter((point.key, point.step, point.value) for point in read_points(journal))
    stored = Counter[tuple[str, int, float]]()
    for key in {key for key, _, _ in wanted}:
        found = tracker.writer.points(run_log.run_id, key)
        stored.update((key, step, value) for step, value in found)
    lost, doubled = (wanted - stored).total(), (stored - wanted).total()
    return f"{wanted.total():,} points, {lost} lost, {doubled} doubled"


def report(seconds: dict[str, list[float]], clock: str) -> None:
    for mode in ("up", "down"):
        ratios = [a / b for a, b in zip(seconds[mode], seconds["off"], strict=True)]
        print(
            f"tracker {mode} / off: min {min(ratios):.3f}, median {statistics.median(ratios):.3f}, "
            f"max {max(ratios):.3f} over {len(ratios)} rounds ({clock} clock)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="cpu")
    parser.add_argument("--trainer", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.trainer is not None:
        train(options.trainer)
        return
    with tempfile.TemporaryDirectory() as name, mlflow_server(Path(name)) as url:
        folder = Path(name)
        up = MlflowTracker(url, folder / "up", retry_after_s=1.0)
        down = MlflowTracker(NOBODY, folder / "down", timeout_s=1, retry_after_s=1.0)
        logs = {"up": start_run(up, "up"), "down": start_run(down, "down")}
        command = [sys.executable, "-m", "benchmarks.tracking", "--trainer", name]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT
        ) as trainer:
            seconds, shares = measure(trainer, folder, logs, options)
        report(seconds, options.clock)
        share = [f"{100 * f(shares):.4f}%" for f in (min, statistics.median, max)]
        print(
            f"the journal, of the trainer's CPU: min {share[0]}, median {share[1]}, max {share[2]}"
        )
        # The server that was away is back: what `materia sync` would do.
        logs["down"] = start_run(up, "down")
        for mode, log in logs.items():
            told = account(up, folder / f"{mode}.jsonl", log, folder / f"{mode}.json")
            print(f"tracker {mode}: {told}")


if __name__ == "__main__":
    main()
