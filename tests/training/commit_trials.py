"""One commit of a real snapshot, killed at each of its system calls; run in a warm process.

Before it there are checkpoints of steps 3 and 6; it commits step 9 and removes step 3. Whatever
happened, a new attempt has to find 6 or 9 whole, without a word about damage, and to be able to
commit 9.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
import traced
from durability import problems_of
from training_faults import inject

from training.checkpoints import (
    CheckpointError,
    commit_checkpoint,
    exclusive,
    find_checkpoint,
    keep_only,
)
from training.history import History
from training.snapshots import Snapshot
from training.state import EngineState

_REFUSED = 7
"""The child's exit code for a CheckpointError."""


def main(folder: Path, answer: Path, fault: str, most_trials: int) -> None:
    """Write {"syscalls", "old", "new", "wrong", "unsafe"} to `answer`."""
    if reason := traced.why_not():
        answer.write_text(json.dumps({"skip": reason}))
        return
    if fault:
        inject(fault, folder, 0)
    template = folder / "template"
    for step in (3, 6):
        _commit(template, step)
    whole = _trial(folder / "whole", template)
    wrong = list[str]()
    count = {6: 0, 9: 0}
    stride = max(1, whole.num_syscalls // most_trials) if most_trials else 1
    for number in range(1, whole.num_syscalls + 1, stride):
        root = folder / "trial"
        ended = _trial(root, template, kill_at=number)
        assert ended.exit_code == -9, (number, ended.exit_code)
        found, problem = _look(root)
        count[found] = count.get(found, 0) + 1
        if problem:
            wrong.append(f"killed at system call {number}: {problem}")
        shutil.rmtree(root)
    manifest = str(folder / "whole" / "step-000009" / "manifest.json")
    told = {
        "syscalls": whole.num_syscalls,
        "old": count[6],
        "new": count[9],
        "wrong": wrong,
        "unsafe": problems_of(whole.operations, manifest),
    }
    answer.write_text(json.dumps(told))


def errors(folder: Path, answer: Path, numbers: Sequence[int]) -> None:
    """Let each file operation of a commit fail; write {"operations", "refused", "wrong"}."""
    if reason := traced.why_not():
        answer.write_text(json.dumps({"skip": reason}))
        return
    template = folder / "template"
    for step in (3, 6):
        _commit(template, step)
    operations = _trial(folder / "whole", template, commit_only=True).operations
    wrong, refused = list[str](), 0
    for number, error in itertools.product(range(1, len(operations) + 1), numbers):
        root = folder / "trial"
        ended = _trial(root, template, commit_only=True, fail_at=number, error=error)
        refused += ended.exit_code == _REFUSED
        told = f"{os.strerror(error)} at {operations[number - 1]}: "
        if ended.exit_code not in (0, _REFUSED):
            wrong.append(f"{told}ended with {ended.exit_code}")
        # What could not be written is gone, before any new attempt collects garbage.
        if ended.exit_code == _REFUSED and operations[number - 1].kind != "remove":
            left = {path.name for path in root.iterdir()}
            if not left <= {"step-000003", "step-000006", "step-000009"}:
                wrong.append(f"{told}leftovers {sorted(left)}")
        _, problem = _look(root)
        if problem:
            wrong.append(f"{told}{problem}")
        shutil.rmtree(root)
    answer.write_text(
        json.dumps({"operations": len(operations), "refused": refused, "wrong": wrong})
    )


def _trial(root: Path, template: Path, *, commit_only: bool = False, **fault: int) -> traced.Traced:
    shutil.copytree(template, root)

    def work() -> None:
        try:
            _commit(root, 9)
        except CheckpointError:
            os._exit(_REFUSED)
        if not commit_only:
            keep_only(root, newest=2)

    return traced.run(work, **fault)


def _look(root: Path) -> tuple[int, str]:
    """Resume as a new attempt would; return (step found, what is wrong or nothing)."""
    said: list[str] = []
    with exclusive(root):
        checkpoint = find_checkpoint(root, said.append)
        if checkpoint is None:
            return -1, "no checkpoint is left"
        if said:
            return checkpoint.step, said[0]
        if checkpoint.step == 6:
            _commit(root, 9)
            keep_only(root, newest=2)
        again = find_checkpoint(root, said.append)
        if again is None or again.step != 9 or said:
            return checkpoint.step, f"step 9 could not be committed again: {said}"
        left = {path.name for path in root.iterdir()} - {"lock"}
        if not left <= {"step-000003", "step-000006", "step-000009"}:
            return checkpoint.step, f"leftovers: {sorted(left)}"
    return checkpoint.step, ""


def _commit(root: Path, step: int) -> None:
    snapshot = replace(_SNAPSHOT, step=step, facts={"step": step})
    write: Callable[[Path], None] = snapshot.write
    commit_checkpoint(root, step, write, num_bytes=snapshot.num_bytes)


def _tensors(value: float) -> dict[str, torch.Tensor]:
    return {f"layer.{index}": torch.full((16, 16), value + index) for index in range(4)}


_SNAPSHOT = Snapshot(
    step=0,
    state=EngineState(
        weights=_tensors(1.0), exp_avg=_tensors(2.0), exp_avg_sq=_tensors(3.0), num_updates=5
    ),
    rng=[torch.zeros(5056, dtype=torch.uint8)],
    history=History(),
    facts={},
)
