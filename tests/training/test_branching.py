"""A job on redacted shards goes on from a checkpoint of the job before, and ends the same."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_jobs import Ended, Job, make_spec, write_shards

from training.branching import NoBranch, first_different_step, take_branch
from training.shards import SampleOrder
from training.spec import SpikeSpec, TrainSpec

FIRST = 4
"""First step that reads what is taken out."""


def late_sample(step: int) -> int:
    """Return a sample that is first read at a step of make_spec's order."""
    order = SampleOrder(20, 3)
    return next(s for s in range(20) if order.steps_of(s, batch_samples=4, steps=12)[0] == step)


def redact(shards: Path, out: Path, sample: int) -> Path:
    """Copy shards and take the first document out of one sample, as tokenizers/redact.py does."""
    shutil.copytree(shards, out)
    path = out / "tokens" / "00000.bin"
    tokens = np.fromfile(path, "<u2").reshape(20, 32)
    segments = np.fromfile(out / "segments" / "00000.bin", "<u4").reshape(-1, 2)
    start = int(segments[segments[:, 0] == sample][1, 1])
    row = tokens[sample]
    moved = np.concatenate([row[start:], np.zeros(start, row.dtype)])
    tokens[sample] = moved
    tokens.tofile(path)
    left = segments[~((segments[:, 0] == sample) & (segments[:, 1] == start))]
    left.tofile(out / "segments" / "00000.bin")
    info = json.loads((out / "shards.json").read_text())
    info["num_tokens"] = int((tokens > 0).sum())
    (out / "shards.json").write_text(json.dumps(info))
    return out


def ran(spec: TrainSpec) -> Ended:
    folder = Path(spec.execution.journal_path).parent
    folder.mkdir(parents=True, exist_ok=True)
    spec.write(folder / "spec.json")
    ended = Job(spec).wait()
    assert ended.exit_codes == [0], ended.log
    return ended


def result(spec: TrainSpec) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(spec.execution.output_dir, "result.json").read_text())
    return found


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> TrainSpec:
    """A whole job whose checkpoints of every third step are kept."""
    folder = tmp_path_factory.mktemp("before")
    spec = make_spec(folder / "job", write_shards(folder / "shards"), keep_every_steps=3)
    ran(spec)
    return spec


def branch_of(before: TrainSpec, folder: Path, **changes: Any) -> TrainSpec:
    shards = Path(before.execution.shards_dir)
    redacted = redact(shards, folder / "redacted", late_sample(FIRST))
    named = str(Path(before.execution.journal_path).with_name("spec.json"))
    return make_spec(folder / "branch", redacted, branch_specs=(named,), **changes)


def test_a_branch_ends_with_the_weights_of_a_training_from_the_start(
    before: TrainSpec, tmp_path: Path
) -> None:
    branch = branch_of(before, tmp_path)
    told = ran(branch).log
    assert "goes on from step 3 of job" in told
    assert "resumed at step 3 of 12" in told
    whole = make_spec(tmp_path / "whole", Path(branch.execution.shards_dir))
    assert "resumed" not in ran(whole).log
    weights = [Path(s.execution.output_dir, "model.safetensors") for s in (before, branch, whole)]
    first, second, third = (path.read_bytes() for path in weights)
    assert second == third
    assert first != second
    one, other = result(branch), result(whole)
    assert one["tokens"] == other["tokens"] and one["final_loss"] == other["final_loss"]
    (drift,) = one["accepted_drift"]
    assert (drift["field"], drift["step"]) == ("data", 3)


def test_the_first_step_that_differs_is_the_one_that_reads_the_document(
    before: TrainSpec, tmp_path: Path
) -> None:
    assert first_different_step(branch_of(before, tmp_path), before) == FIRST
    assert first_different_step(before, before) == before.identity.steps


def test_a_job_with_checkpoints_of_its_own_takes_none(before: TrainSpec, tmp_path: Path) -> None:
    branch = branch_of(before, tmp_path)
    shutil.copytree(before.execution.resume_dir, branch.execution.resume_dir)
    assert take_branch(branch, lambda message: None) == 0


def refused(spec: TrainSpec) -> str:
    said: list[str] = []
    assert take_branch(spec, said.append) == 0
    assert not list(Path(spec.execution.resume_dir).glob("step-*"))
    return "\n".join(said)


def test_another_training_is_no_branch(before: TrainSpec, tmp_path: Path) -> None:
    assert "another training" in refused(branch_of(before, tmp_path, init_seed=8))


def test_checkpoints_after_the_first_reading_are_no_branch(
    before: TrainSpec, tmp_path: Path
) -> None:
    shards = Path(before.execution.shards_dir)
    early = redact(shards, tmp_path / "early", late_sample(0))
    branch = branch_of(before, tmp_path)
    spec = replace(branch, execution=replace(branch.execution, shards_dir=str(early)))
    assert "its oldest checkpoint is of step 3, and step 0 reads what differs" in refused(spec)


def test_a_damaged_checkpoint_is_no_branch(before: TrainSpec, tmp_path: Path) -> None:
    branch = branch_of(before, tmp_path)
    copied = tmp_path / "copied"
    shutil.copytree(Path(before.execution.journal_path).parent, copied)
    (copied / "resume" / "step-000003" / "weights.safetensors").write_bytes(b"")
    other = replace(before.execution, resume_dir=str(copied / "resume"))
    replace(before, execution=other).write(copied / "spec.json")
    named = replace(branch.execution, branch_specs=(str(copied / "spec.json"),))
    assert "differs from its manifest" in refused(replace(branch, execution=named))


def test_a_program_that_has_changed_is_no_branch(before: TrainSpec, tmp_path: Path) -> None:
    branch = branch_of(before, tmp_path)
    copied = tmp_path / "copied"
    shutil.copytree(Path(before.execution.journal_path).parent, copied)
    folder = copied / "resume" / "step-000003"
    state = json.loads((folder / "state.json").read_text())
    state["program"]["torch"] = "0.1"
    (folder / "state.json").write_text(json.dumps(state))
    manifest = json.loads((folder / "manifest.json").read_text())
    content = (folder / "state.json").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    manifest["files"]["state.json"] = {"size_bytes": len(content), "sha256": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    other = replace(before.execution, resume_dir=str(copied / "resume"))
    replace(before, execution=other).write(copied / "spec.json")
    named = replace(branch.execution, branch_specs=(str(copied / "spec.json"),))
    assert "has another program" in refused(replace(branch, execution=named))


def test_shards_of_another_geometry_and_rollbacks_are_no_branch(
    before: TrainSpec, tmp_path: Path
) -> None:
    fewer = write_shards(tmp_path / "fewer", num_samples=12)
    spec = replace(before, execution=replace(before.execution, shards_dir=str(fewer)))
    with pytest.raises(NoBranch, match="its shards have another num_samples"):
        first_different_step(spec, before)
    spikes = SpikeSpec(action="rollback", factor=3.0, anchor_every_steps=3)
    assert "rollback" in refused(branch_of(before, tmp_path, spikes=spikes))


def test_a_job_that_keeps_no_checkpoint_is_no_branch(before: TrainSpec, tmp_path: Path) -> None:
    branch = branch_of(before, tmp_path)
    empty = replace(before.execution, resume_dir=str(tmp_path / "none"))
    replace(before, execution=empty).write(tmp_path / "spec.json")
    named = replace(branch.execution, branch_specs=(str(tmp_path / "spec.json"),))
    assert "it keeps no step checkpoint" in refused(replace(branch, execution=named))
