"""Canonical JSON and SHA-256: one byte string for one value, on any machine."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

_CHUNK_BYTES = 1 << 18
"""Stays in a core's cache between reading and hashing (our choice)."""


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


def sha256_of_file(path: Path, meter: HashMeter | None = None) -> str:
    """Return the hex SHA-256 of a file, read in bounded memory."""
    with path.open("rb", buffering=0) as file:
        if hasattr(os, "posix_fadvise"):
            # The system then reads ahead while we hash.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        return sha256_of_stream(file, meter)[1]


def sha256_of_stream(file: RawIOBase | BinaryIO, meter: HashMeter | None = None) -> tuple[int, str]:
    """Return size and hex SHA-256 of what is left in a stream, read in bounded memory."""
    digest, size = hashlib.sha256(), 0
    buffer = bytearray(_CHUNK_BYTES)
    view = memoryview(buffer)
    read_s = hash_s = 0.0
    now = time.perf_counter()
    while count := file.readinto(buffer):  # type: ignore[union-attr]
        began, now = now, time.perf_counter()
        read_s += now - began
        digest.update(view[:count])
        size += count
        began, now = now, time.perf_counter()
        hash_s += now - began
    if meter is not None:
        meter.add(size, read_s, hash_s)
    return size, digest.hexdigest()
