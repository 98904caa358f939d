"""Open plain, gzip, bzip2 and zstandard files as bounded byte streams.

No file can exhaust memory here, whatever it holds; what a stream refuses it says with an offset.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from assets.corpora.readers.limits import DEFAULT_LIMITS, ReadLimits

EXPANSION_GRACE_BYTES = 1 << 20
"""Below this, a high ratio is harmless: small files of repeated text do compress 1,000 times."""

COMPRESSED_SUFFIXES = (".bz2", ".dz", ".gz", ".zst")
"""dz is gzip with an index, as dictionaries are shipped."""

_CHUNK_BYTES = 1 << 20


class UnreadableStream(Exception):
    """A stream that must not, or cannot, be read on; `reason` goes to quarantine."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at byte {offset}")
        self.reason = reason
        self.offset = offset


class BoundedStream:
    """Chunks of a file's content; raises UnreadableStream past a limit or at broken data."""

    def __init__(
        self,
        raw: BinaryIO,
        compressed_bytes: int,
        compressed: bool,
        limits: ReadLimits = DEFAULT_LIMITS,
    ) -> None:
        self._raw = raw
        self._limit, self._reason = limits.max_stream_bytes, "stream_too_large"
        if compressed:
            allowed = max(EXPANSION_GRACE_BYTES, limits.max_expansion * compressed_bytes)
            if allowed < self._limit:
                self._limit, self._reason = allowed, "decompression_limit"
        self.offset = 0

    def read(self, size: int = _CHUNK_BYTES) -> bytes:
        """Return up to `size` bytes, none at the end."""
        try:
            chunk = self._raw.read(size)
        except (OSError, EOFError, zlib.error) as error:
            truncated = isinstance(error, EOFError) or "Truncated" in str(error)
            reason = "truncated_archive" if truncated else "broken_archive"
            raise UnreadableStream(reason, self.offset) from error
        self.offset += len(chunk)
        if self.offset > self._limit:
            raise UnreadableStream(self._reason, self.offset)
        return chunk


def base_name(name: str) -> str:
    """Return a file's name without the suffix of its compression."""
    for suffix in COMPRESSED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


@contextmanager
def open_stream(path: Path, limits: ReadLimits = DEFAULT_LIMITS) -> Iterator[BoundedStream]:
    """Open a file by its suffix: .gz, .dz, .bz2, .zst or plain."""
    size = path.stat().st_size
    opener = _OPENERS.get(path.suffix)
    if opener is None:
        with path.open("rb") as raw:
            yield BoundedStream(raw, size, False, limits)
        return
    with path.open("rb") as file, opener(file) as raw:
        yield BoundedStream(raw, size, True, limits)


def whole(stream: BoundedStream, max_bytes: int) -> bytes | None:
    """Return all that is left of a stream, or None when it is more than max_bytes."""
    chunks, total = list[bytes](), 0
    while chunk := stream.read(min(_CHUNK_BYTES, max_bytes + 1 - total)):
        chunks.append(chunk)
        total += len(chunk)
        if total > max_bytes:
            return None
    return b"".join(chunks)


def lines(stream: BoundedStream, max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (offset, line without its newline), or (offset, None) for a line over max_bytes."""
    held, size, base, skipping = list[bytes](), 0, 0, False
    while chunk := stream.read():
        first, *more = chunk.split(b"\n")
        held.append(first)
        size += len(first)
        for part in more:
            if not skipping:
                line = b"".join(held) if size <= max_bytes else None
                yield base, None if line is None else line.removesuffix(b"\r")
            base += size + 1
            held, size, skipping = [part], len(part), False
        if size > max_bytes:
            if not skipping:
                yield base, None
            base, held, size, skipping = base + size, [], 0, True
    if size and not skipping:
        yield base, b"".join(held)


def _open_bzip2(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, bz2.BZ2File(file))


def _open_gzip(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=file))


def _open_zstd(file: BinaryIO) -> BinaryIO:
    # Arrow's stream says when a file ends within a frame, which zstandard's own does not; its
    # decoder refuses frames that ask for a window above 128 MiB.
    import pyarrow as pa

    return cast(BinaryIO, pa.CompressedInputStream(file, "zstd"))


_OPENERS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    ".bz2": _open_bzip2,
    ".dz": _open_gzip,
    ".gz": _open_gzip,
    ".zst": _open_zstd,
}
