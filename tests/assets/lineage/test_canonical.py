"""One byte string for one value, and one hash for a file however it is read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from assets.lineage.canonical import HashMeter, canonical_json, sha256_of_file

_MEGABYTE = 1 << 20


def test_key_order_and_spaces_do_not_matter_and_nan_is_refused() -> None:
    assert canonical_json({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})


@pytest.mark.parametrize("is_read_once", [False, True])
@pytest.mark.parametrize("size", [0, 1, _MEGABYTE, 20 * _MEGABYTE + 3])
def test_a_file_has_one_hash_however_it_is_read(
    tmp_path: Path, size: int, is_read_once: bool
) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    meter = HashMeter()

    found = sha256_of_file(tmp_path / "file", meter, is_read_once=is_read_once)

    assert found == hashlib.sha256(content).hexdigest()
    assert meter.num_bytes == size


@pytest.mark.parametrize(("is_read_once", "dropped"), [(False, 0), (True, 16 * _MEGABYTE)])
def test_only_a_large_file_that_is_read_once_leaves_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_read_once: bool, dropped: int
) -> None:
    advised: list[tuple[int, int]] = []

    def advise(fd: int, offset: int, length: int, advice: int) -> None:
        if advice == os.POSIX_FADV_DONTNEED:
            advised.append((offset, length))

    monkeypatch.setattr(os, "posix_fadvise", advise)
    (tmp_path / "large").write_bytes(bytes(20 * _MEGABYTE))
    (tmp_path / "small").write_bytes(bytes(_MEGABYTE))

    for name in ("large", "small"):
        sha256_of_file(tmp_path / name, is_read_once=is_read_once)

    assert sum(length for _, length in advised) == dropped
    assert [offset for offset, _ in advised] == sorted(offset for offset, _ in advised)
