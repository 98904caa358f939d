"""Places that every worker can reach: a folder or an S3 prefix, and files in them by their hash.

A worker may be this process, another one, or a node of a cluster. Writing is all or nothing under
the final name, so a shard-wise function may run twice; reading checks the bytes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import xxhash

from assets.lineage.canonical import sha256_of_file
from assets.lineage.checked import holds
from assets.lineage.manifest import FileEntry
from assets.lineage.private import private_folder

CACHE_BYTES = 64 << 30
"""Copies of remote files that one machine keeps; the oldest go first. Our choice."""
_CACHE_GRACE_S = 3600.0
"""A copy used within this time stays, whatever the cache holds: somebody may be reading it."""
SCRATCH_MARK = "xxh3-"
"""Begins the hash of a scratch file. It lives for one run and is checked against accidents, not
against people: XXH3 (128 bits) costs a fifteenth of SHA-256. No manifest takes such an entry."""
_CHUNK_BYTES = 1 << 20


class StorageError(RuntimeError):
    """A shared file is missing, or its bytes are not what its writer said."""


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder on a disk that all workers see, or s3://bucket/prefix."""

    uri: str
    endpoint: str = ""
    """Address of an S3 server other than AWS; credentials come from the worker's environment."""
    is_scratch: bool = False
    """Its files are gone when the attempt ends; see SCRATCH_MARK."""

    @property
    def is_remote(self) -> bool:
        return self.uri.startswith("s3://")

    def child(self, name: str) -> Folder:
        return replace(self, uri=f"{self.uri}/{name}")

    def write(self, name: str, make: Callable[[Path], object]) -> StoredFile:
        """Let `make` write a temporary file, then publish it whole under `name`."""
        if self.is_remote:
            with tempfile.TemporaryDirectory(prefix="materia-") as scratch:
                local = Path(scratch, "file")
                make(local)
                entry = self._entry(name, local)
                _s3(self.endpoint).put_file(str(local), f"{self.uri}/{name}")
            return StoredFile(folder=self, entry=entry)
        target = Path(self.uri, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            make(temporary)
            entry = self._entry(name, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        return StoredFile(folder=self, entry=entry)

    def _entry(self, name: str, path: Path) -> FileEntry:
        held = scratch_hash_of_file(path) if self.is_scratch else sha256_of_file(path)
        return FileEntry(path=name, size_bytes=path.stat().st_size, sha256=held)

    def delete(self) -> None:
        """Remove everything below; a folder that does not exist is no error."""
        if self.is_remote:
            store = _s3(self.endpoint)
            if store.exists(self.uri):
                store.rm(self.uri, recursive=True)
        else:
            shutil.rmtree(self.uri, ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """One file of a Folder, known by its hash."""

    folder: Folder
    entry: FileEntry

    @property
    def uri(self) -> str:
        return f"{self.folder.uri}/{self.entry.path}"

    def local(self) -> Path:
        """Return a path on this machine whose bytes are checked; raises StorageError."""
        if self.folder.is_remote:
            return _downloaded(self)
        path = Path(self.uri)
        _check(self, path)
        return path


def scratch_hash_of_file(path: Path) -> str:
    """Return the hash of a scratch file, read in bounded memory."""
    held = xxhash.xxh3_128()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            held.update(chunk)
    return SCRATCH_MARK + held.hexdigest()


def _check(stored: StoredFile, path: Path) -> None:
    if not path.is_file():
        raise StorageError(f"{stored.uri} is missing: was the shared folder cleared meanwhile?")
    # By the folder: an entry's own mark must not choose the weaker hash.
    hash_file = scratch_hash_of_file if stored.folder.is_scratch else sha256_of_file
    if not holds(path, stored.entry, hash_file):
        raise StorageError(
            f"{stored.uri} differs from what its writer recorded: run `materia verify --all`"
        )


def _downloaded(stored: StoredFile) -> Path:
    try:
        cache = private_folder()
    except PermissionError as error:
        raise StorageError(str(error)) from error
    # The suffix stays: readers go by it.
    local = cache / (stored.entry.sha256 + Path(stored.entry.path).suffix)
    if local.is_file():
        os.utime(local)
    else:
        _make_room(cache, stored.entry.size_bytes)
        temporary = local.with_name(f".{local.name}.{uuid.uuid4().hex}")
        try:
            _s3(stored.folder.endpoint).get_file(stored.uri, str(temporary))
            _check(stored, temporary)
            temporary.replace(local)
        except FileNotFoundError as error:
            raise StorageError(f"{stored.uri} is missing: was its prefix cleared?") from error
        finally:
            temporary.unlink(missing_ok=True)
    return local


def _make_room(cache: Path, size_bytes: int) -> None:
    held = []
    for path in cache.iterdir():
        if path.is_dir():
            continue
        # Another worker may take a file away, or give it its final name, between the two calls.
        with suppress(FileNotFoundError):
            stat = path.stat()
            held.append((stat.st_mtime, stat.st_size, path))
    total = sum(size for _, size, _ in held) + size_bytes
    for used_at, size, path in sorted(held):
        if total <= CACHE_BYTES or time.time() - used_at < _CACHE_GRACE_S:
            return
        total -= size
        path.unlink(missing_ok=True)


@lru_cache(maxsize=4)
def _s3(endpoint: str) -> Any:
    import s3fs

    # Listings are never cached: another worker may have written since.
    return s3fs.S3FileSystem(
        endpoint_url=endpoint or None, use_listings_cache=False, skip_instance_cache=True
    )
