"""Fetching: from a local archive, over what is there, and every way it can fail."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from assets.corpora.fetching import FetchFailed, fetch, fetchable, fetchable_source
from assets.corpora.places import Places
from assets.corpora.snapshot import SourceUnavailable, resolve
from assets.corpora.sources import SOURCES, source
from tests.archives import make_deb, make_tgz, make_wheel

NOTE = {"usr/share/note.txt": b"a note"}
DEB = replace(
    source("gcide"), name="notes", package="deb:some-notes", files=("usr/share/*.txt",)
)  # fmt: skip
NPM = replace(DEB, package="npm:some-notes", version="1.0")
PYPI = replace(DEB, package="pypi:some-notes", version="1.0")


def _places(tmp_path: Path) -> Places:
    return Places(inbox=tmp_path / "inbox", fetched=tmp_path / "fetched")


def test_a_debian_package_is_unpacked_with_its_version(tmp_path: Path) -> None:
    archive = make_deb(tmp_path, "some-notes", "1:2.0-3", NOTE)
    found = fetch(DEB, tmp_path / "fetched", archive=archive)
    assert (found.version, found.files, found.size_bytes, found.is_new) == ("1:2.0-3", 1, 6, True)
    snapshot = resolve(DEB, _places(tmp_path))
    assert snapshot.version == "1:2.0-3"
    assert [file.path for file in snapshot.files] == ["usr/share/note.txt"]
    assert [path.name for path in (tmp_path / "fetched").iterdir()] == ["notes"]


def test_a_tarball_and_a_wheel_are_unpacked(tmp_path: Path) -> None:
    for entry, archive in (
        (NPM, make_tgz(tmp_path / "a.tgz", NOTE)),
        (PYPI, make_wheel(tmp_path / "a.whl", NOTE)),
    ):
        assert fetch(entry, tmp_path / "fetched", archive=archive).version == "1.0"
        assert len(resolve(entry, _places(tmp_path)).files) == 1


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    first = fetch(NPM, tmp_path, archive=make_tgz(tmp_path / "a.tgz", NOTE))
    second = fetch(NPM, tmp_path)
    assert not second.is_new
    assert second == replace(first, is_new=False)


def test_fetching_again_replaces_the_files(tmp_path: Path) -> None:
    fetch(NPM, tmp_path, archive=make_tgz(tmp_path / "a.tgz", NOTE))
    newer = make_tgz(tmp_path / "b.tgz", {"usr/share/other.txt": b"newer"})
    fetch(NPM, tmp_path, archive=newer)
    assert [p.name for p in (tmp_path / "notes/usr/share").iterdir()] == ["other.txt"]
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_failed_fetch_leaves_what_was_there(tmp_path: Path) -> None:
    fetch(NPM, tmp_path, archive=make_tgz(tmp_path / "a.tgz", NOTE))
    with pytest.raises(FetchFailed, match=r"b\.tgz has no file like usr/share/\*\.txt"):
        fetch(NPM, tmp_path, archive=make_tgz(tmp_path / "b.tgz", {"other": b""}))
    assert (tmp_path / "notes/usr/share/note.txt").read_bytes() == b"a note"


def test_another_package_than_the_catalogues_is_refused(tmp_path: Path) -> None:
    archive = make_deb(tmp_path, "other-notes", "1.0", NOTE)
    with pytest.raises(FetchFailed, match=r"is other-notes 1\.0, not deb:some-notes"):
        fetch(DEB, tmp_path / "fetched", archive=archive)


def test_another_kind_of_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"is no \.deb file: give deb:some-notes"):
        fetch(DEB, tmp_path, archive=make_tgz(tmp_path / "a.tgz", NOTE))


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tgz"
    path.write_bytes(b"no archive")
    with pytest.raises(FetchFailed, match=r"notes: a\.tgz cannot be unpacked"):
        fetch(NPM, tmp_path, archive=path)


@pytest.mark.parametrize(
    ("entry", "remedy"),
    [(DEB, "apt-get is not installed: .*--archive"), (NPM, "npm is not installed: install Node")],
)
def test_a_missing_client_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: object, remedy: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchFailed, match=remedy):
        fetch(entry, tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'no such package' >&2; exit 100", "apt-get failed with exit code 100: no such"),
        ("exit 0", "gave 0 files of type .deb instead of one"),
    ],
)
def test_a_client_that_fails_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    tool = tmp_path / "bin" / "apt-get"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(FetchFailed, match=message):
        fetch(DEB, tmp_path / "fetched")


def test_a_source_that_is_not_fetched_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="not fetched: run `materia fetch notes`"):
        resolve(DEB, _places(tmp_path))


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("{broken", "is damaged: run `materia fetch notes`"),
        (json.dumps({"package": "npm:some-notes", "version": "2.0"}), "2.0 is fetched: run"),
    ],
)
def test_a_wrong_record_names_the_command(tmp_path: Path, record: str, message: str) -> None:
    fetch(NPM, tmp_path / "fetched", archive=make_tgz(tmp_path / "a.tgz", NOTE))
    (tmp_path / "fetched/notes/fetched.json").write_text(record)
    with pytest.raises(SourceUnavailable, match=message):
        resolve(NPM, _places(tmp_path))


def test_a_lost_file_names_the_command(tmp_path: Path) -> None:
    fetch(NPM, tmp_path / "fetched", archive=make_tgz(tmp_path / "a.tgz", NOTE))
    (tmp_path / "fetched/notes/usr/share/note.txt").unlink()
    with pytest.raises(SourceUnavailable, match=r"has no file usr/share/\*\.txt"):
        resolve(NPM, _places(tmp_path))


def test_the_names_that_can_be_fetched_are_told() -> None:
    assert set(fetchable()) == {n for n, entry in SOURCES.items() if entry.origin == "fetched"}
    with pytest.raises(ValueError, match=r"no source 'gcyde' to fetch: choose from .*gcide"):
        fetchable_source("gcyde")
    with pytest.raises(ValueError, match="source hpo needs no fetching, its origin is package"):
        fetchable_source("hpo")


@pytest.mark.network
def test_a_small_real_package_is_fetched(tmp_path: Path) -> None:
    found = fetch(source("fortunes_zh"), tmp_path)
    assert found.files == 3 and found.size_bytes > 1_000_000
