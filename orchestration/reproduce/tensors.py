"""The tensors of two safetensors files, one pair at a time, without an engine.

The format is a length, a JSON header with type, shape and offsets, and the bytes. bf16, which
numpy does not know, is widened to fp32, which changes no value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES: Mapping[str, str] = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "i1", "U8": "u1", "BOOL": "?",
}  # fmt: skip
_BF16 = "BF16"
_LENGTH_BYTES = 8


class TensorFile:
    """One file, mapped and not loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            header: dict[str, Any] = json.loads(file.read(length))
        header.pop("__metadata__", None)
        self._header = header
        self._start = _LENGTH_BYTES + length

    @property
    def shapes(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Return type and shape by name."""
        return {name: (of["dtype"], tuple(of["shape"])) for name, of in self._header.items()}

    def tensor(self, name: str) -> NDArray[Any]:
        """Return one tensor; raises ValueError for a type that is not known here."""
        entry = self._header[name]
        first, last = (self._start + offset for offset in entry["data_offsets"])
        stored = np.memmap(self._path, mode="r", dtype="u1", offset=first, shape=(last - first,))
        if entry["dtype"] == _BF16:
            wide = stored.view("<u2").astype("<u4") << 16
            return wide.view("<f4").reshape(entry["shape"])
        if entry["dtype"] not in _TYPES:
            raise ValueError(f"{self._path}: {name} is of type {entry['dtype']}, not known here")
        return stored.view(_TYPES[entry["dtype"]]).reshape(entry["shape"])


def relative_distances(old: TensorFile, new: TensorFile) -> Iterator[tuple[str, float]]:
    """Yield for every tensor |old - new| / |old|, Euclidean; infinite where NaN meets a number."""
    for name in old.shapes:
        a, b = old.tensor(name).astype("f8"), new.tensor(name).astype("f8")
        norm = float(np.linalg.norm(a))
        apart = float(np.linalg.norm(a - b))
        if np.array_equal(a, b, equal_nan=True):
            yield name, 0.0
        else:
            yield name, apart / norm if norm and np.isfinite(apart) else float("inf")
