"""Where a job starts: from its own step checkpoint, from given weights, or from random ones.

Also the way back of a rollback, which is a resume from an older checkpoint inside one process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from model.network import Network
from training.checkpoints import (
    ResumeError,
    StepCheckpoint,
    find_checkpoint,
    open_checkpoint,
)
from training.data import data_fingerprint
from training.drift import accepted_drift, program_facts
from training.engine import Engine
from training.progress import Say
from training.ranks import Ranks
from training.spec import TrainSpec
from training.state import (
    EngineState,
    load_state,
    load_weights,
    prepare_moments,
    put_weights,
    set_masters,
    set_moments,
)


def job_facts(spec: TrainSpec) -> dict[str, Any]:
    """Return what a checkpoint says about the job it belongs to."""
    return {
        "identity": spec.to_dict()["identity"],
        "data": data_fingerprint(Path(spec.execution.shards_dir)),
        "program": program_facts(),
    }


def drift_since(
    checkpoint: StepCheckpoint, facts: Mapping[str, Any], accept: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the accepted differences from a checkpoint; raises ResumeError for any other."""
    saved = checkpoint.state()
    changes = accepted_drift({key: saved.get(key) for key in facts}, facts, accept)
    return [{"step": checkpoint.step, **change} for change in changes]


def agreed_checkpoint(root: Path, ranks: Ranks, say: Say) -> StepCheckpoint | None:
    """Find the checkpoint to resume from; raises ResumeError unless all ranks see the same."""
    checkpoint = find_checkpoint(root, say)
    _agree(checkpoint, root, ranks)
    return checkpoint


def anchor_checkpoint(root: Path, step: int, ranks: Ranks) -> StepCheckpoint:
    """Return the checkpoint of one step, as all ranks see it."""
    checkpoint = open_checkpoint(root, step)
    _agree(checkpoint, root, ranks)
    return checkpoint


def start_engine(
    spec: TrainSpec,
    ranks: Ranks,
    accept: Callable[[float], bool],
    checkpoint: StepCheckpoint | None,
) -> Engine:
    identity = spec.identity
    network = Network(identity.model)
    state, weights = _start_state(spec, checkpoint)
    if weights is None:
        network.init_weights(identity.init_seed)
        weights = {n: p.detach().clone() for n, p in network.named_parameters()}
    put_weights(network, weights, str(checkpoint.folder if checkpoint else identity.init))
    engine = Engine(spec, ranks, network, accept)
    prepare_moments(engine)
    set_masters(engine, weights)
    if state:
        set_moments(engine, state)
    return engine


def _start_state(
    spec: TrainSpec, checkpoint: StepCheckpoint | None
) -> tuple[EngineState | None, Mapping[str, Tensor] | None]:
    """Return (moments or None for zero, weights or None for random)."""
    identity, execution = spec.identity, spec.execution
    if checkpoint:
        folder = checkpoint.folder
        state = load_state(folder / "weights.safetensors", folder / "optimizer.safetensors")
        return state, state.weights
    if identity.init == "random":
        return None, None
    if execution.init_dir is None:
        raise ValueError("init is 'weights' but init_dir is null: name a folder to start from")
    folder = Path(execution.init_dir)
    if identity.carry_optimizer:
        state = load_state(folder / "model.safetensors", folder / "optimizer.safetensors")
        return state, state.weights
    return None, load_weights(folder / "model.safetensors")


def _agree(checkpoint: StepCheckpoint | None, root: Path, ranks: Ranks) -> None:
    if not ranks.agree(checkpoint.manifest_sha256 if checkpoint else "none"):
        raise ResumeError(
            f"the ranks see different checkpoints in {root} (this one: "
            f"{checkpoint.folder.name if checkpoint else 'none'}): is it a shared folder?"
        )
