"""What one step checkpoint holds, copied out of a running job, and how it is laid out in files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from training.history import History
from training.ranks import Ranks
from training.state import EngineState, save_weights


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A copy: training may go on while it is written."""

    step: int
    state: EngineState
    rng: Sequence[torch.Tensor]
    """The CPU generator of each rank."""
    history: History
    facts: Mapping[str, Any]
    """state.json."""

    @property
    def num_bytes(self) -> int:
        state = self.state
        parts = (state.weights, state.exp_avg, state.exp_avg_sq)
        return sum(tensor.nbytes for part in parts for tensor in part.values())

    def write(self, folder: Path) -> None:
        save_weights(self.state.weights, folder / "weights.safetensors", precision="fp32")
        self.state.save_optimizer(folder / "optimizer.safetensors", with_weights=False)
        self.history.save(folder / "history.safetensors")
        by_rank = {f"cpu/{rank:05d}": tensor for rank, tensor in enumerate(self.rng)}
        save_file(by_rank, folder / "rng.safetensors")
        text = json.dumps(self.facts, indent=1, sort_keys=True, allow_nan=False)
        (folder / "state.json").write_text(text + "\n")


def restore_rng(folder: Path, ranks: Ranks, *, ranks_before: int) -> None:
    """Set this rank's generator; on another number of ranks no generator has a successor."""
    if ranks_before == ranks.size:
        rng = load_file(folder / "rng.safetensors")
        torch.set_rng_state(rng[f"cpu/{ranks.rank:05d}"])
