"""What the tracker costs training: the same steps with MLflow up, down, and not asked at all.

A trainer process takes real steps and writes its journal; this process projects the journal to a
real MLflow server, as the control process does. The three modes take turns in short slices,
because the speed of a shared machine drifts; the result is the ratio of the trainer's seconds to
those without a tracker, one per round, by both clocks. Then every point is counted in MLflow.

    python -m benchmarks.tracking [--seconds 90] [--outage-s 300]

With --outage-s, after that: the server is away when a run begins, then for so long in its middle,
and when it ends; the server is killed and started again for real while the trainer goes on.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from benchmarks.tracking_server import Server
from orchestration.journal_projection import MetricSink, project_journal, read_points
from orchestration.launchers.open import POLL_S
from orchestration.mlflow_run_log import MlflowRunLog
from orchestration.settings import PROJECT_ROOT
from orchestration.tracker import MlflowTracker

MODES = ("off", "up", "down")
OUTAGE = "outage"
CLOCKS = ("cpu", "wall")
SLICE_S = 1.0
"""Of one mode: some steps, two looks of the projector, and many turns in a minute (our choice)."""
NOBODY = "http://127.0.0.1:9"
"""The discard port: connections are refused."""
_BESIDE_S = 20.0
"""Before, between and after outages (our choice)."""


class Trainer:
    """The process that takes steps when it is told to."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.tracking_trainer", str(folder), *MODES, OUTAGE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT_ROOT,
        )
        assert self._answer() == "ready"
        self.steps = 1
        self.steps = max(1, round(SLICE_S / self.run("off")["wall"]))

    def run(self, mode: str) -> dict[str, float]:
        """Take one slice of steps and return what it took."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{mode} {self.steps}\n")
        self._process.stdin.flush()
        seconds: dict[str, float] = json.loads(self._answer())
        return seconds

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the trainer has ended with {self._process.wait()}")
        return line.strip()


class Projector:
    """Sends a journal again and again until it is told to stop."""

    def __init__(self, journal: Path, run_log: MetricSink, state: Path) -> None:
        self._arguments = (journal, run_log, state)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.slowest_s = 0.0

    def __enter__(self) -> Projector:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(POLL_S["local"]):
            started = time.monotonic()
            project_journal(*self._arguments)
            self.slowest_s = max(self.slowest_s, time.monotonic() - started)


def measure(
    trainer: Trainer, folder: Path, logs: dict[str, MlflowRunLog], seconds: float
) -> dict[str, list[dict[str, float]]]:
    """Return what each mode's slices took, one per round; says a line a round."""
    taken: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end or number < 3:
        # Each mode is first as often as last.
        for mode in MODES[number % 3 :] + MODES[: number % 3]:
            with _projecting(folder, mode, logs) if mode in logs else nullcontext():
                taken[mode].append(trainer.run(mode))
        number += 1
        last = {mode: taken[mode][-1] for mode in MODES}
        told = ", ".join(f"{mode} {last[mode]['cpu'] / last['off']['cpu']:.3f}" for mode in MODES)
        print(f"round {number}: {told} of the CPU time without a tracker", flush=True)
    return taken


def run_outages(trainer: Trainer, folder: Path, server: Server, outage_s: float) -> None:
    """Train while the server is away at the start, in the middle, and at the end."""
    tracker = MlflowTracker(server.url, folder / OUTAGE)
    server.kill()
    run_log = start_run(tracker, OUTAGE)
    plan = (("away at the start", False, _BESIDE_S), ("up", True, _BESIDE_S),
            (f"away for {outage_s:.0f} s", False, outage_s), ("up again", True, _BESIDE_S),
            ("away at the end", False, _BESIDE_S))  # fmt: skip
    with _projecting(folder, OUTAGE, {OUTAGE: run_log}) as projector:
        for what, is_up, seconds in plan:
            if is_up:
                server.start()
            else:
                server.kill()
            end, rates = time.monotonic() + seconds, []
            while time.monotonic() < end:
                taken = trainer.run(OUTAGE)
                rates.append(trainer.steps / taken["cpu"])
            print(f"{what}: {statistics.median(rates):.2f} steps a CPU second", flush=True)
    print(f"the slowest look of the control process took {projector.slowest_s:.2f} s")
    server.start()
    # The next process finds the server back, as `materia sync` does.
    tracker = MlflowTracker(server.url, folder / OUTAGE)
    told = account(tracker, folder, OUTAGE, run_log)
    print(f"the run with three outages: {told}", flush=True)


@contextmanager
def _projecting(folder: Path, mode: str, logs: dict[str, MlflowRunLog]) -> Iterator[Projector]:
    with Projector(folder / f"{mode}.jsonl", logs[mode], folder / f"{mode}.json") as projector:
        yield projector


def start_run(tracker: MlflowTracker, mode: str) -> MlflowRunLog:
    return tracker.start_run(
        family="checkpoints",
        name=mode,
        partition="benchmark",
        fingerprint=mode.ljust(64, "0"),
        dagster_run_id="",
    )


def account(tracker: MlflowTracker, folder: Path, mode: str, run_log: MlflowRunLog) -> str:
    """Send what is missing, then count every point of the journal in MLflow."""
    journal = folder / f"{mode}.jsonl"
    project_until_done(journal, run_log, folder / f"{mode}.json")
    wanted = Counter((point.key, point.step, point.value) for point in read_points(journal))
    stored = Counter[tuple[str, int, float]]()
    for key in {key for key, _, _ in wanted}:
        found = tracker.writer.points(run_log.run_id, key)
        stored.update((key, step, value) for step, value in found)
    lost, doubled = (wanted - stored).total(), (stored - wanted).total()
    return f"{wanted.total():,} points, {lost} lost, {doubled} doubled"


def project_until_done(journal: Path, run_log: MlflowRunLog, state: Path) -> None:
    """Project until the tracker is asked again after a failure and has taken everything."""
    deadline = time.monotonic() + 120
    while True:
        project_journal(journal, run_log, state)
        record = json.loads(state.read_text()) if state.exists() else None
        if record and not record["in_flight"] and record["position"]["offset"] == _size(journal):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{journal} was not taken in two minutes")
        time.sleep(1.0)


def _size(journal: Path) -> int:
    return journal.read_bytes().rfind(b"\n") + 1


def report(taken: dict[str, list[dict[str, float]]]) -> None:
    for mode in ("up", "down"):
        for clock in CLOCKS:
            pairs = zip(taken[mode], taken["off"], strict=True)
            ratios = sorted(one[clock] / off[clock] for one, off in pairs)
            low, high = median_interval(ratios)
            print(
                f"tracker {mode} / off, {clock} clock: median {statistics.median(ratios):.4f} "
                f"(95% of it {low:.4f} to {high:.4f}), min {ratios[0]:.3f}, max {ratios[-1]:.3f} "
                f"over {len(ratios)} rounds"
            )
        # What else runs on a machine can only add to a slice, so the fastest say most.
        fast, off = fastest_quarter(taken[mode]), fastest_quarter(taken["off"])
        print(f"tracker {mode} / off, cpu clock, fastest quarter of the slices: {fast / off:.4f}")
    slices = [slice_ for mode in MODES for slice_ in taken[mode]]
    shares = sorted(slice_["journal_cpu"] / slice_["cpu"] for slice_ in slices)
    told = [f"{100 * f(shares):.4f}%" for f in (min, statistics.median, max)]
    print(f"the journal, of the trainer's CPU: min {told[0]}, median {told[1]}, max {told[2]}")


def fastest_quarter(slices: Sequence[Mapping[str, float]]) -> float:
    """Return the mean CPU time of the fastest quarter of some slices."""
    ordered = sorted(slice_["cpu"] for slice_ in slices)
    return statistics.mean(ordered[: max(1, len(ordered) // 4)])


def median_interval(ordered: Sequence[float]) -> tuple[float, float]:
    """Return the interval that holds the median with 95%, by order statistics (sign test)."""
    count = len(ordered)
    reach = 0.98 * math.sqrt(count)
    low, high = math.floor(count / 2 - reach), math.ceil(count / 2 + reach)
    return ordered[max(0, low)], ordered[min(count - 1, high)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=90.0, help="of the three modes' rounds")
    parser.add_argument(
        "--outage-s", type=float, default=0.0, help="of an outage in a run's middle"
    )
    options = parser.parse_args()
    logging.getLogger("orchestration").setLevel(logging.ERROR)  # outages are meant
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(folder)
        server.start()
        try:
            _run(folder, server, options)
        finally:
            server.kill()


def _run(folder: Path, server: Server, options: argparse.Namespace) -> None:
    up = MlflowTracker(server.url, folder / "up", retry_after_s=1.0)
    down = MlflowTracker(NOBODY, folder / "down", timeout_s=1, retry_after_s=1.0)
    logs = {"up": start_run(up, "up"), "down": start_run(down, "down")}
    trainer = Trainer(folder)
    print(f"{trainer.steps} steps a slice", flush=True)
    report(measure(trainer, folder, logs, options.seconds))
    if options.outage_s:
        run_outages(trainer, folder, server, options.outage_s)
    trainer.end()
    # The server that was away is back: what `materia sync` would do.
    logs["down"] = start_run(up, "down")
    for mode, log in logs.items():
        print(f"tracker {mode}: {account(up, folder, mode, log)}")


if __name__ == "__main__":
    main()
