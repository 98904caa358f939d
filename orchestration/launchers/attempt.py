"""The folder of one attempt at a cluster's job, on a file system that all nodes share.

    work_dir/handle.json          which attempt is the current one
    work_dir/cancel.json          somebody asked it to stop
    work_dir/job-TOKEN/plan.json  what the ranks run; written before the job is submitted
                       start.json which start of the job is the current one (a requeue is another)
                       rank-00000.json, exit.json   how it ended
                       preempted-*.json   how often it was preempted
                       zombie-00000-0.json   a rank that found itself replaced, and its start

A process that finds another attempt in handle.json, or another start in start.json, is a zombie:
the scheduler gave it up and went on without it. It stops, and leaves no result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.launchers.files import CANCEL, EXIT, HANDLE, read_json, write_json

PLAN, START = "plan.json", "start.json"
FENCED = 3
"""Exit code of a process that found that it has been replaced (our choice)."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the ranks of one attempt run."""

    scheduler_id: str
    module: str
    spec_path: str
    world_size: int
    cwd: str
    grace_s: float
    cpus_per_rank: int
    arguments: tuple[str, ...] = ()
    """Given to the module behind its spec."""
    time_limit_s: float | None = None
    warn_s: float = 0.0
    max_restarts: int = 0
    max_preemptions: int = 0
    """How often the scheduler itself starts a preempted job again; the caller does the rest."""
    ranks_per_pod: int = 1
    log: str | None = None
    """Where a rank copies its output, when the scheduler does not collect it."""


class AttemptFolder:
    """One attempt, as its processes and its launcher see it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.work_dir = path.parent

    @classmethod
    def of(cls, work_dir: Path, scheduler_id: str) -> AttemptFolder:
        return cls(work_dir / folder_name(scheduler_id))

    def create(self, plan: Plan) -> None:
        self.path.mkdir()
        write_json(self.path / PLAN, asdict(plan))

    def plan(self) -> Plan:
        record = read_json(self.path / PLAN)
        if record is None:
            raise FileNotFoundError(
                f"{self.path / PLAN} does not exist: is {self.work_dir} shared with this node?"
            )
        return Plan(**{**record, "arguments": tuple(record["arguments"])})

    def start(self, restart: int, **facts: Any) -> None:
        """Take the folder for this start of the job; what an earlier one wrote goes."""
        for path in (*self.path.glob("rank-*.json"), self.path / EXIT):
            path.unlink(missing_ok=True)
        now = datetime.now(UTC).isoformat()
        write_json(self.path / START, {"restart": restart, "started_at": now, **facts})

    def replaced_by(self, scheduler_id: str, restart: int) -> str:
        """Return who has taken this attempt's place, or ""."""
        handle = read_json(self.work_dir / HANDLE)
        if handle is None or handle["scheduler_id"] != scheduler_id:
            return "another attempt" if handle else "nobody: the job's folder was removed"
        start = read_json(self.path / START)
        if start is not None and start["restart"] > restart:
            return f"start {start['restart']} of the same job"
        return ""

    def cancel_requested(self) -> bool:
        return read_json(self.work_dir / CANCEL) is not None

    def note_preemption(self, who: str) -> int:
        """Write down that this attempt was preempted, and return how often it was by now.

        `who` counts for itself: on Kubernetes each rank does, since no process outlives a pod.
        """
        path = self.path / f"preempted-{who}.json"
        times = 1 + _times(read_json(path))
        write_json(path, {"times": times, "last_at": datetime.now(UTC).isoformat()})
        return times

    def preemptions(self) -> int:
        return max((_times(read_json(p)) for p in self.path.glob("preempted-*.json")), default=0)

    def forget_rank(self, rank: int) -> None:
        """Remove what an earlier start of this rank has written."""
        (self.path / f"rank-{rank:05d}.json").unlink(missing_ok=True)

    def write_rank(self, rank: int, record: Mapping[str, Any]) -> None:
        now = datetime.now(UTC).isoformat()
        write_json(self.path / f"rank-{rank:05d}.json", {"ended_at": now, **record})

    def write_zombie(self, rank: int, restart: int, replaced_by: str, host: str) -> None:
        """Leave a note for people; its output may go nowhere by now."""
        if self.path.exists():
            write_json(
                self.path / f"zombie-{rank:05d}-{restart}.json",
                {
                    "replaced_by": replaced_by,
                    "host": host,
                    "seen_at": datetime.now(UTC).isoformat(),
                },
            )

    def ranks(self, world_size: int, restart: int) -> list[dict[str, Any] | None]:
        """Return how each rank of one start ended, None where nothing is known."""
        found = [read_json(self.path / f"rank-{rank:05d}.json") for rank in range(world_size)]
        return [record if record and record["restart"] == restart else None for record in found]


def folder_name(scheduler_id: str) -> str:
    """Return the folder of an attempt; a cluster's name for it ends with its token."""
    return f"job-{scheduler_id[-16:]}"


def _times(record: Mapping[str, Any] | None) -> int:
    return int(record["times"]) if record else 0


def ending_of(records: list[dict[str, Any] | None]) -> dict[str, Any]:
    """Return exit_codes, first_failed and stopped_by, from how the ranks ended.

    Ranks that end because another has are told to stop: the first to fail was told nothing.
    """
    ended = [(rank, record) for rank, record in enumerate(records) if record is not None]
    failed = [(rank, r) for rank, r in ended if r["exit_code"] != 0]
    by_themselves = [(rank, r) for rank, r in failed if r["stopped_by"] is None]
    first = min(by_themselves or failed, key=lambda pair: pair[1]["ended_at"], default=None)
    stopped = [r["stopped_by"] for _, r in ended if r["stopped_by"] is not None]
    return {
        "exit_codes": [record["exit_code"] if record else None for record in records],
        "first_failed": first[0] if first else None,
        "stopped_by": stopped[0] if stopped and not by_themselves else None,
        "missing": [rank for rank, record in enumerate(records) if record is None],
    }
