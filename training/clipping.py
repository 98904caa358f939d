"""Adaptive gradient clipping by skipping steps: arXiv 2502.12671 section 4.2, Algorithm 1.

A lone norm far above its recent mean is a bad batch and its step is dropped; two in a row are a
steep region and the second is taken. The state is small, JSON, and part of every checkpoint.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from training.spec import OptimizerSpec


class StepSkipper:
    """Decides on norms before clipping (which norm the paper means is not stated: our choice)."""

    def __init__(self, spec: OptimizerSpec) -> None:
        self._factor, self._offset = spec.skip_factor, spec.skip_offset
        self._max_skips = spec.max_skips
        self._accepted: deque[float] = deque(maxlen=spec.skip_window)
        self._skips_in_a_row = 0

    def accept(self, norm: float) -> bool:
        """Return whether to take the step with this norm, and remember the decision."""
        if self._is_spike(norm) and self._skips_in_a_row < self._max_skips:
            self._skips_in_a_row += 1
            return False
        self._accepted.append(norm)
        self._skips_in_a_row = 0
        return True

    def _is_spike(self, norm: float) -> bool:
        window = self._accepted
        if len(window) < (window.maxlen or 0):
            return False
        return norm > self._factor * sum(window) / len(window) + self._offset

    def state(self) -> dict[str, Any]:
        return {"accepted_norms": list(self._accepted), "skips_in_a_row": self._skips_in_a_row}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._accepted.clear()
        self._accepted.extend(state["accepted_norms"])
        self._skips_in_a_row = state["skips_in_a_row"]
