"""Zstandard streams: frames, bombs, truncation."""

from __future__ import annotations

from pathlib import Path

import pytest
import zstandard

from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.streams import UnreadableStream, open_stream, whole

PACK = zstandard.ZstdCompressor().compress
CONTENT = bytes(range(256)) * 9000


def _read_all(path: Path, limits: ReadLimits | None = None) -> bytes:
    with open_stream(path, limits or ReadLimits()) as stream:
        return b"".join(iter(stream.read, b""))


def test_several_frames_are_one_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(PACK(CONTENT) + PACK(b"more"))
    assert _read_all(path, ReadLimits(max_expansion=10**6)) == CONTENT + b"more"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PACK(CONTENT)[:-20], "truncated_archive"),
        (b"no archive at all", "broken_archive"),
        (PACK(b"x") + b"rubbish behind it", "broken_archive"),
    ],
)
def test_a_broken_archive_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(content)
    with pytest.raises(UnreadableStream, match=reason):
        _read_all(path, ReadLimits(max_expansion=10**6))


def test_a_frame_that_asks_for_gigabytes_of_window_is_refused(tmp_path: Path) -> None:
    # Frame header: magic, descriptor without content size, window descriptor of 2 GiB.
    path = tmp_path / "a.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd\x00" + bytes([(31 - 10) << 3]) + b"\x01\x00\x00")
    with pytest.raises(UnreadableStream, match="broken_archive"):
        _read_all(path)


def test_content_over_the_limit_of_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 2001)
    with pytest.raises(UnreadableStream, match="stream_too_large"):
        _read_all(path, ReadLimits(max_stream_bytes=2000))


def test_whole_returns_nothing_over_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 2000)
    for limit, found in ((2000, b"x" * 2000), (1999, None)):
        with open_stream(path) as stream:
            assert whole(stream, limit) == found


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "9"])
def test_a_limit_that_is_no_positive_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"limit max_rows is .*: use a whole number above 0"):
        ReadLimits(max_rows=value)  # type: ignore[arg-type]
