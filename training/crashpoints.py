"""Named places where a test may kill the process, to prove that a resume survives it.

A crash point does nothing until `arm` was called; main.py arms one from MATERIA_CRASH_AT.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "step.after_backward",
    "step.after_update",
    "checkpoint.copied",
    "checkpoint.before_files",
    "checkpoint.before_manifest",
    "checkpoint.after_manifest",
    "rollback.before_load",
    "rollback.after_load",
    "output.before_result",
)

_armed: dict[str, int] = {}


def arm(text: str) -> None:
    """Arm "name:n": SIGKILL this process when it passes the point for the n-th time."""
    name, _, nth = text.partition(":")
    if name not in POINTS or not nth.isdigit() or int(nth) < 1:
        raise ValueError(
            f"no crash point {text!r}: write NAME:N with a NAME of {', '.join(POINTS)}"
        )
    _armed[name] = int(nth)


def crashpoint(name: str) -> None:
    """Die here if armed; SIGKILL, because that is what a crash looks like from inside."""
    assert name in POINTS, name
    if name in _armed:
        _armed[name] -= 1
        if _armed[name] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
