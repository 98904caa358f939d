"""Numba's `njit` with a clock: kernels take it from here, so that what compiling takes is known.

Imported lazily, as kernels are: numba takes a third of a second.
"""

from __future__ import annotations

import time

from numba import njit
from numba.core import event

from assets.lineage.compiling import add_compiled_s

__all__ = ["njit"]


class _Clock(event.Listener):  # type: ignore[misc]
    """Adds up the outermost of nested compilations; they hold a lock, so one at a time."""

    depth = 0
    began = 0.0

    def on_start(self, event: event.Event) -> None:
        if self.depth == 0:
            self.began = time.thread_time()
        self.depth += 1

    def on_end(self, event: event.Event) -> None:
        self.depth -= 1
        if self.depth == 0:
            add_compiled_s(time.thread_time() - self.began)


event.register("numba:compile", _Clock())
