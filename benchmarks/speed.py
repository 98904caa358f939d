"""Sides timed in turns, their ratios, and the record of a run with the machine it ran on.

The speed of a shared machine drifts, so a claim is a ratio of sides timed in the same round.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
"""CPU time counts all threads of the process, and nothing that other processes do."""

Step = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How many times faster one side is than another, over the rounds."""

    min: float
    median: float
    max: float
    rounds: int

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.min:.2f} to {self.max:.2f}, {self.rounds} rounds)"


def seconds(step: Step, clock: Callable[[], float]) -> float:
    start = clock()
    step()
    return clock() - start


def interleaved(
    sides: Mapping[str, Step], *, rounds: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Return the seconds of every side in every round; each round runs all sides in turn."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, step in sides.items():
            times[name].append(seconds(step, clock))
    return times


def ratio(slower: list[float], faster: list[float]) -> Ratio:
    """Return how many times more seconds the first side takes, round by round."""
    values = [s / f for s, f in zip(slower, faster, strict=True)]
    return Ratio(
        min=round(min(values), 4),
        median=round(statistics.median(values), 4),
        max=round(max(values), 4),
        rounds=len(values),
    )


def machine() -> dict[str, Any]:
    """Return what a reader must know of the machine to place the figures."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": [round(value, 2) for value in os.getloadavg()],
    }


def write_result(name: str, arguments: Mapping[str, Any], figures: Mapping[str, Any]) -> Path:
    """Write benchmarks/results/NAME-DATE.json; a second run of the same day replaces it."""
    today = datetime.now(UTC).date().isoformat()
    content = {
        "benchmark": name,
        "date": today,
        "machine": machine(),
        "arguments": dict(arguments),
        "figures": figures,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{today}.json"
    path.write_text(json.dumps(content, indent=1, default=asdict) + "\n")
    return path


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
