"""Pieces of a file are read as they are; asking for them first changes no number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assets.lineage.scattered_file import ScatteredFile


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "uint64"])
def test_numbers_come_as_they_were_written(tmp_path: Path, dtype: str) -> None:
    numbers = np.arange(32_768, dtype=np.int64).astype(dtype)
    numbers.tofile(tmp_path / "numbers.bin")
    file = ScatteredFile(tmp_path / "numbers.bin", dtype)
    file.expect(np.array([[0, 1], [29_000, 32_768], [2_000, 2_010], [2_005, 9_000], [7, 7]]))
    file.expect(np.array([[32_768, 32_768]]))
    assert np.array_equal(file.values, numbers)
    assert not file.values.flags.writeable


def test_an_empty_file_holds_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "empty.bin").touch()
    file = ScatteredFile(tmp_path / "empty.bin", "u8")
    file.expect(np.zeros((0, 2), dtype=np.int64))
    assert len(file.values) == 0
    assert file.values.dtype == np.uint64
