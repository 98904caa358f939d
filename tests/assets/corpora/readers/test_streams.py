"""Bounded streams: honest archives pass, bombs and broken ones stop."""

from __future__ import annotations

import bz2
import gzip
import tracemalloc
from pathlib import Path

import pytest

from assets.corpora.readers.streams import UnreadableStream, lines, open_stream


def _read_all(path: Path) -> bytes:
    with open_stream(path) as stream:
        return b"".join(iter(stream.read, b""))


@pytest.mark.parametrize("suffix", ["txt", "gz", "bz2"])
def test_content_is_read_by_suffix(tmp_path: Path, suffix: str) -> None:
    content = b"line one\nline two\n" * 1000
    path = tmp_path / f"a.{suffix}"
    pack = {"txt": bytes, "gz": gzip.compress, "bz2": bz2.compress}[suffix]
    path.write_bytes(pack(content))
    assert _read_all(path) == content


@pytest.mark.parametrize("suffix", ["gz", pytest.param("bz2", marks=pytest.mark.slow)])
def test_a_bomb_is_stopped_in_bounded_memory(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bomb.{suffix}"
    pack = {"gz": gzip.compress, "bz2": bz2.compress}[suffix]
    path.write_bytes(pack(bytes(200 << 20)))
    tracemalloc.start()
    try:
        with (
            pytest.raises(UnreadableStream, match="decompression_limit") as caught,
            open_stream(path) as stream,
        ):
            while stream.read():
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.offset < 40 << 20
    assert peak < 16 << 20


def test_a_small_file_may_compress_well(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"a" * 500_000))
    assert len(_read_all(path)) == 500_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(bytes(range(256)) * 5000)[:-3000], "truncated_archive"),
        (b"no archive at all", "broken_archive"),
        (gzip.compress(bytes(range(256)) * 50)[:15] + b"\xff" * 500, "broken_archive"),
    ],
)
def test_a_broken_archive_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    with pytest.raises(UnreadableStream, match=reason):
        _read_all(path)


def test_lines_carry_their_offsets(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"ab\r\n\ncdef\nlast")
    with open_stream(path) as stream:
        assert list(lines(stream, 100)) == [(0, b"ab"), (4, b""), (5, b"cdef"), (10, b"last")]


def test_a_line_over_the_limit_is_told_once_and_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"short\n" + b"x" * (3 << 20) + b"\nnext\n" + b"y" * 50 + b"\nend\n")
    with open_stream(path) as stream:
        found = list(lines(stream, 40))
    long_end = 6 + (3 << 20) + 1
    assert found == [
        (0, b"short"),
        (6, None),
        (long_end, b"next"),
        (long_end + 5, None),
        (long_end + 56, b"end"),
    ]
