"""The lake's promises, on a folder and on a real S3 server alike."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from assets.fakes import fake_manifest
from assets.lineage.manifest import Attempt, CommitConflict, Manifest, StaleAttempt
from assets.lineage.step import Step
from orchestration.lake import ObjectLake, open_lake
from orchestration.settings import Settings
from orchestration.stores import AlreadyExists

STEP = Step(family="corpora", name="raw", partition="hpo", code_version="1", config={"a": 1})


def write(
    lake: ObjectLake, step: Step = STEP, content: bytes = b"bytes"
) -> tuple[Attempt, Manifest]:
    attempt = lake.begin(step.family, step.name, step.fingerprint)
    (attempt.scratch / "deep").mkdir()
    (attempt.scratch / "deep" / "a.bin").write_bytes(content)
    manifest = fake_manifest(step, attempt.scratch)
    return attempt, replace(manifest, data_dir=f"a{attempt.token}", token=attempt.token)


def test_a_committed_artifact_is_found_and_read_back_byte_for_byte(lake: ObjectLake) -> None:
    attempt, manifest = write(lake)
    lake.commit(attempt, manifest)
    assert lake.find("corpora", "raw", STEP.fingerprint) == manifest
    assert lake.fetch(manifest, manifest.file("deep/a.bin")).read_bytes() == b"bytes"
    assert [m.key for m in lake.manifests()] == ["corpora/raw[hpo]"]
    assert lake.stored_files(manifest) == {"deep/a.bin"}


def test_files_without_a_manifest_do_not_exist(lake: ObjectLake) -> None:
    write(lake)
    assert lake.find("corpora", "raw", STEP.fingerprint) is None
    assert list(lake.manifests()) == []


def test_the_second_commit_is_told_the_winner(lake: ObjectLake) -> None:
    attempt, manifest = write(lake)
    lake.commit(attempt, manifest)
    with pytest.raises(CommitConflict) as refused:
        lake.commit(attempt, replace(manifest, digest="other"))
    assert refused.value.winner_digest == manifest.digest
    assert lake.find("corpora", "raw", STEP.fingerprint) == manifest


def test_an_attempt_is_refused_once_a_later_one_has_begun(lake: ObjectLake) -> None:
    early, manifest = write(lake)
    late, later_manifest = write(lake, content=b"later")
    assert late.token == early.token + 1
    with pytest.raises(StaleAttempt, match="attempt 2 has begun since attempt 1"):
        lake.commit(early, manifest)
    lake.commit(late, later_manifest)


def test_of_many_racing_commits_exactly_one_wins(lake: ObjectLake) -> None:
    attempt, manifest = write(lake)
    outcomes: list[str] = []

    def race(digest: str) -> None:
        try:
            lake.commit(attempt, replace(manifest, digest=digest))
            outcomes.append("won")
        except CommitConflict:
            outcomes.append("lost")

    threads = [threading.Thread(target=race, args=(str(i),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lost"] * 7 + ["won"]


def test_create_is_exclusive_and_keeps_the_first_bytes(lake: ObjectLake) -> None:
    store = lake._store
    store.create("x/y", b"first")
    with pytest.raises(AlreadyExists):
        store.create("x/y", b"second")
    assert store.read("x/y") == b"first"


def test_an_abandoned_attempt_leaves_no_files(lake: ObjectLake) -> None:
    attempt, manifest = write(lake)
    lake.abandon(attempt)
    assert not attempt.scratch.exists()
    assert lake.stored_files(manifest) == set()


def test_measuring_sees_the_stored_bytes_and_not_a_cached_copy(lake: ObjectLake) -> None:
    attempt, manifest = write(lake)
    lake.commit(attempt, manifest)
    entry = manifest.file("deep/a.bin")
    lake.fetch(manifest, entry)
    assert lake.measure(manifest, entry) == (entry.size_bytes, entry.sha256)
    lake._store.delete_tree(f"corpora/raw/{manifest.short}/{manifest.data_dir}")
    assert lake.measure(manifest, entry) is None


@pytest.mark.parametrize("name", ["../up", "A", "", "a b", "x" * 129])
def test_a_name_that_could_leave_the_lake_is_refused(lake: ObjectLake, name: str) -> None:
    with pytest.raises(ValueError, match="must match"):
        lake.begin("corpora", name, "f" * 64)


def test_a_manifest_that_points_outside_is_refused(lake: ObjectLake) -> None:
    attempt, manifest = write(lake)
    lake.commit(attempt, manifest)
    outside = replace(manifest.files[0], path="../../secret")
    with pytest.raises(ValueError, match="leaves its artifact"):
        lake.fetch(manifest, outside)


def test_an_unknown_scheme_is_refused(tmp_path: Path) -> None:
    settings = Settings.from_env({"MATERIA_HOME": str(tmp_path), "MATERIA_LAKE": "ftp://x/y"})
    with pytest.raises(ValueError, match="use a folder or s3://"):
        open_lake(settings)
