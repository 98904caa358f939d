"""Unpack .deb, .tgz and .whl archives from strangers: only wanted regular files, inside one folder.

Links, devices, names that are not plain, and files nobody asked for are never written.
"""

from __future__ import annotations

import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from assets.corpora.places import SAFE_NAME

MAX_FILES = 200_000
"""Members of an archive; the largest in the catalogue has 15,430. Our choice."""
MAX_BYTES = 4 << 30
"""Of all members together; the largest in the catalogue has 755 MB. Our choice."""
_CHUNK_BYTES = 1 << 20
_UNPACK_S = 600


class UnpackError(RuntimeError):
    """An archive that is damaged, holds too much, or lacks what it should hold."""


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """What came out of an archive."""

    files: int
    size_bytes: int
    skipped: int
    """Wanted by their name, but links or oddly named."""


@dataclass(frozen=True)
class _Member:
    name: str
    size_bytes: int
    is_file: bool
    is_folder: bool
    content: IO[bytes] | None


def unpack(archive: Path, patterns: tuple[str, ...], out: Path) -> Unpacked:
    """Write the members whose path matches a pattern below `out`; raises UnpackError."""
    files = size = skipped = 0
    try:
        for member in _bounded(_members(archive)):
            wanted = any(fnmatchcase(member.name, pattern) for pattern in patterns)
            if member.is_folder or not wanted:
                continue
            if not member.is_file or member.content is None or not _is_plain(member.name):
                skipped += 1
                continue
            size += _write(member.content, out / member.name, MAX_BYTES - size, archive)
            files += 1
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise UnpackError(f"{archive.name} cannot be unpacked: {error}: fetch it again") from error
    return Unpacked(files=files, size_bytes=size, skipped=skipped)


def _is_plain(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and all(SAFE_NAME.fullmatch(part) for part in parts)


def _bounded(members: Iterator[_Member]) -> Iterator[_Member]:
    total = 0
    for number, member in enumerate(members, 1):
        total += max(0, member.size_bytes)
        if number > MAX_FILES or total > MAX_BYTES:
            raise UnpackError(
                f"the archive holds more than {MAX_FILES:,} files or {MAX_BYTES:,} bytes: it is "
                "not what the catalogue describes"
            )
        yield member


def _write(content: IO[bytes], target: Path, max_bytes: int, archive: Path) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    # A name that stands twice in an archive is an error, not a second version.
    with target.open("xb") as writing:
        while chunk := content.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > max_bytes:
                raise UnpackError(f"{archive.name} unpacks to more than {MAX_BYTES:,} bytes")
            writing.write(chunk)
    return size


def _members(archive: Path) -> Iterator[_Member]:
    if archive.suffix == ".deb":
        with _deb_content(archive) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            yield from _tar_members(tar)
    elif archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as whole:
            yield from _zip_members(whole)
    elif archive.suffix == ".tgz":
        with tarfile.open(archive, mode="r|gz") as tar:
            yield from _tar_members(tar)
    else:
        raise UnpackError(f"{archive.name} is no .deb, .tgz or .whl file")


def _tar_members(tar: tarfile.TarFile) -> Iterator[_Member]:
    for info in tar:
        content = tar.extractfile(info) if info.isreg() else None
        yield _Member(info.name.removeprefix("./"), info.size, info.isreg(), info.isdir(), content)


def _zip_members(whole: zipfile.ZipFile) -> Iterator[_Member]:
    for info in whole.infolist():
        mode = info.external_attr >> 16
        regular = not info.is_dir() and (not mode or stat.S_ISREG(mode) or not stat.S_IFMT(mode))
        if not regular:
            yield _Member(info.filename, 0, False, info.is_dir(), None)
            continue
        with whole.open(info) as content:
            yield _Member(info.filename, info.file_size, True, False, content)


@contextmanager
def _deb_content(archive: Path) -> Iterator[IO[bytes]]:
    """Yield the tar stream of a Debian package's files."""
    try:
        child = subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(archive.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise UnpackError("dpkg-deb is not installed: install the package dpkg") from None
    with child:
        assert child.stdout is not None
        try:
            yield child.stdout
            while child.stdout.read(_CHUNK_BYTES):
                pass  # padding behind the last member; left unread, it would look like a failure
            if child.wait(timeout=_UNPACK_S) != 0:
                raise UnpackError(f"{archive.name} is damaged: fetch it again")
        finally:
            child.kill()
