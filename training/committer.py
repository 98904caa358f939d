"""Commits checkpoints in a thread, so that training waits for a copy and not for a disk.

One at a time: who brings the next waits for the last, so a newer checkpoint is never overtaken by
an older one and no more than one copy of the state is held. Torch-free.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from training.checkpoints import CheckpointError

_ASSUMED_BYTES_PER_S = 100e6
"""Until a write was measured (our choice: a slow network disk, with hashing)."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """How one commit ended."""

    step: int
    seconds: float
    error: CheckpointError | None


class Committer:
    """Owns the thread; everything else of a checkpoint is in the function it is given."""

    def __init__(self, *, in_background: bool = True) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._in_background = in_background
        self._flight: Future[Written] | None = None
        self._bytes_per_s = _ASSUMED_BYTES_PER_S

    def submit(self, step: int, num_bytes: int, commit: Callable[[], object]) -> Written | None:
        """Start a commit; the one before must have been waited for. None while it runs."""
        assert self._flight is None, "one commit is in flight: wait for it first"
        self._flight = self._pool.submit(self._run, step, num_bytes, commit)
        return None if self._in_background else self.wait()

    def poll(self) -> Written | None:
        """Return a commit that has ended since the last look."""
        return self.wait() if self._flight is not None and self._flight.done() else None

    def wait(self) -> Written | None:
        """Wait for the commit in flight; raises what was not the disk's fault."""
        flight, self._flight = self._flight, None
        return flight.result() if flight is not None else None

    def estimate_s(self, num_bytes: int) -> float:
        """Return how long a commit of so many bytes would take."""
        return num_bytes / self._bytes_per_s

    def close(self) -> None:
        """Let the commit in flight end: also a job that fails keeps what it had begun to save."""
        self._pool.shutdown(wait=True)

    def _run(self, step: int, num_bytes: int, commit: Callable[[], object]) -> Written:
        started = time.monotonic()
        error: CheckpointError | None = None
        try:
            commit()
        except CheckpointError as problem:
            error = problem
        seconds = time.monotonic() - started
        if error is None:
            self._bytes_per_s = num_bytes / max(seconds, 1e-6)
        return Written(step=step, seconds=seconds, error=error)
