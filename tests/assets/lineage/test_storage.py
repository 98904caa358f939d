"""Shared folders: whole writes, checked reads, on a disk and on a real S3 server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.lineage import private, storage
from assets.lineage.manifest import FileEntry
from assets.lineage.storage import SCRATCH_MARK, Folder, StorageError, StoredFile
from tests.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)


@pytest.fixture(params=["disk", "s3"])
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Folder:
    monkeypatch.setattr(private.tempfile, "tempdir", str(tmp_path))
    if request.param == "disk":
        return Folder(uri=str(tmp_path / "shared"))
    address = request.getfixturevalue("endpoint")
    return Folder(uri=f"s3://{BUCKET}/{tmp_path.name}", endpoint=address)


def test_what_is_written_is_read_back_and_checked(folder: Folder) -> None:
    stored = folder.write("part/00000.txt", lambda path: path.write_text("tokens"))
    assert stored.entry.size_bytes == 6
    assert stored.local().read_text() == "tokens"
    assert stored.local().suffix == ".txt"


def test_a_second_writing_replaces_the_first(folder: Folder) -> None:
    folder.write("a.txt", lambda path: path.write_text("first"))
    assert folder.write("a.txt", lambda path: path.write_text("again")).local().read_text() == (
        "again"
    )


def test_a_writer_that_fails_publishes_nothing(folder: Folder) -> None:
    def fail(path: Path) -> None:
        path.write_text("half of it")
        raise RuntimeError("no more")

    good = folder.write("other.txt", lambda path: path.write_text("x"))
    with pytest.raises(RuntimeError, match="no more"):
        folder.write("a.txt", fail)
    entry = FileEntry(path="a.txt", size_bytes=10, sha256="0" * 64)
    with pytest.raises(StorageError, match="is missing"):
        StoredFile(folder=folder, entry=entry).local()
    assert good.local().read_text() == "x"


def test_changed_bytes_are_refused(folder: Folder) -> None:
    stored = folder.write("a.txt", lambda path: path.write_text("tokens"))
    folder.write("a.txt", lambda path: path.write_text("tokenS"))
    with pytest.raises(StorageError, match="differs from what its writer recorded"):
        stored.local()


def test_a_cleared_folder_is_named(folder: Folder) -> None:
    stored = folder.write("a.txt", lambda path: path.write_text("tokens"))
    folder.delete()
    folder.delete()
    with pytest.raises(StorageError, match="is missing"):
        stored.local()


def test_the_cache_of_remote_files_is_bounded(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(storage, "CACHE_BYTES", 1500)
    monkeypatch.setattr(storage, "_CACHE_GRACE_S", 0.0)
    folder = Folder(uri=f"s3://{BUCKET}/cache", endpoint=endpoint)
    paths = [
        folder.write(
            f"{name}.bin", lambda path, n=name: path.write_bytes(n.encode() * 1000)
        ).local()
        for name in "abc"
    ]
    assert [path.exists() for path in paths] == [False, False, True]


def test_a_file_that_another_worker_takes_from_the_cache_meanwhile_is_passed_over(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private.tempfile, "tempdir", str(tmp_path))
    cache = tmp_path / f"materia-cache-{os.getuid()}"
    cache.mkdir(mode=0o700)
    # Listed, and gone when it is asked for its size.
    (cache / "gone.bin").symlink_to(tmp_path / "nowhere")
    folder = Folder(uri=f"s3://{BUCKET}/vanishing", endpoint=endpoint)
    stored = folder.write("a.bin", lambda path: path.write_bytes(b"a"))
    assert stored.local().read_bytes() == b"a"


@pytest.mark.parametrize("planted", ["open", "link"])
def test_a_cache_that_others_can_write_is_refused(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    monkeypatch.setattr(private.tempfile, "tempdir", str(tmp_path))
    cache = tmp_path / f"materia-cache-{os.getuid()}"
    if planted == "open":
        cache.mkdir()
        cache.chmod(0o777)
    else:
        (tmp_path / "theirs").mkdir(mode=0o700)
        cache.symlink_to(tmp_path / "theirs")
    folder = Folder(uri=f"s3://{BUCKET}/private", endpoint=endpoint)
    stored = folder.write("a.bin", lambda path: path.write_bytes(b"a"))
    with pytest.raises(StorageError, match="can be written by others"):
        stored.local()


def test_scratch_files_have_a_hash_of_their_own_kind_and_are_checked_by_it(tmp_path: Path) -> None:
    scratch = Folder(uri=str(tmp_path), is_scratch=True).child("below")
    stored = scratch.write("one", lambda path: path.write_bytes(b"bytes"))
    assert stored.entry.sha256.startswith(SCRATCH_MARK)
    assert stored.local().read_bytes() == b"bytes"
    Path(stored.uri).write_bytes(b"other")
    with pytest.raises(StorageError, match="differs from what its writer recorded"):
        stored.local()


def test_an_entry_cannot_choose_the_weaker_hash(tmp_path: Path) -> None:
    scratch = Folder(uri=str(tmp_path), is_scratch=True)
    stored = scratch.write("one", lambda path: path.write_bytes(b"bytes"))
    lying = StoredFile(folder=Folder(uri=str(tmp_path)), entry=stored.entry)
    with pytest.raises(StorageError, match="differs"):
        lying.local()
