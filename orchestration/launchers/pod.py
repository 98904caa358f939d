"""The ranks of one pod: `python -m orchestration.launchers.pod JOB_DIR`, where a pod has several.

Starts one rank.py per rank, passes SIGTERM on, and ends the others when one has failed: they could
only wait for it. Each rank keeps its own grace period and writes its own record.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from orchestration.launchers.attempt import AttemptFolder

_TICK_S = 0.1


class PodRanks:
    """The rank processes of this pod."""

    def __init__(self, folder: AttemptFolder, env: Mapping[str, str]) -> None:
        self._folder, self._env = folder, env
        self._ranks: list[subprocess.Popen[bytes]] = []
        self._stopped = False

    def run(self) -> int:
        """Run all ranks; return 0, or the exit code of the first that failed."""
        signal.signal(signal.SIGTERM, self._on_signal)
        command = [sys.executable, "-m", "orchestration.launchers.rank", str(self._folder.path)]
        for number in range(self._folder.plan().ranks_per_pod):
            env = {**self._env, "RANK_IN_POD": str(number)}
            self._ranks.append(subprocess.Popen(command, env=env))
        if self._stopped:
            self._stop()
        first_failed = 0
        while any(rank.poll() is None for rank in self._ranks):
            failed = next((code for rank in self._ranks if (code := rank.poll())), 0)
            if failed and not first_failed:
                first_failed = failed
                self._stop()
            time.sleep(_TICK_S)
        first_failed = first_failed or next((r.returncode for r in self._ranks if r.returncode), 0)
        return first_failed if first_failed >= 0 else 128 - first_failed

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopped = True
        self._stop()

    def _stop(self) -> None:
        for rank in self._ranks:
            if rank.poll() is None:
                rank.terminate()


if __name__ == "__main__":
    sys.exit(PodRanks(AttemptFolder(Path(sys.argv[1])), os.environ).run())
