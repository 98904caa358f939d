"""A stage on redacted shards names the jobs before it whose step checkpoints may be taken up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assets.checkpoints.train import branch_specs
from assets.fakes import FakeLake, fake_manifest, fake_workspace
from assets.lineage.manifest import InputRecord, Manifest
from assets.lineage.step import Step

ONE, TWO = (
    Step(family="corpora", name="tombstones", partition="", code_version="1", config={"n": n})
    for n in (1, 2)
)
MIXTURE = Step(
    family="mixtures", name="stage1", partition="p", code_version="1", config={"tokens": 5}
)


def shards(*requests: Step) -> Step:
    ordered = sorted(requests, key=lambda step: step.fingerprint)
    return Step(
        family="tokenizers", name="shards_stage1", partition="p", code_version="2",
        config={"seed": 1}, inputs=(MIXTURE, *ordered),
    )  # fmt: skip


def stage(packed: Step) -> Step:
    return Step(
        family="checkpoints", name="stage1", partition="p", code_version="2",
        config={"steps": 3}, inputs=(packed,),
    )  # fmt: skip


def record(step: Step) -> InputRecord:
    return InputRecord(
        family=step.family, name=step.name, partition=step.partition,
        fingerprint=step.fingerprint, digest="", files_read=(),
    )  # fmt: skip


def manifest(step: Step, folder: Path) -> Manifest:
    folder.mkdir(parents=True, exist_ok=True)
    return replace(fake_manifest(step, folder), inputs=tuple(map(record, step.inputs)))


def job(folder: Path, step: Step) -> str:
    """Make the folder that a job of this step has, and return its spec."""
    path = folder / f"{step.family}.{step.name}.{step.short}" / "spec.json"
    path.parent.mkdir(parents=True)
    path.touch()
    return str(path)


def named(folder: Path, requests: Sequence[Step]) -> tuple[str, ...]:
    packed = shards(*requests)
    held = manifest(packed, folder / "shards")
    ws = fake_workspace(folder, stage(packed), (held,), lake=FakeLake(folder / "lake"))
    ws.job_dir = folder / f"checkpoints.stage1.{stage(packed).short}"
    return branch_specs(ws, held)


def test_without_a_request_there_is_no_job_before(tmp_path: Path) -> None:
    job(tmp_path, stage(shards()))
    assert named(tmp_path, []) == ()


def test_the_job_without_the_request_is_named(tmp_path: Path) -> None:
    before = job(tmp_path, stage(shards()))
    assert named(tmp_path, [ONE]) == (before,)


def test_with_two_requests_every_job_before_is_named(tmp_path: Path) -> None:
    jobs = [job(tmp_path, stage(shards(*each))) for each in ([ONE], [TWO], [])]
    assert set(named(tmp_path, [ONE, TWO])) == set(jobs)


def test_a_job_whose_folder_is_gone_is_not_named(tmp_path: Path) -> None:
    assert named(tmp_path, [ONE]) == ()
