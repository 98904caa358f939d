"""CPU time that this process and its workers have spent compiling kernels.

A machine pays it once, since compiled kernels are kept on disk: whoever forecasts from what an
artifact took must not scale it with the work. Numba's own events tell it.
"""

from __future__ import annotations

import threading
import time
from typing import Any

_lock = threading.Lock()
_seconds = 0.0
_watching = False


def compiled_s() -> float:
    """Return the CPU seconds of compiling so far; the first call begins to count."""
    _watch()
    return _seconds


def add_compiled_s(seconds: float) -> None:
    """Count what a worker process has told."""
    global _seconds
    with _lock:
        _seconds += seconds


def _watch() -> None:
    global _watching
    with _lock:
        if _watching:
            return
        _watching = True
    # Imported where work is done, not by whoever only looks at definitions: it takes 0.3 s.
    from numba.core import event

    class _Clock(event.Listener):  # type: ignore[misc]
        """Adds up the outermost of nested compilations; they hold a lock, so one at a time."""

        depth = 0
        began = 0.0

        def on_start(self, event: Any) -> None:
            if self.depth == 0:
                self.began = time.thread_time()
            self.depth += 1

        def on_end(self, event: Any) -> None:
            self.depth -= 1
            if self.depth == 0:
                add_compiled_s(time.thread_time() - self.began)

    event.register("numba:compile", _Clock())
