"""Bytes under a root: a local folder or an S3 prefix, with create-if-absent.

Both promise the same: `create` is exclusive and all or nothing, and what it wrote is durable.
"""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from assets.lineage.canonical import HashMeter, sha256_of_file, sha256_of_stream

_BLOCK_BYTES = 8 << 20
"""Asked of S3 at a time: some requests a second reach the rate of a connection (our choice)."""


_AHEAD_BYTES = 1 << 16
"""Fetched beyond what is read of an open file: columns of one table lie behind each other, and a
document's row needs some hundred bytes of each (our choice)."""


class AlreadyExists(RuntimeError):
    """Another writer created this path first."""


class Store(Protocol):
    root: str

    def read(self, path: str) -> bytes | None:
        """Return the bytes, or None when the path does not exist."""

    def read_many(self, paths: Sequence[str]) -> list[bytes | None]:
        """Return what read returns for each path, in one go."""

    def folders(self, path: str) -> list[str]:
        """Return the names of the folders in a folder, those that begin with a dot apart."""

    def changed_at(self, path: str) -> int | None:
        """Return when the entries of a folder last changed, in ns; None where nobody knows."""

    def create(self, path: str, content: bytes) -> None:
        """Write a new path whole; raises AlreadyExists."""

    def glob(self, pattern: str) -> Iterator[str]:
        """Iterate over paths below the root that match, sorted."""

    def walk(self, path: str) -> Iterator[str]:
        """Iterate over all files below a path, relative to it."""

    def measure(self, path: str, meter: HashMeter | None = None) -> tuple[int, str] | None:
        """Return (size, sha256) of a file's bytes, or None when it does not exist."""

    def delete_tree(self, path: str) -> None: ...

    def uri(self, path: str) -> str: ...


class FileStore:
    """A local or network folder."""

    endpoint = ""

    def __init__(self, root: Path) -> None:
        self.folder = root
        self.root = str(root)

    def read(self, path: str) -> bytes | None:
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read_many(self, paths: Sequence[str]) -> list[bytes | None]:
        return [self.read(path) for path in paths]

    def folders(self, path: str) -> list[str]:
        try:
            with os.scandir(self.folder / path) as entries:
                return [e.name for e in entries if not e.name.startswith(".") and e.is_dir()]
        except FileNotFoundError:
            return []

    def changed_at(self, path: str) -> int | None:
        try:
            return (self.folder / path).stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def create(self, path: str, content: bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link fails when the name exists; a rename would silently replace it.
            target.hardlink_to(temporary)
        except FileExistsError as error:
            raise AlreadyExists(path) from error
        finally:
            temporary.unlink()
        sync_folder(target.parent)

    def glob(self, pattern: str) -> Iterator[str]:
        for path in sorted(self.folder.glob(pattern)):
            yield path.relative_to(self.folder).as_posix()

    def walk(self, path: str) -> Iterator[str]:
        for file in sorted((self.folder / path).rglob("*")):
            if file.is_file():
                yield file.relative_to(self.folder / path).as_posix()

    def measure(self, path: str, meter: HashMeter | None = None) -> tuple[int, str] | None:
        file = self.folder / path
        if not file.is_file():
            return None
        return file.stat().st_size, sha256_of_file(file, meter, is_read_once=True)

    def delete_tree(self, path: str) -> None:
        shutil.rmtree(self.folder / path, ignore_errors=True)

    def uri(self, path: str) -> str:
        return str(self.folder / path)


class S3Store:
    """A prefix of a bucket, through s3fs without its listing cache (it never expires)."""

    def __init__(self, root: str, endpoint: str | None = None) -> None:
        import s3fs

        self.root = root.rstrip("/")
        self.endpoint = endpoint or ""
        self._prefix = self.root.removeprefix("s3://")
        self.fs = s3fs.S3FileSystem(
            endpoint_url=endpoint, use_listings_cache=False, skip_instance_cache=True
        )

    def read(self, path: str) -> bytes | None:
        try:
            content: bytes = self.fs.cat_file(self._full(path))
        except FileNotFoundError:
            return None
        return content

    def read_many(self, paths: Sequence[str]) -> list[bytes | None]:
        asked = [self._full(path) for path in paths]
        found = self.fs.cat(asked, on_error="return") if asked else {}
        for content in found.values():
            if isinstance(content, Exception) and not isinstance(content, FileNotFoundError):
                raise content
        contents = (found[path] for path in asked)
        return [None if isinstance(each, FileNotFoundError) else each for each in contents]

    def folders(self, path: str) -> list[str]:
        try:
            entries = self.fs.ls(self._full(path).rstrip("/"), detail=True)
        except FileNotFoundError:
            return []
        names = [PurePosixPath(e["name"]).name for e in entries if e["type"] == "directory"]
        return [name for name in names if not name.startswith(".")]

    def changed_at(self, path: str) -> int | None:
        return None

    def create(self, path: str, content: bytes) -> None:
        try:
            self.fs.pipe_file(self._full(path), content, mode="create")
        except FileExistsError as error:
            raise AlreadyExists(path) from error
        except OSError as error:
            # Some servers answer a lost race without the detail s3fs looks for.
            if error.errno == errno.EINVAL and _is_precondition_failure(error):
                raise AlreadyExists(path) from error
            raise

    def glob(self, pattern: str) -> Iterator[str]:
        # One listing, filtered here: an S3 glob of a/*/b walks folder by folder.
        for full in sorted(self.fs.find(self._prefix)):
            path = str(full).removeprefix(f"{self._prefix}/")
            if PurePosixPath(path).match(pattern) and path.count("/") == pattern.count("/"):
                yield path

    def walk(self, path: str) -> Iterator[str]:
        full = self._full(path)
        for found in sorted(self.fs.find(full)):
            yield str(found).removeprefix(f"{full}/")

    def measure(self, path: str, meter: HashMeter | None = None) -> tuple[int, str] | None:
        try:
            with self.fs.open(self._full(path), "rb", block_size=_BLOCK_BYTES) as file:
                return sha256_of_stream(file, meter)
        except FileNotFoundError:
            return None

    def open(self, path: str) -> BinaryIO:
        """Open a file of which only what is read is fetched, and a little more."""
        file: BinaryIO = self.fs.open(
            self._full(path), "rb", block_size=_AHEAD_BYTES, cache_type="readahead"
        )
        return file

    def delete_tree(self, path: str) -> None:
        if self.fs.exists(self._full(path)):
            self.fs.rm(self._full(path), recursive=True)

    def upload(self, local: Path, path: str) -> None:
        self.fs.put_file(str(local), self._full(path))

    def download(self, path: str, local: Path) -> None:
        """Fetch to a temporary name, then rename, so that a broken download leaves nothing."""
        local.parent.mkdir(parents=True, exist_ok=True)
        temporary = local.with_name(f".{local.name}.{uuid.uuid4().hex}")
        try:
            self.fs.get_file(self._full(path), str(temporary))
            temporary.replace(local)
        finally:
            temporary.unlink(missing_ok=True)

    def uri(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _full(self, path: str) -> str:
        return f"{self._prefix}/{path}"


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_precondition_failure(error: BaseException) -> bool:
    cause: Any = error.__cause__
    response = getattr(cause, "response", {}) or {}
    return str(response.get("Error", {}).get("Code", "")) in ("PreconditionFailed", "412")
