"""Ends a rank that makes no progress: dumps the stacks of all threads, then leaves with its code.

A rank that is stopped or lost leaves the others waiting in a collective; each of them notices by
itself, so no rank has to be alive for another to be found hanging.
"""

from __future__ import annotations

import faulthandler
import math
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

EXIT_HUNG = 86
"""Our choice: outside the ranges of signals (128 and up) and of sysexits.h (64 to 78)."""
_SLOW_STEPS = 10.0
"""A step may take so many times the slowest so far before it counts as hanging (our choice)."""
_MARGIN = 1.5
"""The C thread of faulthandler, which needs no interpreter lock, ends a process in which not even
a Python thread runs, after about this multiple of the limit."""


class Watchdog:
    """Counts the time since the last sign of life."""

    def __init__(self, limit_s: float) -> None:
        if limit_s <= 0:
            raise ValueError(f"hang_after_s {limit_s} is not above 0: set it")
        self._floor_s = limit_s
        self._slowest_s = 0.0
        self._what = "starting"
        self._last = time.monotonic()
        self._armed = -math.inf
        self._ended = threading.Event()

    def beat(self, what: str, *, step_s: float = 0.0) -> None:
        """Say what begins now, and how long the step that has ended took."""
        self._slowest_s = max(self._slowest_s, step_s)
        self._what, self._last = what, time.monotonic()
        # Arming starts a thread, so not at every step.
        if self._last > self._armed + self.limit_s / 10:
            faulthandler.dump_traceback_later(self.limit_s * _MARGIN, exit=True)
            self._armed = self._last

    @property
    def limit_s(self) -> float:
        return max(self._floor_s, _SLOW_STEPS * self._slowest_s)

    @contextmanager
    def watching(self) -> Iterator[Watchdog]:
        self.beat(self._what)
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            faulthandler.cancel_dump_traceback_later()
            thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(min(1.0, self._floor_s / 10)):
            silent_s = time.monotonic() - self._last
            if silent_s > self.limit_s:
                self._end(silent_s)

    def _end(self, silent_s: float) -> None:
        print(
            f"error: no progress for {silent_s:.0f} s while {self._what} (limit "
            f"{self.limit_s:.0f} s): a rank or a disk hangs; the stacks of this rank follow",
            file=sys.stderr,
            flush=True,
        )
        faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
        sys.stderr.flush()
        # Not sys.exit: the main thread sits in a call that does not return.
        os._exit(EXIT_HUNG)
