"""Go on from a step checkpoint of another job whose steps until then read the same bytes.

Where documents were taken out of packed samples, every other sample and the order are
as they were; so until the first step that reads a changed sample both jobs compute the same, and
what the other has saved by then is what this one would have. Proved here on the samples themselves.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from training.checkpoints import ResumeError, StepCheckpoint, commit_checkpoint, open_checkpoint
from training.data import data_fingerprint
from training.drift import program_facts
from training.progress import Say
from training.shards import SampleOrder, Shards
from training.spec import TrainIdentity, TrainSpec

_STATE = "state.json"
_BATCH_SAMPLES = 256
"""Samples compared at a time (our choice)."""


class NoBranch(ValueError):
    """Why nothing of another job can be used; this one starts as if there were none."""


def take_branch(spec: TrainSpec, say: Say) -> int:
    """Copy the best step checkpoint of the jobs that the spec names, and return its step.

    0 when this job has checkpoints of its own, or no other can be used, which is said with the
    reason and is no error: training from the start gives the same weights.
    """
    root = Path(spec.execution.resume_dir)
    if any(root.glob("step-*/manifest.json")):
        return 0
    best: tuple[StepCheckpoint, TrainSpec] | None = None
    for path in map(Path, spec.execution.branch_specs):
        try:
            other = TrainSpec.read(path)
            found = _usable(spec, other, say)
        except (NoBranch, ResumeError, OSError) as error:
            say(f"not going on from {path.parent.name}: {error}")
            continue
        if best is None or found.step > best[0].step:
            best = found, other
    if best is None:
        return 0
    checkpoint, other = best
    _copy(checkpoint, spec, other)
    say(
        f"goes on from step {checkpoint.step} of {Path(other.execution.resume_dir).parent.name}: "
        "all steps before have read the same samples"
    )
    return checkpoint.step


def first_different_step(spec: TrainSpec, other: TrainSpec) -> int:
    """Return the first step whose batch differs in the shards of two jobs; the number of steps
    when none does. Raises NoBranch when the two do not compute alike at all."""
    if spec.identity != other.identity:
        raise NoBranch("it asks for another training")
    one, two = (Shards(Path(each.execution.shards_dir)) for each in (spec, other))
    geometry = ("context_tokens", "vocab_size", "pad_id", "dtype", "num_samples", "has_loss_mask")
    for name in geometry:
        if getattr(one.info, name) != getattr(two.info, name):
            raise NoBranch(f"its shards have another {name}")
    return _first_step(_different_samples(one, two), one.info.num_samples, spec.identity)


def _usable(spec: TrainSpec, other: TrainSpec, say: Say) -> StepCheckpoint:
    """Return the newest checkpoint before the first difference; raises NoBranch."""
    if spec.identity.spikes.action == "rollback":
        raise NoBranch("a rollback may go back to anchors that lie before the branch")
    root = Path(other.execution.resume_dir)
    folders = sorted(path.parent.name for path in root.glob("step-*/manifest.json"))
    steps = [int(name.removeprefix("step-")) for name in folders]
    if not steps:
        raise NoBranch("it keeps no step checkpoint")
    first = first_different_step(spec, other)
    problem = f"its oldest checkpoint is of step {min(steps)}, and step {first} reads what differs"
    for step in sorted((s for s in steps if s <= first), reverse=True):
        try:
            return _checked(open_checkpoint(root, step), spec)
        except ResumeError as error:
            problem = str(error)
            say(f"checkpoint not usable, trying the one before: {error}")
    raise NoBranch(problem)


def _checked(checkpoint: StepCheckpoint, spec: TrainSpec) -> StepCheckpoint:
    state = checkpoint.state()
    asked = {"identity": spec.to_dict()["identity"], "program": program_facts()}
    for name, value in asked.items():
        # As JSON gives it back: a tuple is a list there.
        if state.get(name) != json.loads(json.dumps(value)):
            raise NoBranch(f"its checkpoint of step {checkpoint.step} has another {name}")
    return checkpoint


def _copy(checkpoint: StepCheckpoint, spec: TrainSpec, other: TrainSpec) -> None:
    """Commit the checkpoint as one of this job, with the other shards told as accepted drift."""
    state = checkpoint.state()
    data = data_fingerprint(Path(spec.execution.shards_dir))
    change = {"step": checkpoint.step, "field": "data", "checkpoint": state["data"], "spec": data}
    # Shards may differ in bytes and not in sizes; what was changed is told all the same.
    state = {**state, "data": data, "accepted_drift": [*state["accepted_drift"], change]}

    def write(folder: Path) -> None:
        for path in checkpoint.folder.iterdir():
            if path.name not in ("manifest.json", _STATE):
                shutil.copyfile(path, folder / path.name)
        text = json.dumps(state, indent=1, sort_keys=True, allow_nan=False)
        (folder / _STATE).write_text(text + "\n")

    size = sum(path.stat().st_size for path in checkpoint.folder.iterdir())
    head = Path(other.execution.journal_path).read_bytes()[: state["journal_bytes"]]
    if len(head) < state["journal_bytes"]:
        raise NoBranch("its journal is shorter than its checkpoint says")
    journal = Path(spec.execution.journal_path)
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_bytes(head)
    commit_checkpoint(Path(spec.execution.resume_dir), checkpoint.step, write, num_bytes=size)


def _different_samples(one: Shards, two: Shards) -> list[int]:
    found: list[int] = []
    for first in range(0, one.info.num_samples, _BATCH_SAMPLES):
        indices = list(range(first, min(first + _BATCH_SAMPLES, one.info.num_samples)))
        left, right = one.batch(indices), two.batch(indices)
        differs = np.zeros(len(indices), dtype=bool)
        for name in ("tokens_BC", "segment_BC", "loss_mask_BC"):
            differs |= (getattr(left, name) != getattr(right, name)).any(axis=1)
        found += [indices[row] for row in np.flatnonzero(differs)]
    return found


def _first_step(samples: list[int], num_samples: int, identity: TrainIdentity) -> int:
    order = SampleOrder(num_samples, identity.data_seed)
    reading = {"batch_samples": identity.batch_samples, "steps": identity.steps}
    steps = [order.steps_of(sample, **reading) for sample in samples]
    return min((found[0] for found in steps if found), default=identity.steps)
