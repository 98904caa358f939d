"""Open plain, gzip and bzip2 files as bounded byte streams, so that no file can exhaust memory."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

MAX_STREAM_BYTES = 4 << 30
"""Of one file after decompression: the largest file in the catalogue has 233 MB; our choice."""

MAX_EXPANSION = 100
"""Decompressed over compressed size: XML of the catalogue has 4 to 11, a bomb 1,000 and more."""

EXPANSION_GRACE_BYTES = 1 << 20
"""Below this, a high ratio is harmless: small files of repeated text do compress 1,000 times."""

_CHUNK_BYTES = 1 << 20


class UnreadableStream(Exception):
    """A stream that must not, or cannot, be read on; `reason` goes to quarantine."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at byte {offset}")
        self.reason = reason
        self.offset = offset


class BoundedStream:
    """Chunks of a file's content; raises UnreadableStream past a limit or at broken data."""

    def __init__(self, raw: BinaryIO, compressed_bytes: int, compressed: bool) -> None:
        self._raw = raw
        self._limit = MAX_STREAM_BYTES
        if compressed:
            allowed = max(EXPANSION_GRACE_BYTES, MAX_EXPANSION * compressed_bytes)
            self._limit = min(self._limit, allowed)
        self.offset = 0

    def read(self, size: int = _CHUNK_BYTES) -> bytes:
        try:
            chunk = self._raw.read(size)
        except (OSError, EOFError, zlib.error) as error:
            reason = "truncated_archive" if isinstance(error, EOFError) else "broken_archive"
            raise UnreadableStream(reason, self.offset) from error
        self.offset += len(chunk)
        if self.offset > self._limit:
            raise UnreadableStream("decompression_limit", self.offset)
        return chunk


@contextmanager
def open_stream(path: Path) -> Iterator[BoundedStream]:
    """Open a file by its suffix: .gz, .bz2 or plain."""
    size = path.stat().st_size
    if path.suffix == ".gz":
        with gzip.open(path) as raw:
            yield BoundedStream(cast(BinaryIO, raw), size, compressed=True)
    elif path.suffix == ".bz2":
        with bz2.open(path) as raw:
            yield BoundedStream(cast(BinaryIO, raw), size, compressed=True)
    else:
        with path.open("rb") as raw:
            yield BoundedStream(raw, size, compressed=False)


def lines(stream: BoundedStream, max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (offset, line without its newline), or (offset, None) for a line over max_bytes."""
    buffer, base, skipping = b"", 0, False
    while chunk := stream.read():
        *complete, buffer = (buffer + chunk).split(b"\n")
        for line in complete:
            if not skipping:
                yield base, line.removesuffix(b"\r") if len(line) <= max_bytes else None
            base += len(line) + 1
            skipping = False
        if len(buffer) > max_bytes:
            if not skipping:
                yield base, None
            base, buffer, skipping = base + len(buffer), b"", True
    if buffer and not skipping:
        yield base, buffer
