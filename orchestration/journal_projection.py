"""Sends a job's journal to the tracker, each (step, key) once; the journal is the truth.

Called again and again while the job runs. The position is kept in a state file, so a restarted
caller goes on where the last one stopped. A batch is written down with its times before it is
sent, and sent again unchanged until it is answered: MLflow stores an equal point once, even when
the first request arrives after the second.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from orchestration.launchers.files import read_json, write_json
from orchestration.pending import Buffered

T = TypeVar("T")

logger = logging.getLogger(__name__)

BATCH_POINTS = 1000
"""MLflow refuses more in one log_batch."""
MAX_STEP = 2**63 - 1
"""A step is a signed 64-bit integer in MLflow's tables."""
_NOT_METRICS = frozenset({"kind", "step"})


@dataclass(frozen=True, kw_only=True)
class Point:
    step: int
    key: str
    value: float


class MetricSink(Protocol):
    """The part of a run log that says whether points have arrived."""

    @property
    def run_id(self) -> str: ...

    def send(self, rows: Sequence[Buffered]) -> bool:
        """Send at most BATCH_POINTS rows; False when it is not certain that they arrived.

        Rows that the tracker will never take are set aside and count as arrived.
        """

    def set_aside(self, record: str, reason: str) -> None:
        """Keep a record of the journal that cannot be sent, with the reason."""

    def fall_behind(self) -> None:
        """Leave the curve to `materia sync`, which asks the tracker what it has."""


SetAside = Callable[[str, str], None]


@dataclass(kw_only=True)
class _Position:
    offset: int = 0
    last_line: str = ""
    """The line that ends at offset; another one there means that the journal was cut back."""
    last_steps: dict[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class _State:
    run_id: str = ""
    position: _Position = field(default_factory=_Position)
    in_flight: list[Buffered] = field(default_factory=list)
    """A batch that was sent and not answered yet."""
    after: _Position = field(default_factory=_Position)
    """Where we stand once it is."""


def project_journal(journal_path: Path, run_log: MetricSink, state_path: Path) -> int:
    """Send what is new in complete lines; returns the number of points that arrived.

    A state file that cannot be read or written costs the live curve, never the job.
    """
    if not journal_path.exists():
        return 0
    try:
        return _project(journal_path, run_log, state_path)
    except (OSError, ValueError, KeyError, TypeError) as fault:
        logger.warning("journal: %s is of no use (%s); `materia sync` sends it", state_path, fault)
        run_log.fall_behind()
        return 0


def read_points(
    journal_path: Path, set_aside: SetAside = lambda record, reason: None
) -> list[Point]:
    """Return all points of a finished journal, each (step, key) once."""
    last_steps: dict[str, int] = {}
    with journal_path.open("rb") as file:
        return [point for line in file for point in _unsent(line, last_steps, set_aside)]


def batches(points: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(points), BATCH_POINTS):
        yield points[start : start + BATCH_POINTS]


def _project(journal_path: Path, run_log: MetricSink, state_path: Path) -> int:
    state = _load(state_path, run_log.run_id)
    sent = 0
    if state.in_flight:
        if not _deliver(state, run_log):
            return 0
        sent += len(state.in_flight)
        _settle(state, run_log, state_path)
    with journal_path.open("rb") as file:
        _seek(file, state.position)
        while batch := _next_batch(file, state, run_log.set_aside):
            # The time is fixed here: sending the same row twice leaves one in MLflow.
            now = int(time.time() * 1000)
            state.in_flight = [(point.key, point.value, now, point.step) for point in batch]
            _save(state, state_path)
            if not _deliver(state, run_log):
                return sent
            sent += len(state.in_flight)
            _settle(state, run_log, state_path)
    if state.after.offset > state.position.offset:
        # Lines without points need no answer; they are not looked at twice.
        _settle(state, run_log, state_path)
    return sent


def _next_batch(file: Any, state: _State, set_aside: SetAside) -> list[Point]:
    """Read on until a batch is full or the complete lines end; state.after says where that is."""
    position = state.position
    offset, last_line = position.offset, position.last_line
    last_steps, batch = dict(position.last_steps), list[Point]()
    while len(batch) < BATCH_POINTS:
        line = file.readline()
        if not line.endswith(b"\n"):
            break
        offset, last_line = file.tell(), line.decode(errors="replace")
        batch += _unsent(line, last_steps, set_aside)
    state.after = _Position(offset=offset, last_line=last_line, last_steps=last_steps)
    return batch


def _deliver(state: _State, run_log: MetricSink) -> bool:
    """Send the batch; a line may hold more points than one request takes."""
    return all(run_log.send(part) for part in batches(state.in_flight))


def _settle(state: _State, run_log: MetricSink, state_path: Path) -> None:
    state.run_id, state.position, state.in_flight = run_log.run_id, state.after, []
    _save(state, state_path)


def _unsent(line: bytes, last_steps: dict[str, int], set_aside: SetAside) -> list[Point]:
    """Return the points of a line that are above the last step of their key, and note them."""
    try:
        record: dict[str, Any] = json.loads(line)
        if record["kind"] != "metrics":
            return []
        step = record["step"]
        if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step <= MAX_STEP:
            raise ValueError(f"step {step!r:.40} is not a whole number from 0 to 2^63 - 1")
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        logger.warning("journal: skipped a line that is no record: %.80r", line)
        set_aside(f"journal line {line[:200]!r}", f"no record of metrics: {fault}")
        return []
    points = []
    for key, value in record.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in _NOT_METRICS or not is_number or step <= last_steps.get(key, -1):
            continue
        last_steps[key] = step
        number = _as_float(value)
        if math.isfinite(number):
            points.append(Point(step=step, key=key, value=number))
        else:
            set_aside(f"metric {key} = {value!r:.40} at step {step}", "not a finite number")
    return points


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _seek(file: Any, position: _Position) -> None:
    """Go to where we stopped, or to the start when the journal was cut back and grew again."""
    line = position.last_line.encode()
    file.seek(max(0, position.offset - len(line)))
    if file.read(len(line)) != line:
        logger.info("journal: cut back by a resume; reading it again without repeating steps")
        position.offset, position.last_line = 0, ""
        file.seek(0)


def _save(state: _State, state_path: Path) -> None:
    write_json(state_path, asdict(state))


def _load(state_path: Path, run_id: str) -> _State:
    record = read_json(state_path)
    if record is None:
        return _State(run_id=run_id)
    state = _State(
        run_id=record["run_id"],
        position=_Position(**record["position"]),
        in_flight=[(key, value, at, step) for key, value, at, step in record["in_flight"]],
        after=_Position(**record["after"]),
    )
    if state.run_id and state.run_id != run_id:
        # A new attempt has a run of its own, which shows the whole curve; so has one whose run
        # somebody deleted.
        return _State(run_id=run_id)
    return state
