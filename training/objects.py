"""Bytes under s3://bucket/prefix, or under a folder that several machines see: a small interface.

Torch-free. `create` is exclusive and all or nothing; everything else may be repeated.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_RETRY_AFTER_S = (1.0, 4.0, 15.0)
"""Beside the client's own tries, which end after some seconds (our choice)."""


class Objects(Protocol):
    """All names are relative to the root."""

    def names(self) -> Iterator[str]: ...

    def read(self, name: str) -> bytes | None:
        """Return the bytes, or None when there is no such object."""

    def write(self, name: str, content: bytes) -> None: ...

    def create(self, name: str, content: bytes) -> None:
        """Write a new object; raises FileExistsError."""

    def upload(self, local: Path, name: str) -> None: ...

    def download(self, name: str, local: Path) -> None: ...

    def remove(self, name: str) -> None:
        """Remove an object; one that is gone already is fine."""


def open_objects(root: str) -> Objects:
    """Open "s3://bucket/prefix" (credentials and endpoint from AWS_* variables) or a folder."""
    return S3Objects(root) if root.startswith("s3://") else FolderObjects(Path(root))


class FolderObjects:
    """A network folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> Iterator[str]:
        for path in sorted(self._root.rglob("*")):
            if path.is_file() and not path.name.startswith(".part-"):
                yield path.relative_to(self._root).as_posix()

    def read(self, name: str) -> bytes | None:
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        self._part(name, lambda part: part.write_bytes(content)).replace(self._root / name)

    def create(self, name: str, content: bytes) -> None:
        part = self._part(name, lambda part: part.write_bytes(content))
        try:
            (self._root / name).hardlink_to(part)
        finally:
            part.unlink()

    def upload(self, local: Path, name: str) -> None:
        self._part(name, lambda part: shutil.copyfile(local, part)).replace(self._root / name)

    def download(self, name: str, local: Path) -> None:
        shutil.copyfile(self._root / name, local)

    def remove(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)

    def _part(self, name: str, fill: Callable[[Path], object]) -> Path:
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".part-{uuid.uuid4().hex}")
        fill(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        return part


class S3Objects:
    """A prefix of a bucket, through s3fs without its listing cache (it never expires)."""

    def __init__(self, root: str) -> None:
        import s3fs

        self._prefix = root.removeprefix("s3://").rstrip("/")
        self._fs: Any = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)

    def names(self) -> Iterator[str]:
        for full in sorted(self._retried("", lambda: self._fs.find(self._prefix))):
            yield str(full).removeprefix(f"{self._prefix}/")

    def read(self, name: str) -> bytes | None:
        try:
            content: bytes = self._retried(name, lambda: self._fs.cat_file(self._full(name)))
        except FileNotFoundError:
            return None
        return content

    def write(self, name: str, content: bytes) -> None:
        self._retried(name, lambda: self._fs.pipe_file(self._full(name), content))

    def create(self, name: str, content: bytes) -> None:
        for pause_s in (*_RETRY_AFTER_S, None):
            try:
                self._fs.pipe_file(self._full(name), content, mode="create")
                return
            except Exception as error:
                # Of a lost race, some servers answer without the detail s3fs looks for; and an
                # answer may have been lost on its way, so that the object is ours.
                found = self.read(name)
                if found == content:
                    return
                if found is not None:
                    raise FileExistsError(name) from error
                if pause_s is None:
                    raise OSError(f"s3://{self._full(name)}: {error}") from error
            time.sleep(pause_s)

    def upload(self, local: Path, name: str) -> None:
        self._retried(name, lambda: self._fs.put_file(str(local), self._full(name)))

    def download(self, name: str, local: Path) -> None:
        self._retried(name, lambda: self._fs.get_file(self._full(name), str(local)))

    def remove(self, name: str) -> None:
        try:
            self._retried(name, lambda: self._fs.rm_file(self._full(name)))
        except FileNotFoundError:
            return

    def _full(self, name: str) -> str:
        return f"{self._prefix}/{name}"

    def _retried(self, name: str, work: Callable[[], T]) -> T:
        """Try again what may pass; raises OSError with the object's name."""
        for pause_s in (*_RETRY_AFTER_S, None):
            try:
                return work()
            except (FileNotFoundError, FileExistsError, PermissionError):
                raise
            except Exception as error:  # The client's own errors have no common base.
                if pause_s is None:
                    raise OSError(f"s3://{self._full(name)}: {error}") from error
            time.sleep(pause_s)
        raise AssertionError("the last try returns or raises")
