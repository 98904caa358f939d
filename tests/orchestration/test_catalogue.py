"""The catalogue follows its lake: what is committed, taken away or made anew, here and on S3."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from assets.fakes import fake_manifest
from assets.lineage.audit import ArtifactGraph
from assets.lineage.find import find_artifact
from assets.lineage.manifest import InputRecord, Manifest
from assets.lineage.step import Step
from assets.lineage.trace import trace
from orchestration import catalogue
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore


@pytest.fixture
def folder_lake(tmp_path: Path) -> ObjectLake:
    return ObjectLake(FileStore(tmp_path / "lake"), tmp_path / "cache")


def commit(
    lake: ObjectLake,
    node: str,
    *inputs: Manifest,
    partition: str = "p",
    day: int = 1,
    seed: int = 0,
) -> Manifest:
    family, name = node.split("/")
    step = Step(
        family=family, name=name, partition=partition, code_version="1", config={"seed": seed}
    )
    attempt = lake.begin(family, name, step.fingerprint)
    (attempt.scratch / "a.bin").write_bytes(b"bytes")
    manifest = replace(
        fake_manifest(step, attempt.scratch),
        data_dir=f"a{attempt.token}",
        token=attempt.token,
        finished_at=f"2026-01-{day:02d}T00:00:00+00:00",
        inputs=tuple(
            InputRecord(
                family=m.family,
                name=m.name,
                partition=m.partition,
                fingerprint=m.fingerprint,
                digest=m.digest,
                files_read=m.files,
            )
            for m in inputs
        ),
    )
    lake.commit(attempt, manifest)
    return manifest


def test_what_is_committed_is_listed_oldest_first(lake: ObjectLake) -> None:
    assert lake.addresses() == []
    late = commit(lake, "corpora/raw", day=2)
    early = commit(lake, "corpora/raw", day=1, seed=1)
    other = commit(lake, "mixtures/deduped", day=3)
    assert lake.addresses() == [early.address, late.address, other.address]
    assert lake.addresses("corpora", "raw") == [early.address, late.address]
    assert lake.addresses("mixtures") == [other.address]


def test_the_revision_changes_with_every_commit_and_with_nothing_else(lake: ObjectLake) -> None:
    revisions = [lake.revision()]
    for seed in range(3):
        commit(lake, "corpora/raw", seed=seed)
        revisions.append(lake.revision())
        assert lake.revision() == revisions[-1]
    assert len(set(revisions)) == 4
    shutil.rmtree(lake.derived)
    assert lake.revision() not in revisions


def test_an_attempt_is_listed_once_it_is_committed(lake: ObjectLake) -> None:
    step = Step(family="corpora", name="raw", partition="p", code_version="1", config={"seed": 0})
    lake.begin("corpora", "raw", step.fingerprint)
    assert lake.addresses() == []
    manifest = commit(lake, "corpora/raw")
    assert lake.addresses() == [manifest.address]


def test_the_graph_is_walked_both_ways_without_opening_other_artifacts(lake: ObjectLake) -> None:
    raw, alone = commit(lake, "corpora/raw"), commit(lake, "corpora/raw", seed=9)
    documents = commit(lake, "corpora/documents", raw, day=2)
    one = commit(lake, "mixtures/deduped", documents, day=3)
    two = commit(lake, "mixtures/stage1", documents, one, day=4)
    graph = ArtifactGraph.of(lake)
    assert graph.ancestors(two) == [two, documents, one, raw]
    assert graph.descendants(raw) == [raw, documents, one, two]
    assert [(e.input, e.consumer) for e in graph.edges_among([documents, one])] == [
        (documents.fingerprint, one.fingerprint)
    ]
    assert alone.fingerprint not in graph._opened


def test_an_artifact_that_was_removed_is_no_longer_told(
    folder_lake: ObjectLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_SETTLED_NS", 0)
    raw = commit(folder_lake, "corpora/raw")
    documents = commit(folder_lake, "corpora/documents", raw, day=2)
    assert ArtifactGraph.of(folder_lake).descendants(raw) == [raw, documents]
    shutil.rmtree(Path(folder_lake.root, "corpora", "documents", documents.short))
    assert folder_lake.addresses() == [raw.address]
    assert folder_lake.consumers([raw.fingerprint]) == {raw.fingerprint: []}


def test_an_artifact_made_anew_for_another_partition_is_found_under_it(
    folder_lake: ObjectLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_SETTLED_NS", 0)
    before = commit(folder_lake, "releases/release", partition="old")
    assert folder_lake.addresses() == [before.address]
    shutil.rmtree(Path(folder_lake.root, "releases", "release", before.short))
    after = commit(folder_lake, "releases/release", partition="new")
    assert after.fingerprint == before.fingerprint
    assert find_artifact("releases/release[new]", folder_lake) == after
    with pytest.raises(LookupError, match=r"release\[old\] is not in the lake"):
        find_artifact("releases/release[old]", folder_lake)


def test_a_settled_lake_is_not_read_again(
    folder_lake: ObjectLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_SETTLED_NS", 0)
    manifest = commit(folder_lake, "corpora/raw")
    folder_lake.addresses()
    folder_lake.addresses()
    # What is not read cannot be missed: in place, so that no folder changes.
    path = Path(folder_lake.root, "corpora", "raw", manifest.short, "manifest.json")
    path.write_text("{}")
    assert folder_lake.addresses() == [manifest.address]
    with pytest.raises(ValueError, match="not a materia"):
        folder_lake.find("corpora", "raw", manifest.fingerprint)


def test_attempts_that_were_given_up_are_not_read_again(
    folder_lake: ObjectLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_SETTLED_NS", 0)
    step = Step(family="corpora", name="raw", partition="p", code_version="1", config={"seed": 0})
    folder_lake.begin("corpora", "raw", step.fingerprint)
    folder_lake.addresses()
    folder_lake.addresses()
    read: list[str] = []
    whole = FileStore.read
    monkeypatch.setattr(
        FileStore, "read", lambda store, path: read.append(path) or whole(store, path)
    )
    assert folder_lake.addresses() == []
    assert read == []
    manifest = commit(folder_lake, "corpora/raw")
    assert folder_lake.addresses() == [manifest.address]


@pytest.mark.parametrize("content", [b"not a database", b""])
def test_a_damaged_catalogue_is_made_anew(folder_lake: ObjectLake, content: bytes) -> None:
    manifest = commit(folder_lake, "corpora/raw")
    folder_lake.addresses()
    (folder_lake.derived / "catalogue.sqlite").write_bytes(content)
    assert folder_lake.addresses() == [manifest.address]


def test_a_catalogue_of_another_version_is_made_anew(folder_lake: ObjectLake) -> None:
    manifest = commit(folder_lake, "corpora/raw")
    folder_lake.addresses()
    database = sqlite3.connect(folder_lake.derived / "catalogue.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    assert folder_lake.addresses() == [manifest.address]


def test_many_readers_at_once_see_the_same_lake(folder_lake: ObjectLake) -> None:
    made = [commit(folder_lake, "corpora/raw", seed=seed).address for seed in range(20)]
    told: list[int] = []

    def read() -> None:
        lake = ObjectLake(FileStore(Path(folder_lake.root)), folder_lake.derived.parents[1])
        told.append(len(lake.addresses()))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [len(made)] * 8


def test_a_document_is_traced_by_pieces_of_its_tables(
    lake: ObjectLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Step(family="corpora", name="documents", partition="p", code_version="1", config={})
    attempt = lake.begin("corpora", "documents", step.fingerprint)
    rows = {"doc_id": [f"{n:032x}" for n in range(500)], "text": ["t" * 100] * 500}
    frame = pl.DataFrame(rows).with_columns(pl.col("doc_id").alias("text_hash"))
    frame.write_parquet(attempt.scratch / "documents.parquet", row_group_size=100)
    manifest = replace(
        fake_manifest(step, attempt.scratch), data_dir=f"a{attempt.token}", token=attempt.token
    )
    lake.commit(attempt, manifest)

    def refused(*given: object) -> None:
        raise AssertionError("a whole file was fetched")

    monkeypatch.setattr(ObjectLake, "fetch", refused)
    assert trace(lake, doc_id=f"{321:032x}").status == "kept"
    assert trace(lake, text_hashes=(f"{499:032x}",)).doc_ids == [f"{499:032x}"]
    assert trace(lake, doc_id="f" * 32).status == "unknown"
