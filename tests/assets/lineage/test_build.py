"""Building: reuse, reads as they happened, and nothing committed when anything is wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.compute import InlineCompute
from assets.fakes import FakeLake, FakeTracker, RecordingJobRunner, commit_folder
from assets.lineage.build import Built, MissingInput, build
from assets.lineage.manifest import Cost, Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.lineage.usage import USAGE_DIR, USAGE_SCHEMA, Usage
from assets.lineage.workspace import LineageError, Outcome, Workspace
from assets.ports import JobRequest

PROVENANCE = Provenance(
    git_commit="abc", git_dirty=False, packages={}, host="h", dagster_run_id="run"
)


def step_over(*inputs: Step, **config: object) -> Step:
    return Step(
        family="mixtures", name="deduped", partition="tiny", code_version="1", config=config,
        inputs=inputs,
    )  # fmt: skip


def step_of(manifest: Manifest) -> Step:
    return Step(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        code_version=manifest.code_version,
        config=manifest.config,
    )


def run(lake: FakeLake, step: Step, work: Callable[[Workspace], Outcome], tmp: Path) -> Built:
    return build(
        step,
        work,
        lake=lake,
        tracker=FakeTracker(),
        provenance=PROVENANCE,
        job_root=tmp / "jobs",
        compute=InlineCompute(),
        run_job=lambda run_log: RecordingJobRunner(),
        progress=lambda message: None,
    )


def write_one(ws: Workspace) -> Outcome:
    ws.out("out.txt").write_text("made")
    return Outcome(counts={"documents": 1})


def test_the_same_step_is_made_once_and_then_reused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path)
    calls: list[str] = []

    def work(ws: Workspace) -> Outcome:
        calls.append(ws.step.key)
        return write_one(ws)

    first, second = (run(lake, step_over(), work, tmp_path) for _ in range(2))
    assert calls == ["mixtures/deduped[tiny]"]
    assert (first.reused, second.reused) == (False, True)
    assert first.manifest == second.manifest


def test_a_manifest_says_what_was_measured_and_its_identity_does_not_depend_on_it(
    tmp_path: Path,
) -> None:
    def busy(ws: Workspace) -> Outcome:
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
        return write_one(ws)

    slow = run(FakeLake(tmp_path / "a"), step_over(), busy, tmp_path / "a").manifest
    quick = run(FakeLake(tmp_path / "b"), step_over(), write_one, tmp_path / "b").manifest
    assert slow.usage.cpu_s is not None
    assert slow.usage.cpu_s >= 0.2
    assert (slow.usage.ranks, slow.usage.device_s) == (0, 0.0)
    assert (slow.fingerprint, slow.digest) == (quick.fingerprint, quick.digest)
    assert Manifest.from_json(slow.to_json()) == slow


def test_a_manifest_from_before_usage_was_measured_says_that_it_is_not_known(
    tmp_path: Path,
) -> None:
    record = json.loads(
        run(FakeLake(tmp_path), step_over(), write_one, tmp_path).manifest.to_json()
    )
    for name in ("usage", "machine", "code_digest"):
        del record[name]
    old = Manifest.from_json(json.dumps(record))
    assert (old.usage, old.machine, old.code_digest) == (Usage(), "", "")


@pytest.mark.parametrize("measured", [True, False])
def test_a_job_is_in_the_usage_if_its_launcher_has_measured_it(
    tmp_path: Path, measured: bool
) -> None:
    def train(ws: Workspace) -> Outcome:
        ws.run_job(JobRequest(name="job", module="x", spec_path=ws.out("s"), work_dir=ws.job_dir))
        if measured:
            folder = ws.job_dir / USAGE_DIR
            folder.mkdir(parents=True)
            record = {
                "schema": USAGE_SCHEMA, "attempt": "a", "host": "n", "ranks": 2, "device": "cpu",
                "started_at": "", "seconds": 3.0, "cpu_s": 5.0, "energy_j": {},
            }  # fmt: skip
            (folder / "a.json").write_text(json.dumps(record))
        return write_one(ws)

    usage = run(FakeLake(tmp_path), step_over(), train, tmp_path).manifest.usage
    assert usage.device_s == (6.0 if measured else None)
    assert (usage.cpu_s or 0) >= (5.0 if measured else 0)
    assert (usage.cpu_s is None) is not measured
    (counted,) = [*tmp_path.glob("jobs/*/usage-counted-*")] if measured else [None]
    assert (counted is not None) is measured


def test_another_partition_with_the_same_identity_shares_the_artifact(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path)
    run(lake, step_over(), write_one, tmp_path)
    other = Step(
        family="mixtures", name="deduped", partition="tiny-no_conv", code_version="1", config={}
    )
    assert run(lake, other, write_one, tmp_path).reused


def test_the_record_says_what_was_read_with_its_hash(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path)
    parent = commit_folder(lake, "corpora/documents", {"a.txt": b"a", "unread.txt": b"b"})

    def work(ws: Workspace) -> Outcome:
        ws.input("corpora/documents").path("a.txt").read_bytes()
        return write_one(ws)

    (record,) = run(lake, step_over(step_of(parent)), work, tmp_path).manifest.inputs
    assert [entry.path for entry in record.files_read] == ["a.txt"]
    assert record.digest == parent.digest


def test_an_input_that_was_declared_but_not_read_is_an_error(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path)
    parent = commit_folder(lake, "corpora/documents", {"a.txt": b"a"})
    with pytest.raises(LineageError, match="declared as an input but was not read"):
        run(lake, step_over(step_of(parent)), write_one, tmp_path)
    assert lake.find("mixtures", "deduped", step_over(step_of(parent)).fingerprint) is None


def test_reading_what_was_not_declared_is_an_error(tmp_path: Path) -> None:
    def work(ws: Workspace) -> Outcome:
        ws.input("corpora/raw")
        return write_one(ws)

    with pytest.raises(LineageError, match="read corpora/raw, but declares"):
        run(FakeLake(tmp_path), step_over(), work, tmp_path)


def test_an_input_whose_bytes_changed_is_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path)
    parent = commit_folder(lake, "corpora/documents", {"a.txt": b"a"})
    lake.fetch(parent, parent.file("a.txt")).write_bytes(b"b")

    def work(ws: Workspace) -> Outcome:
        ws.input("corpora/documents").path("a.txt")
        return write_one(ws)

    with pytest.raises(LineageError, match="differs from its manifest"):
        run(lake, step_over(step_of(parent)), work, tmp_path)


def test_a_missing_input_names_the_command_that_makes_it(tmp_path: Path) -> None:
    parent = Step(family="corpora", name="raw", partition="hpo", code_version="1", config={})
    with pytest.raises(MissingInput, match=r"materia materialize 'corpora/raw\[hpo\]'"):
        run(FakeLake(tmp_path), step_over(parent), write_one, tmp_path)


def test_work_that_raises_commits_nothing_and_fails_its_run(tmp_path: Path) -> None:
    lake, tracker = FakeLake(tmp_path), FakeTracker()

    def work(ws: Workspace) -> Outcome:
        ws.out("half.txt").write_text("half")
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError, match="disk on fire"):
        build(
            step_over(),
            work,
            lake=lake,
            tracker=tracker,
            provenance=PROVENANCE,
            job_root=tmp_path,
            compute=InlineCompute(),
            run_job=lambda run_log: RecordingJobRunner(),
            progress=lambda message: None,
        )
    assert not lake.committed
    assert tracker.runs[0].outcome == "failed: RuntimeError: disk on fire"


def test_inherited_cost_counts_each_ancestor_once(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path)

    def make(tokens: int, *parents: Step) -> Step:
        step = step_over(*parents, tokens=tokens)

        def work(ws: Workspace) -> Outcome:
            for given in ws.all_inputs():
                given.directory()
            ws.out("out.txt").write_text(str(tokens))
            return Outcome(counts={}, cost=Cost(tokens=tokens))

        run(lake, step, work, tmp_path)
        return step

    top = make(1)
    left, right = make(10, top), make(100, top)
    bottom = make(1000, left, right)
    manifest = lake.find("mixtures", "deduped", bottom.fingerprint)
    assert manifest is not None
    assert manifest.inherited_cost.tokens == 111
    assert manifest.cost.tokens == 1000
