"""Delivers metrics, params and tags of a run: what MLflow refuses is set aside, the rest flows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from orchestration.mlflow_connection import Connection, RunGone, TrackerRefused
from orchestration.pending import Buffered

if TYPE_CHECKING:
    from mlflow.entities import Metric, Param, RunTag

    Item: TypeAlias = Metric | Param | RunTag

SetAside = Callable[[str, str, str], None]
"""(artifact or run, record, reason)."""

MAX_METRICS, MAX_TEXTS = 1000, 100
"""MLflow takes at most 1,000 metrics, 100 params and 100 tags in one request."""


class Delivery:
    """Writes to runs; raises TrackerUnavailable, and RunGone for a run that was deleted."""

    def __init__(self, connection: Connection, set_aside: SetAside) -> None:
        self._connection = connection
        self._set_aside = set_aside

    def metrics(self, run_id: str, rows: Iterable[Buffered], *, model_id: str = "") -> None:
        """Send metrics; the same row (time included) sent twice is stored once."""
        from mlflow.entities import Metric

        about = {"model_id": model_id} if model_id else {}
        remaining = iter(rows)
        while batch := list(islice(remaining, MAX_METRICS)):
            self._deliver(run_id, [Metric(key, v, at, step, **about) for key, v, at, step in batch])

    def texts(self, run_id: str, params: dict[str, str], tags: dict[str, str]) -> None:
        from mlflow.entities import Param, RunTag

        for kind, values in ((Param, params), (RunTag, tags)):
            remaining = iter(values.items())
            while batch := list(islice(remaining, MAX_TEXTS)):
                self._deliver(run_id, [kind(key, value) for key, value in batch])

    def set_aside(self, run_id: str, record: str, reason: str) -> None:
        self._set_aside(f"run {run_id}", record, reason)

    def is_open(self, run_id: str) -> bool:
        """Whether a run exists and was not deleted."""
        try:
            run = self._connection.request("read a run", lambda client: client.get_run(run_id))
        except TrackerRefused:
            return False
        return bool(run.info.lifecycle_stage == "active")

    def _deliver(self, run_id: str, items: Sequence[Item]) -> None:
        try:
            self._send(run_id, items)
        except TrackerRefused as refusal:
            if not self.is_open(run_id):
                raise RunGone(f"run {run_id} was deleted") from refusal
            self._search(run_id, items, refusal)

    def _search(self, run_id: str, items: Sequence[Item], refusal: TrackerRefused) -> None:
        """Halve what was refused until the records that MLflow means stand alone."""
        if len(items) == 1:
            self.set_aside(run_id, _named(items[0]), str(refusal))
            return
        middle = len(items) // 2
        for half in (items[:middle], items[middle:]):
            try:
                self._send(run_id, half)
            except TrackerRefused as closer:
                self._search(run_id, half, closer)

    def _send(self, run_id: str, items: Sequence[Item]) -> None:
        from mlflow.entities import Metric, Param, RunTag

        metrics = [item for item in items if isinstance(item, Metric)]
        params = [item for item in items if isinstance(item, Param)]
        tags = [item for item in items if isinstance(item, RunTag)]
        self._connection.request(
            "log metrics, params and tags",
            lambda client: client.log_batch(run_id, metrics=metrics, params=params, tags=tags),
        )


def _named(item: Item) -> str:
    kind = type(item).__name__.lower().removeprefix("run")
    step = getattr(item, "step", None)
    return f"{kind} {item.key} = {item.value!r:.80}" + ("" if step is None else f" at step {step}")
