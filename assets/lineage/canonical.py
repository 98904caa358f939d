"""Canonical JSON and SHA-256: one byte string for one value, on any machine."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from io import FileIO
from pathlib import Path
from typing import Protocol

_CHUNK_BYTES = 1 << 18
"""Stays in a core's cache between reading and hashing (our choice)."""
_DROP_BYTES = 8 << 20
"""Read before the pages are given back; a smaller file is left in the cache (our choice)."""


def canonical_json(value: object) -> bytes:
    """Encode with sorted keys, no spaces, no NaN; raises ValueError or TypeError otherwise."""
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    ).encode()


def sha256_of(value: object) -> str:
    """Return the hex SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


class Source(Protocol):
    """What can be read into memory that is there already."""

    def readinto(self, buffer: bytearray, /) -> int: ...


class HashMeter:
    """Where the time of hashing files goes: to reading, or to the hash. Shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.num_bytes = 0
        self.read_s = 0.0
        """Summed over threads, as `hash_s`."""
        self.hash_s = 0.0

    def add(self, num_bytes: int, read_s: float, hash_s: float) -> None:
        with self._lock:
            self.num_bytes += num_bytes
            self.read_s += read_s
            self.hash_s += hash_s


class _DropBehind:
    """A file whose pages leave the system's cache once read, so that they are used again at once
    and nobody else's are pushed out."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._read = self._dropped = 0

    def readinto(self, buffer: bytearray) -> int:
        count = self._file.readinto(buffer)
        self._read += count
        if self._read - self._dropped >= _DROP_BYTES:
            passed = self._read - self._dropped
            os.posix_fadvise(self._file.fileno(), self._dropped, passed, os.POSIX_FADV_DONTNEED)
            self._dropped = self._read
        return count


def sha256_of_file(
    path: Path, meter: HashMeter | None = None, *, is_read_once: bool = False
) -> str:
    """Return the hex SHA-256 of a file, read in bounded memory.

    A file that is read once is not kept in the system's cache.
    """
    with path.open("rb", buffering=0) as file:
        if not hasattr(os, "posix_fadvise"):
            return sha256_of_stream(file, meter)[1]
        # The system then reads ahead while we hash.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        return sha256_of_stream(_DropBehind(file) if is_read_once else file, meter)[1]


def sha256_of_stream(file: Source, meter: HashMeter | None = None) -> tuple[int, str]:
    """Return size and hex SHA-256 of what is left in a stream, read in bounded memory."""
    digest, size = hashlib.sha256(), 0
    buffer = bytearray(_CHUNK_BYTES)
    view = memoryview(buffer)
    read_s = hash_s = 0.0
    now = time.perf_counter()
    while count := file.readinto(buffer):
        began, now = now, time.perf_counter()
        read_s += now - began
        digest.update(view[:count])
        size += count
        began, now = now, time.perf_counter()
        hash_s += now - began
    if meter is not None:
        meter.add(size, read_s, hash_s)
    return size, digest.hexdigest()
