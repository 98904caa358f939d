"""Snapshots: real packages, the standard library, the inbox, and every way they can be missing."""

from __future__ import annotations

import hashlib
import platform
import time
from dataclasses import replace
from pathlib import Path

import pytest

from assets.corpora.snapshot import SourceUnavailable, resolve
from assets.corpora.sources import SOURCES, source

NOWHERE = Path("nowhere")


@pytest.fixture
def fake_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed distribution `materia-fake` 1.0 with one data file and one lost one."""
    (tmp_path / "fake_data").mkdir()
    (tmp_path / "fake_data" / "a.txt").write_text("alpha")
    info = tmp_path / "materia_fake-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: materia-fake\nVersion: 1.0\n")
    (info / "RECORD").write_text("fake_data/a.txt,,\nfake_data/lost.txt,,\n../outside.txt,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


FAKE = replace(source("icd10cm"), name="fake", package="materia-fake", version="1.0")


@pytest.mark.parametrize(
    ("name", "num_files", "num_bytes"),
    [
        ("pubmed_1976_1980", 1, 16_654_749),
        ("pubmed_2020_2021", 1, 40_002_726),
        ("icd10cm", 1, 9_747_661),
        ("hpo", 2, 10_021_952 + 33_669_223),
        ("wikipedia_gensim106", 1, 1_695_871),
        ("hpoa", 2, 10_021_952 + 33_669_223),
        ("mondo", 1, 1_795_918),
        ("chebi", 1, 4_606_754),
        ("open_medicine", 145, 841_761),
        ("radiology_dict", 2, 1_182_377 + 2_432_817),
    ],
)
def test_installed_packages_hold_the_files_of_the_catalogue(
    name: str, num_files: int, num_bytes: int
) -> None:
    snapshot = resolve(source(name), NOWHERE)
    assert len(snapshot.files) == num_files
    assert sum(file.size_bytes for file in snapshot.files) == num_bytes
    assert snapshot.version == source(name).version
    assert all(snapshot.paths[file.path].is_file() for file in snapshot.files)


def test_the_identity_holds_no_path_of_this_machine() -> None:
    snapshot = resolve(source("icd10cm"), NOWHERE)
    local = str(next(iter(snapshot.paths.values())).parent)
    assert local not in repr(snapshot.to_dict())
    assert [file["path"] for file in snapshot.to_dict()["files"]] == [
        "simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml"
    ]


def test_resolving_every_package_takes_little_time() -> None:
    started = time.process_time()
    for entry in SOURCES.values():
        if entry.origin != "fetched":
            resolve(entry, NOWHERE)
    assert time.process_time() - started < 5


def test_files_of_a_package_are_listed_with_their_hashes(fake_package: Path) -> None:
    snapshot = resolve(replace(FAKE, files=("fake_data/*.txt",)), NOWHERE)
    assert [(file.path, file.size_bytes) for file in snapshot.files] == [("fake_data/a.txt", 5)]
    assert snapshot.files[0].sha256 == hashlib.sha256(b"alpha").hexdigest()


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(SourceUnavailable, match=r"pip install --no-deps 'materia-none==1.0'"):
        resolve(replace(FAKE, package="materia-none"), NOWHERE)


def test_another_version_is_refused(fake_package: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"reads materia-fake 2.0, but 1.0 is installed"):
        resolve(replace(FAKE, version="2.0"), NOWHERE)


@pytest.mark.parametrize("pattern", ["fake_data/none.txt", "fake_data/lost.txt", "../outside.txt"])
def test_a_file_that_the_package_lacks_is_named(fake_package: Path, pattern: str) -> None:
    with pytest.raises(SourceUnavailable, match=f"has no file {pattern}"):
        resolve(replace(FAKE, files=(pattern,)), NOWHERE)


def test_the_standard_library_is_capped_the_same_way_every_time() -> None:
    first, second = (resolve(source("python_stdlib"), NOWHERE) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    assert first.version == platform.python_version()
    total = sum(file.size_bytes for file in first.files)
    assert 3_500_000 < total <= 4_000_000
    names = [file.path for file in first.files]
    assert names == sorted(names)
    folders = {part for name in names for part in Path(name).parts[:-1]}
    assert not folders & {"site-packages", "test", "tests", "idlelib", "lib2to3", "__pycache__"}


def test_an_inbox_lists_dropped_files_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    (folder / "more").mkdir(parents=True)
    for name in ("b.jsonl", "more/a.txt", "picture.png", ".half-copied.txt"):
        (folder / name).write_text("x")
    snapshot = resolve(source("inbox"), tmp_path)
    assert [file.path for file in snapshot.files] == ["b.jsonl", "more/a.txt"]
    assert snapshot.version == ""


@pytest.mark.parametrize("name", ["inbox", "inbox_public"])
def test_every_format_is_taken_from_a_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    taken = [
        "a.arrow", "a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.md", "a.parquet", "a.tsv", "a.txt",
        "a.xml",
    ]  # fmt: skip
    for file in (*taken, "a.pdf", "a.zip"):
        (folder / file).write_text("x")
    assert [file.path for file in resolve(source(name), tmp_path).files] == taken


def test_a_new_file_in_the_inbox_changes_the_identity(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.txt").write_text("one")
    before = resolve(source("inbox"), tmp_path).to_dict()
    (folder / "b.txt").write_text("two")
    assert resolve(source("inbox"), tmp_path).to_dict() != before


def test_an_absent_inbox_is_an_empty_snapshot(tmp_path: Path) -> None:
    assert resolve(source("inbox"), tmp_path / "none").files == ()


def test_a_link_in_the_inbox_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("not for the lake")
    (folder / "a.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(SourceUnavailable, match=r"a\.txt is a link or a device"):
        resolve(source("inbox"), tmp_path)


@pytest.mark.parametrize("name", ["two words.txt", "-rf.txt", "new\nline.txt"])
def test_a_file_name_that_is_unsafe_to_pass_on_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / name).write_text("x")
    with pytest.raises(SourceUnavailable, match="must match"):
        resolve(source("inbox"), tmp_path)
