"""CPU time that this process and its workers have spent compiling kernels (assets/compiler.py).

A machine pays it once, since compiled kernels are kept on disk: whoever forecasts from what an
artifact took must not scale it with the work.
"""

from __future__ import annotations

import threading

_lock = threading.Lock()
_seconds = 0.0


def compiled_s() -> float:
    """Return the CPU seconds of compiling so far."""
    return _seconds


def add_compiled_s(seconds: float) -> None:
    """Count what the compiler, or a worker process, has told."""
    global _seconds
    with _lock:
        _seconds += seconds
