"""Faults and mutants of a rank, applied in its own process before the job starts.

A mutant is the training engine with one of its promises broken; test_mutants.py shows that the
suite notices each. A probe changes nothing and writes down what a test asks about.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

Fault = Callable[[Path, int], None]


def inject(name: str, folder: Path, rank: int) -> None:
    """Apply "function" or "function:argument"."""
    function, _, argument = name.partition(":")
    fault = globals()[function]
    if argument:
        fault(folder, rank, argument)
    else:
        fault(folder, rank)


def noisy_network(folder: Path, rank: int) -> None:
    """Make the loss depend on the generator, as dropout would."""
    from model.network import Network

    objective = Network.objective

    def noisy(self: Network, *batch: Any, **more: Any) -> Any:
        nll, z_loss, predicted = objective(self, *batch, **more)
        return nll * (1 + 0.1 * torch.rand(())), z_loss, predicted

    Network.objective = noisy


def samples_written_down(folder: Path, rank: int) -> None:
    """Append the samples of every step that this rank reads."""
    from training.data import Loader

    batch = Loader.batch

    def written(self: Loader, step: int) -> Any:
        with (folder / f"samples{rank}.jsonl").open("a") as file:
            file.write(json.dumps([step, self.sample_indices(step)]) + "\n")
        return batch(self, step)

    Loader.batch = written


def loss_of_steps(folder: Path, rank: int, argument: str) -> None:
    """Multiply the loss of given steps, and so its gradients ("5=nan,7=10"), on every rank."""
    from model.network import Network
    from training.trainer import _Trainer

    factors = {int(k): float(v) for k, v in (pair.split("=") for pair in argument.split(","))}
    step_of, objective = _Trainer._step, Network.objective
    now = {"factor": 1.0}

    def stepped(self: _Trainer, step: int, *rest: Any) -> None:
        now["factor"] = factors.get(step, 1.0)
        step_of(self, step, *rest)

    def poisoned(self: Network, *batch: Any, **more: Any) -> Any:
        nll, z_loss, predicted = objective(self, *batch, **more)
        return nll * now["factor"], z_loss, predicted

    _Trainer._step, Network.objective = stepped, poisoned


def state_written_down(folder: Path, rank: int) -> None:
    """Append a digest of weights and moments after every step."""
    import hashlib

    from training.state import get_state
    from training.trainer import _Trainer

    step_of = _Trainer._step

    def stepped(self: _Trainer, step: int, *rest: Any) -> None:
        step_of(self, step, *rest)
        state, digest = get_state(self._engine), hashlib.sha256()
        for part in (state.weights, state.exp_avg, state.exp_avg_sq):
            for name in sorted(part):
                digest.update(part[name].numpy().tobytes())
        digest.update(str(state.num_updates).encode())
        with (folder / f"digests{rank}.jsonl").open("a") as file:
            file.write(json.dumps([step, digest.hexdigest()]) + "\n")

    _Trainer._step = stepped


def slow_disk(folder: Path, rank: int, seconds: str) -> None:
    """Let every commit take longer."""
    from training import saving

    commit = saving.commit_checkpoint

    def slow(root: Path, step: int, *rest: Any, **more: Any) -> Path:
        time.sleep(float(seconds))
        return commit(root, step, *rest, **more)

    saving.commit_checkpoint = slow


def full_disk(folder: Path, rank: int, steps: str) -> None:
    """Let the writing of some checkpoints fail ("6,9")."""
    from training.snapshots import Snapshot

    write = Snapshot.write

    def refused(self: Snapshot, target: Path) -> None:
        write(self, target)
        if str(self.step) in steps.split(","):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    Snapshot.write = refused


def mirror_gone(folder: Path, rank: int) -> None:
    """Refuse every upload."""
    from training.objects import FolderObjects

    def refused(self: FolderObjects, local: Path, name: str) -> None:
        raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), name)

    FolderObjects.upload = refused


def hang_at(folder: Path, rank: int, argument: str) -> None:
    """Stop a rank by SIGSTOP at a step ("1@5")."""
    import signal

    from training.trainer import _Trainer

    step_of = _Trainer._step
    which, step_wanted = argument.split("@")

    def stepped(self: _Trainer, step: int, *rest: Any) -> None:
        if str(rank) == which and step == int(step_wanted):
            os.kill(os.getpid(), signal.SIGSTOP)
        step_of(self, step, *rest)

    _Trainer._step = stepped


def other_program(folder: Path, rank: int) -> None:
    """Pretend that a line of our code was changed since the checkpoint."""
    from training import resuming

    facts = resuming.program_facts()
    resuming.program_facts = lambda: {**facts, "code": "0" * 64}


# Mutants


def without_rng(folder: Path, rank: int) -> None:
    from training import trainer

    trainer.restore_rng = lambda *told, **more: None


def without_second_moments(folder: Path, rank: int) -> None:
    from training import resuming

    load = resuming.load_state

    def zeroed(*paths: Path) -> Any:
        state = load(*paths)
        zero = {name: torch.zeros_like(tensor) for name, tensor in state.exp_avg_sq.items()}
        return dataclasses.replace(state, exp_avg_sq=zero)

    resuming.load_state = zeroed


def without_update_count(folder: Path, rank: int) -> None:
    from training import resuming

    load = resuming.load_state
    resuming.load_state = lambda *paths: dataclasses.replace(load(*paths), num_updates=0)


def loader_off_by_one(folder: Path, rank: int) -> None:
    from training.trainer import _Trainer

    restore = _Trainer._restore

    def shifted(self: _Trainer, *told: Any) -> None:
        restore(self, *told)
        batch = self._loader.batch
        self._loader.batch = lambda step: batch(step + 1)

    _Trainer._restore = shifted


def without_clipping_state(folder: Path, rank: int) -> None:
    from training.clipping import StepSkipper

    StepSkipper.restore = lambda self, state: None


def without_digest_check(folder: Path, rank: int) -> None:
    from training import checkpoints

    checkpoints._sha256 = lambda path: "same"
    verified = checkpoints._verified

    def believed(path: Path) -> Any:
        manifest = path / "manifest.json"
        told = json.loads(manifest.read_text())
        for entry in told["files"].values():
            entry["sha256"] = "same"
        manifest.write_text(json.dumps(told))
        return verified(path)

    checkpoints._verified = believed


def copy_not_taken(folder: Path, rank: int) -> None:
    """The snapshot holds the live tensors, which training goes on to change."""
    from training import trainer

    get_state = trainer.get_state

    def aliased(engine: Any) -> Any:
        state = get_state(engine)
        live = {name: p.detach() for name, p in engine.network.named_parameters()}
        return dataclasses.replace(state, weights=live)

    trainer.get_state = aliased


def spikes_forgotten(folder: Path, rank: int) -> None:
    from training.spikes import SpikePolicy

    SpikePolicy.restore = lambda self, state: None


def without_fsync(folder: Path, rank: int) -> None:
    from training import checkpoints

    checkpoints._sync = lambda path: None


def without_fsync_of_names(folder: Path, rank: int) -> None:
    from training import checkpoints

    sync = checkpoints._sync
    checkpoints._sync = lambda path: None if path.is_dir() else sync(path)


def manifest_before_files(folder: Path, rank: int) -> None:
    """Swap the order of a commit: vouch first, write then."""
    from training import checkpoints

    def swapped(root: Path, staging: Path, target: Path, step: int, write_files: Any) -> None:
        staging.mkdir(parents=True, exist_ok=True)
        write_files(staging)
        files = {
            path.name: {"size_bytes": path.stat().st_size, "sha256": checkpoints._sha256(path)}
            for path in sorted(staging.iterdir())
        }
        target.mkdir()
        manifest = {"schema": "materia.step/2", "step": step, "files": files}
        checkpoints._create(target / "manifest.json", json.dumps(manifest))
        for path in sorted(staging.iterdir()):
            path.rename(target / path.name)
        staging.rmdir()

    checkpoints._write = swapped
