"""The loss-spike policy: which steps leave no update, decided by the numbers alone.

Torch-free, deterministic, and part of every checkpoint: a resumed job decides like one that was
never interrupted. The counterpart on gradient norms is clipping.py.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal

from training.spec import SpikeSpec

Action = Literal["take", "skip", "rollback", "stop"]


class SpikeError(RuntimeError):
    """A loss spike that the policy answers by stopping."""


@dataclass(frozen=True, kw_only=True)
class Spike:
    """One decision, as it stands in the journal, in checkpoints and in result.json."""

    step: int
    action: Literal["skip", "rollback", "stop"]
    loss: float | str
    """A string where JSON has no number for it."""
    limit: float | None
    """What the loss was not to exceed; None while there were too few losses for a median."""
    back_to: int | None
    """Rollback: the step whose state was taken up again; updates from it to `step` are undone."""

    def facts(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "step"}


class SpikePolicy:
    """Decides on the loss of each step before its update."""

    def __init__(self, spec: SpikeSpec) -> None:
        self._spec = spec
        self._losses: deque[float] = deque(maxlen=spec.window)
        self.spikes: list[Spike] = []

    def decide(self, step: int, loss: float) -> Action:
        """Return what to do with the step, and remember it."""
        limit = self._limit()
        if math.isfinite(loss) and (limit is None or loss <= limit):
            return "take"
        return self.refuse(step, loss)

    def refuse(self, step: int, loss: float) -> Action:
        """Treat a step as a spike whatever its loss (its gradient norm is not finite)."""
        spike = Spike(
            step=step,
            action=self._action(step),
            loss=loss if math.isfinite(loss) else str(loss),
            limit=self._limit(),
            back_to=self.anchor(step) if self._action(step) == "rollback" else None,
        )
        self.spikes.append(spike)
        return spike.action

    def error(self, samples: Sequence[int]) -> SpikeError:
        """Return what to raise for the last spike, when the decision was to stop."""
        spike = self.spikes[-1]
        return SpikeError(
            f"the loss of step {spike.step} is {spike.loss} or its gradient is not finite, and the "
            f"policy ({self._spec.action}, after {len(self.spikes) - 1} others) is to stop: lower "
            f"the learning rate or look at samples {list(samples)}"
        )

    def took(self, loss: float) -> None:
        """Remember the loss of a step whose update was taken."""
        self._losses.append(loss)

    def is_anchor(self, step: int) -> bool:
        """Return whether the state after `step` steps is one that a rollback may go back to."""
        every = self._spec.anchor_every_steps
        return self._spec.action == "rollback" and step > 0 and step % every == 0

    def anchor(self, step: int) -> int | None:
        """Return the steps of the state that a spike at `step` goes back to, or None."""
        if self._spec.action != "rollback":
            return None
        # The largest multiple up to the step: anchors past it belong to the branch after the
        # rollback, so a spike never goes back to a state that another rollback has undone.
        every = self._spec.anchor_every_steps
        return step // every * every or None

    def rolled_back(self) -> list[tuple[int, int]]:
        """Return (first, last) step of each window whose updates were undone."""
        return [(s.back_to, s.step) for s in self.spikes if s.back_to is not None]

    def state(self) -> dict[str, Any]:
        return {"losses": list(self._losses), "spikes": [asdict(spike) for spike in self.spikes]}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.restore_losses(state)
        self.spikes = [Spike(**spike) for spike in state["spikes"]]

    def restore_losses(self, state: Mapping[str, Any]) -> None:
        """Take back the running losses of an anchor, not the decisions made since."""
        self._losses.clear()
        self._losses.extend(state["losses"])

    def _action(self, step: int) -> Literal["skip", "rollback", "stop"]:
        if self._spec.action == "stop" or len(self.spikes) >= self._spec.max_spikes:
            return "stop"
        if self._spec.action == "rollback" and self.anchor(step) in (None, step):
            return "skip"  # There is no state yet to go back to, or it is this one.
        return self._spec.action

    def _limit(self) -> float | None:
        if not self._spec.factor or len(self._losses) < self._spec.window:
            return None
        return self._spec.factor * median(self._losses)
