"""When step checkpoints are made and kept, and what happens when one cannot be: the first rank's.

The state is copied while the job stands still and committed beside the training (committer.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from training.checkpoints import commit_checkpoint, keep_only
from training.committer import Committer, Written
from training.journal import Journal
from training.mirror import Mirror, MirrorError
from training.progress import Say
from training.snapshots import Snapshot
from training.spec import TrainSpec
from training.spikes import SpikePolicy


class Saver:
    """Saves snapshots in order, and remembers what that cost."""

    def __init__(
        self,
        spec: TrainSpec,
        journal: Journal | None,
        spikes: SpikePolicy,
        say: Say,
        mirror: Mirror | None = None,
    ) -> None:
        """Without a journal this is not the first rank, which takes part in copies only."""
        self._execution = spec.execution
        self._root = Path(spec.execution.resume_dir)
        self._journal, self._spikes, self._say = journal, spikes, say
        self._mirror = mirror
        self._committer = Committer(in_background=spec.execution.checkpoint_in_background)
        self._failures = 0
        self.saved_step = 0
        """The newest step that is committed, as far as this rank was told."""
        self.stalls_s: list[float] = []
        self.writes_s: list[float] = []

    def is_due(self, step: int) -> bool:
        every = self._execution.checkpoint_every_steps
        return step % every == 0 or self._spikes.is_anchor(step)

    def save(self, step: int, take: Callable[[], Snapshot]) -> float:
        """Save what `take` copies (on all ranks); return how long the training stood still."""
        started = time.monotonic()
        self._settle(self._committer.wait())
        waited_s = time.monotonic() - started
        snapshot = take()
        if self._journal:
            self._settle(
                self._committer.submit(step, snapshot.num_bytes, lambda: self._commit(snapshot))
            )
            stall_s = time.monotonic() - started
            self.stalls_s.append(stall_s)
            self._journal.event("checkpoint_begun", step, stall_s=stall_s, waited_s=waited_s)
        return time.monotonic() - started

    def collect(self) -> None:
        """Take note of a commit that has ended; raises its error when too many have failed."""
        self._settle(self._committer.poll())

    def finish(self, *, must_succeed: bool = True) -> None:
        """Wait until nothing is in flight."""
        self._settle(self._committer.wait(), must_succeed=must_succeed)

    def close(self) -> None:
        self._committer.close()

    def fits(self, num_bytes: int, left_s: float) -> bool:
        """Return whether a checkpoint would be committed in the time that is left."""
        return self._committer.estimate_s(num_bytes) <= left_s

    def _commit(self, snapshot: Snapshot) -> None:
        folder = commit_checkpoint(
            self._root, snapshot.step, snapshot.write, num_bytes=snapshot.num_bytes
        )
        kept = keep_only(
            self._root,
            newest=self._execution.keep_checkpoints,
            every_steps=self._execution.keep_every_steps,
            anchor_of=self._spikes.anchor,
        )
        if self._mirror:
            journal, length = Path(self._execution.journal_path), snapshot.facts["journal_bytes"]
            self._mirror.push(folder, snapshot.step, journal, length)
            self._mirror.keep_only(kept)

    def _settle(self, written: Written | None, *, must_succeed: bool = True) -> None:
        if written is None or self._journal is None:
            return
        if written.error is None or isinstance(written.error, MirrorError):
            self.saved_step = written.step
        if written.error is None:
            self._failures = 0
            self.writes_s.append(written.seconds)
            self._journal.event("checkpoint", written.step, write_s=written.seconds)
            return
        self._failures += 1
        self._say(f"{written.error}")
        self._journal.event("checkpoint_failed", written.step, error=str(written.error))
        if must_succeed and self._failures > self._execution.checkpoint_failures_allowed:
            raise written.error
