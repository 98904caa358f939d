"""What each step of a job was, exactly: the numbers two runs are compared by."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from training.spikes import Spike


@dataclass(kw_only=True)
class History:
    """One entry a step, from step 0; no times, so that equal runs have equal histories."""

    loss: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    grad_norm: list[float] = field(default_factory=list)
    num_tokens: list[float] = field(default_factory=list)
    num_predicted: list[float] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)
    z_loss: list[float] = field(default_factory=list)
    """The part of the loss that is z-loss; zeros without one."""

    def append(self, **entry: float) -> None:
        for column in fields(self):
            getattr(self, column.name).append(float(entry[column.name]))

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def tokens(self) -> int:
        return int(sum(self.num_tokens))

    @property
    def skipped_steps(self) -> list[int]:
        return [step for step, taken in enumerate(self.accepted) if not taken]

    def undo(self, first: int) -> None:
        """Mark the steps from `first` on as without an update: a rollback has taken it back."""
        for step in range(first, len(self)):
            self.accepted[step] = 0.0

    def copy(self) -> History:
        return History(**{f.name: list(getattr(self, f.name)) for f in fields(self)})

    def save(self, path: Path) -> None:
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        save_file({n: torch.tensor(c, dtype=torch.float64) for n, c in columns.items()}, path)

    @classmethod
    def load(cls, path: Path) -> History:
        return cls(**{name: column.tolist() for name, column in load_file(path).items()})

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield the journal's lines without anything that depends on the clock."""
        tokens, has_z_loss = 0, any(self.z_loss)
        for step in range(len(self)):
            tokens += int(self.num_tokens[step])
            metrics = {
                "train/loss": self.loss[step],
                "train/lr": self.lr[step],
                "train/grad_norm": self.grad_norm[step],
                "train/tokens": tokens,
                **({"train/z_loss": self.z_loss[step]} if has_z_loss else {}),
            }
            yield {"kind": "metrics", "step": step, **finite(metrics)}
            if not self.accepted[step]:
                yield {"kind": "event", "name": "step_skipped", "step": step}

    def write_journal(self, path: Path, spikes: Sequence[Spike]) -> None:
        events = {spike.step: spike for spike in spikes}
        lines = []
        for line in self.lines():
            lines.append(line)
            if line["kind"] == "metrics" and (spike := events.get(line["step"])):
                event = {"kind": "event", "name": "loss_spike", "step": spike.step}
                lines.append({**event, **spike.facts()})
        path.write_text("".join(json.dumps(line, allow_nan=False) + "\n" for line in lines))


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Leave out what JSON has no number for; the event beside it tells."""
    return {key: value for key, value in metrics.items() if math.isfinite(value)}
