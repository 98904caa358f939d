"""A request to stop: SIGTERM (launchers, Kubernetes, Slurm) or SIGUSR1 (Slurm's --signal)."""

from __future__ import annotations

import signal
import time

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class StopRequest:
    """Set once by a signal; a second signal changes nothing, so a launcher may repeat itself."""

    def __init__(self) -> None:
        self._since: float | None = None

    def watch(self) -> StopRequest:
        """Listen from now on (main thread only)."""
        for number in SIGNALS:
            signal.signal(number, lambda number, frame: self.ask())
        return self

    def ask(self) -> None:
        if self._since is None:
            self._since = time.monotonic()

    @property
    def asked(self) -> bool:
        return self._since is not None

    @property
    def waited_s(self) -> float:
        """Seconds since the first request; 0 without one."""
        return time.monotonic() - self._since if self._since is not None else 0.0
