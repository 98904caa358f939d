"""Verification names exactly what was touched: a byte, a file, a record, a view."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assets.compute import InlineCompute
from assets.fakes import FakeTracker, RecordingJobRunner
from assets.lineage.build import build
from assets.lineage.find import find_artifact, parse_reference
from assets.lineage.manifest import Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, Workspace
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore
from orchestration.verify import Verification, verify

PROVENANCE = Provenance(
    git_commit="abc", git_dirty=False, packages={}, host="h", dagster_run_id="run"
)
RAW = Step(
    family="corpora",
    name="raw",
    partition="hpo",
    code_version="1",
    config={"source": {"name": "hpo"}, "snapshot": {"files": []}},
)
DOCUMENTS = Step(
    family="corpora", name="documents", partition="hpo", code_version="1", config={}, inputs=(RAW,)
)


def work(ws: Workspace) -> Outcome:
    for given in ws.all_inputs():
        given.directory()
    ws.out("a.txt").write_text(ws.step.name)
    ws.out("b.txt").write_text("b")
    return Outcome(counts={"files": 2})


@pytest.fixture
def lake(tmp_path: Path) -> ObjectLake:
    lake = ObjectLake(FileStore(tmp_path / "lake"), tmp_path / "cache")
    for step in (RAW, DOCUMENTS):
        build(
            step,
            work,
            lake=lake,
            tracker=FakeTracker(),
            provenance=PROVENANCE,
            job_root=tmp_path / "jobs",
            compute=InlineCompute(),
            run_job=lambda run_log: RecordingJobRunner(),
            progress=lambda message: None,
        )
    return lake


def folder_of(lake: ObjectLake, step: Step) -> Path:
    return Path(lake.root) / step.family / step.name / step.short


def problems(lake: ObjectLake) -> list[str]:
    return verify(lake, list(lake.manifests()), [])


def edit_manifest(
    lake: ObjectLake, step: Step, change: Callable[[dict[str, object]], None]
) -> None:
    path = folder_of(lake, step) / "manifest.json"
    record = json.loads(path.read_text())
    change(record)
    path.unlink()
    path.write_text(json.dumps(record))


def test_an_untouched_lake_has_no_problems(lake: ObjectLake) -> None:
    assert problems(lake) == []


def test_a_flipped_byte_is_named(lake: ObjectLake) -> None:
    path = folder_of(lake, RAW) / "a1" / "a.txt"
    path.chmod(0o644)
    path.write_text("raX")
    (problem,) = problems(lake)
    assert problem.startswith(f"corpora/raw[hpo]@{RAW.short}: a.txt has changed")


def test_a_missing_file_is_named(lake: ObjectLake) -> None:
    (folder_of(lake, DOCUMENTS) / "a1" / "b.txt").unlink()
    (problem,) = problems(lake)
    assert problem == f"corpora/documents[hpo]@{DOCUMENTS.short}: b.txt is missing"


def test_an_added_file_is_named(lake: ObjectLake) -> None:
    (folder_of(lake, RAW) / "a1" / "planted.txt").write_text("x")
    (problem,) = problems(lake)
    assert "planted.txt is not in the manifest" in problem


def test_two_files_swapped_are_both_named(lake: ObjectLake) -> None:
    folder = folder_of(lake, RAW) / "a1"
    first, second = folder / "a.txt", folder / "b.txt"
    first.rename(folder / "c")
    second.rename(first)
    (folder / "c").rename(second)
    assert sorted(p.split(": ")[1].split(" ")[0] for p in problems(lake)) == ["a.txt", "b.txt"]


def test_an_edited_config_no_longer_gives_its_fingerprint(lake: ObjectLake) -> None:
    def change(record: dict[str, object]) -> None:
        record["config"] = {"source": {"name": "hpo"}, "snapshot": {"files": ["more"]}}

    edit_manifest(lake, RAW, change)
    assert any("so one of them was edited" in problem for problem in problems(lake))


def test_an_edited_digest_breaks_the_artifact_and_its_consumer(lake: ObjectLake) -> None:
    def change(record: dict[str, object]) -> None:
        record["digest"] = "0" * 64

    edit_manifest(lake, RAW, change)
    found = problems(lake)
    assert any("the digest is not that of the listed files" in problem for problem in found)
    assert any(
        problem.startswith("corpora/documents") and "read corpora/raw[hpo]" in problem
        for problem in found
    )


def test_a_vanished_input_is_named_by_its_consumer(lake: ObjectLake) -> None:
    (folder_of(lake, RAW) / "manifest.json").unlink()
    (problem,) = problems(lake)
    assert "its input corpora/raw[hpo] is not in the lake" in problem


def test_what_another_system_says_is_reported_too(lake: ObjectLake) -> None:
    def view(manifest: Manifest) -> list[str]:
        return [f"{manifest.key}: MLflow disagrees"] if manifest.name == "raw" else []

    assert verify(lake, list(lake.manifests()), [view]) == ["corpora/raw[hpo]: MLflow disagrees"]


@pytest.mark.parametrize(
    "text", ["release", "releases/nothing[tiny]", "releases/release[Tiny]", ""]
)
def test_a_reference_that_names_no_artifact_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write for example"):
        parse_reference(text)


def test_an_artifact_is_found_by_name_and_by_fingerprint(lake: ObjectLake) -> None:
    assert find_artifact("corpora/raw[hpo]", lake).fingerprint == RAW.fingerprint
    by_print = find_artifact(f"corpora/documents@{DOCUMENTS.short[:6]}", lake)
    assert by_print.fingerprint == DOCUMENTS.fingerprint


def test_an_artifact_that_was_never_made_says_so(lake: ObjectLake) -> None:
    with pytest.raises(LookupError, match="materialize it first"):
        find_artifact("releases/release[tiny]", lake)


def test_files_are_measured_in_their_order_however_many_threads(lake: ObjectLake) -> None:
    folder = folder_of(lake, DOCUMENTS) / "a1"
    for name in ("a.txt", "b.txt"):
        (folder / name).chmod(0o644)
    (folder / "a.txt").write_text("changed")
    (folder / "b.txt").unlink()
    told = [
        Verification(lake, threads).problems(list(lake.manifests()), []) for threads in (1, 2, 16)
    ]
    assert told[0] == told[1] == told[2]
    assert ["a.txt has changed" in told[0][0], "b.txt is missing" in told[0][1]] == [True, True]


def test_the_speed_counts_every_byte_and_names_the_limit(lake: ObjectLake) -> None:
    verification = Verification(lake, threads=2)
    manifests = list(lake.manifests())
    assert verification.problems(manifests, []) == []
    speed = verification.speed
    assert speed.num_bytes == sum(entry.size_bytes for m in manifests for entry in m.files)
    assert speed.bytes_per_s > 0 and speed.read_s > 0 and speed.hash_s > 0
    assert speed.to_dict()["limit"] == ("disk" if speed.read_s > speed.hash_s else "hash")
    slow_disk = replace(speed, read_s=2.0, hash_s=1.0)
    assert (slow_disk.limit, replace(slow_disk, hash_s=3.0).limit) == ("disk", "hash")


def test_nothing_to_verify_takes_no_time(lake: ObjectLake) -> None:
    verification = Verification(lake)
    assert verification.problems([], []) == []
    assert replace(verification.speed, wall_s=0.0).bytes_per_s == 0.0
