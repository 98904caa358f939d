"""What machines gave to one artifact, as measured while it was made; what nobody measured is None.

Launchers leave one record per measured process below a job's folder (orchestration/launchers/
meter.py); this file reads them. No prices here: assets/lineage/cost.py turns usage into costs.
"""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USAGE_DIR = "usage"
"""Below a job's work_dir: what its attempts have used, one JSON file per measured process."""
USAGE_SCHEMA = "materia.usage/1"
CPU = "cpu"
"""Device of ranks on a machine without accelerators."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Of one artifact alone. Measured, never estimated."""

    cpu_s: float | None = None
    """CPU time of the process that made it, of its workers, and of its jobs' ranks."""
    compile_s: float | None = None
    """Of it, what compiled kernels that the machine had not compiled before (compiling.py)."""
    device: str = ""
    """What its jobs' ranks ran on, as the driver names it, or `cpu`; "" without a job, or when
    nobody could tell."""
    ranks: int | None = None
    """Most ranks of a job at the same time, one device each; 0 without a job."""
    device_s: float | None = None
    """Seconds that ranks were held, added over ranks and attempts, failed ones included."""
    energy_j: float | None = None
    """Of the devices alone, by their own counters."""
    attempts: int | None = None
    """Attempts at its jobs; 1 is an undisturbed one."""


NO_JOB = Usage(ranks=0, device_s=0.0, attempts=0)


def read_job_usage(job_dir: Path) -> Usage | None:
    """Return what the attempts at a job have used, or None when no record was left."""
    records = [
        json.loads(path.read_text()) for path in sorted((job_dir / USAGE_DIR).glob("*.json"))
    ]
    records = [record for record in records if record.get("schema") == USAGE_SCHEMA]
    if not records:
        return None
    by_attempt: dict[str, int] = {}
    for record in records:
        by_attempt[record["attempt"]] = by_attempt.get(record["attempt"], 0) + record["ranks"]
    devices = {record["device"] for record in records}
    return Usage(
        cpu_s=_sum(record["cpu_s"] for record in records),
        device=devices.pop() if len(devices) == 1 else "",
        ranks=max(by_attempt.values()),
        device_s=sum(record["ranks"] * record["seconds"] for record in records),
        energy_j=_energy(records),
        attempts=len(by_attempt),
    )


def close_job_usage(job_dir: Path, token: int) -> None:
    """Set aside what a committed artifact has counted: a later one must not count it again."""
    with suppress(FileNotFoundError):
        (job_dir / USAGE_DIR).rename(job_dir / f"{USAGE_DIR}-counted-{token}-{os.getpid()}")


def process_cpu_s() -> float:
    """Return the CPU time of this process and of all children that have ended."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in spent)


def _energy(records: Iterable[Mapping[str, Any]]) -> float | None:
    """Add up each device once per attempt: ranks that share one have read the same counter."""
    found: dict[tuple[str, str, str], float | None] = {}
    for record in records:
        for device, joules in record["energy_j"].items():
            key = (record["attempt"], record["host"], device)
            known = found.get(key)
            found[key] = max(joules or 0.0, known or 0.0) if joules is not None else known
    return _sum(found.values()) if found else None


def _sum(values: Iterable[float | None]) -> float | None:
    """Return the sum, or None when one of them is not known."""
    taken = list(values)
    return None if any(value is None for value in taken) else sum(v for v in taken if v is not None)
