"""A large file is hashed once a day and machine, and again when somebody has touched it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.lineage import checked, private
from assets.lineage.canonical import sha256_of_file
from assets.lineage.manifest import FileEntry

LARGE = b"tokens" * (checked.MARKED_BYTES // 6 + 1)


class Hashing:
    """Counts who is hashed, and stands for processes that remember nothing of each other."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, path: Path) -> str:
        self.count += 1
        return sha256_of_file(path)

    def holds(self, path: Path, entry: FileEntry) -> bool:
        checked._remembered.clear()
        return checked.holds(path, entry, self)


@pytest.fixture
def hashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hashing:
    (tmp_path / "private").mkdir()
    monkeypatch.setattr(private.tempfile, "tempdir", str(tmp_path / "private"))
    return Hashing()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], tuple[Path, FileEntry]]:
    """Write a file that nobody touches any more: a new one is hashed each time."""

    def write(content: bytes) -> tuple[Path, FileEntry]:
        path = tmp_path / "file.bin"
        path.write_bytes(content)
        time.sleep(2 * checked._TICK_NS / 1e9)
        entry = FileEntry(path=path.name, size_bytes=len(content), sha256=sha256_of_file(path))
        return path, entry

    return write


Write = Callable[[bytes], tuple[Path, FileEntry]]


def test_a_file_that_was_just_written_is_hashed_each_time(
    tmp_path: Path, hashing: Hashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checked, "_TICK_NS", 10**18)
    path = tmp_path / "new.bin"
    path.write_bytes(LARGE)
    entry = FileEntry(path=path.name, size_bytes=len(LARGE), sha256=sha256_of_file(path))
    assert checked.holds(path, entry, hashing) and checked.holds(path, entry, hashing)
    assert hashing.count == 2


def test_a_process_hashes_a_file_once(hashing: Hashing, written: Write) -> None:
    path, entry = written(b"small")
    assert checked.holds(path, entry, hashing) and checked.holds(path, entry, hashing)
    assert hashing.count == 1


def test_processes_of_a_machine_hash_a_large_file_once_and_a_small_one_each(
    hashing: Hashing, written: Write
) -> None:
    path, entry = written(LARGE)
    assert hashing.holds(path, entry) and hashing.holds(path, entry)
    assert hashing.count == 1
    path, entry = written(b"small")
    assert hashing.holds(path, entry) and hashing.holds(path, entry)
    assert hashing.count == 3


def test_changed_bytes_are_found_though_size_and_time_of_writing_are_put_back(
    hashing: Hashing, written: Write
) -> None:
    path, entry = written(LARGE)
    assert hashing.holds(path, entry)
    before = path.stat()
    path.write_bytes(LARGE[:-1] + b"S")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    time.sleep(2 * checked._TICK_NS / 1e9)
    assert not hashing.holds(path, entry)
    # What differs leaves no mark.
    assert not hashing.holds(path, entry)
    assert hashing.count == 3


def test_another_file_in_its_place_is_hashed(hashing: Hashing, written: Write) -> None:
    path, entry = written(LARGE)
    assert hashing.holds(path, entry)
    path.rename(path.with_name("old.bin"))
    assert written(LARGE)[0] == path
    assert hashing.holds(path, entry)
    assert hashing.count == 2


def test_a_mark_is_good_for_a_day(
    tmp_path: Path, hashing: Hashing, written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, entry = written(LARGE)
    assert hashing.holds(path, entry)
    marks = private.private_folder() / "checked"
    (today,) = marks.iterdir()
    today.rename(marks / "2001-01-01")
    assert hashing.holds(path, entry)
    assert hashing.count == 2
    assert [folder.name for folder in marks.iterdir()] == [today.name]


def test_where_others_can_write_no_mark_is_believed(
    tmp_path: Path, hashing: Hashing, written: Write
) -> None:
    path, entry = written(LARGE)
    assert hashing.holds(path, entry)
    private.private_folder().chmod(0o777)
    assert hashing.holds(path, entry) and hashing.holds(path, entry)
    assert hashing.count == 3


def test_a_file_of_another_size_is_not_hashed(hashing: Hashing, written: Write) -> None:
    path, entry = written(LARGE)
    path.write_bytes(b"short")
    assert not hashing.holds(path, entry)
    assert hashing.count == 0
