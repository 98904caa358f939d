"""Sends a job's journal to the tracker, each (step, key) once; the journal is the truth.

Called again and again while the job runs. The position is kept in a state file, so a restarted
caller goes on where the last one stopped. When it is not known whether a batch arrived, the
tracker is asked what it has before anything is sent again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from orchestration.launchers.files import read_json, write_json

T = TypeVar("T")

logger = logging.getLogger(__name__)

BATCH_POINTS = 1000
"""MLflow refuses more in one log_batch."""
_NOT_METRICS = frozenset({"kind", "step"})


@dataclass(frozen=True, kw_only=True)
class Point:
    step: int
    key: str
    value: float


class MetricSink(Protocol):
    """The part of a run log that can say whether points have arrived."""

    @property
    def run_id(self) -> str: ...

    def send(self, points: Sequence[Point]) -> bool:
        """Send at most BATCH_POINTS points; False when it is not certain that they arrived."""

    def last_steps(self, keys: Collection[str]) -> Mapping[str, int] | None:
        """Return the highest step the tracker has of each key, or None when it cannot say."""


@dataclass(kw_only=True)
class _State:
    run_id: str = ""
    offset: int = 0
    last_line: str = ""
    """The line that ends at offset; another one there means that the journal was cut back."""
    last_steps: dict[str, int] = field(default_factory=dict)
    uncertain_keys: list[str] = field(default_factory=list)
    """Keys of a batch that was sent without an answer."""


def project_journal(journal_path: Path, run_log: MetricSink, state_path: Path) -> int:
    """Send what is new in complete lines; returns the number of points that arrived."""
    if not journal_path.exists():
        return 0
    state = _load(state_path, run_log.run_id)
    if state.uncertain_keys and not _settle(state, run_log, state_path):
        return 0
    sent = 0
    with journal_path.open("rb") as file:
        _seek(file, state)
        confirmed, batch = asdict(state), list[Point]()
        while True:
            line = file.readline()
            if line.endswith(b"\n"):
                state.offset, state.last_line = file.tell(), line.decode(errors="replace")
                batch += _unsent(line, state)
                if len(batch) < BATCH_POINTS:
                    continue
            if not batch or not _send(batch, run_log, confirmed, state_path):
                return sent
            sent += len(batch)
            state.run_id, batch = run_log.run_id, []
            confirmed = asdict(state)
            write_json(state_path, confirmed)


def read_points(journal_path: Path) -> list[Point]:
    """Return all points of a finished journal, each (step, key) once."""
    state = _State()
    with journal_path.open("rb") as file:
        return [point for line in file for point in _unsent(line, state)]


def batches(points: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(points), BATCH_POINTS):
        yield points[start : start + BATCH_POINTS]


def _send(
    batch: Sequence[Point], run_log: MetricSink, confirmed: Mapping[str, Any], state_path: Path
) -> bool:
    """Send with the intent on disk first, so that a kill in between is noticed."""
    keys = sorted({point.key for point in batch})
    write_json(state_path, {**confirmed, "uncertain_keys": keys})
    return all(run_log.send(part) for part in batches(batch))


def _settle(state: _State, run_log: MetricSink, state_path: Path) -> bool:
    """Learn from the tracker how far an unanswered batch came; False when it cannot say."""
    known = run_log.last_steps(state.uncertain_keys)
    if known is None:
        return False
    for key, step in known.items():
        state.last_steps[key] = max(step, state.last_steps.get(key, step))
    state.uncertain_keys = []
    write_json(state_path, asdict(state))
    return True


def _unsent(line: bytes, state: _State) -> list[Point]:
    """Return the points of a line that are above the last step of their key."""
    try:
        record: dict[str, Any] = json.loads(line)
        if record["kind"] != "metrics":
            return []
        step = int(record["step"])
    except (ValueError, KeyError, TypeError):
        logger.warning("journal: skipped a line that is no record: %.80r", line)
        return []
    points = []
    for key, value in record.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in _NOT_METRICS or not is_number or step <= state.last_steps.get(key, -1):
            continue
        state.last_steps[key] = step
        points.append(Point(step=step, key=key, value=float(value)))
    return points


def _seek(file: Any, state: _State) -> None:
    """Go to where we stopped, or to the start when the journal was cut back and grew again."""
    line = state.last_line.encode()
    file.seek(max(0, state.offset - len(line)))
    if file.read(len(line)) != line:
        logger.info("journal: cut back by a resume; reading it again without repeating steps")
        state.offset, state.last_line = 0, ""
        file.seek(0)


def _load(state_path: Path, run_id: str) -> _State:
    record = read_json(state_path)
    state = _State(**record) if record is not None else _State()
    if state.run_id and run_id and state.run_id != run_id:
        # A new attempt has a run of its own, which shows the whole curve.
        return _State(run_id=run_id)
    return state
