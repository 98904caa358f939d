"""The tensors of two safetensors files, block by block, without an engine.

The format is a length, a JSON header with type, shape and offsets, and the bytes. bf16, which
numpy does not know, is widened to fp32, which changes no value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES: Mapping[str, str] = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "i1", "U8": "u1", "BOOL": "?", "BF16": "<u2",
}  # fmt: skip
_BF16 = "BF16"
_BLOCK = 1 << 22
"""Values at once: 32 MB of fp64 (our choice)."""
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

    def blocks(self, name: str) -> Iterator[NDArray[np.float64]]:
        """Yield a tensor's values in order, some millions at a time.

        Raises ValueError for a type that is not known here.
        """
        entry = self._header[name]
        kind = entry["dtype"]
        if kind not in _TYPES:
            raise ValueError(f"{self._path}: {name} is of type {kind}, not known here")
        first, last = (self._start + offset for offset in entry["data_offsets"])
        if first == last:
            return
        stored = np.memmap(self._path, mode="r", dtype="u1", offset=first, shape=(last - first,))
        values = stored.view(_TYPES[kind])
        for start in range(0, len(values), _BLOCK):
            block = values[start : start + _BLOCK]
            if kind == _BF16:
                block = (block.astype("<u4") << 16).view("<f4")
            yield block.astype(np.float64)


def relative_distances(old: TensorFile, new: TensorFile) -> Iterator[tuple[str, float]]:
    """Yield for every tensor |old - new| / |old|, Euclidean; infinite where NaN meets a number."""
    for name in old.shapes:
        length = apart = 0.0
        for a, b in zip(old.blocks(name), new.blocks(name), strict=True):
            odd = (a != b) & ~(np.isnan(a) & np.isnan(b))
            length += float(np.square(a[np.isfinite(a)]).sum())
            apart += float(np.square(a[odd] - b[odd]).sum())
        if apart == 0.0:
            yield name, 0.0
        else:
            is_number = length > 0 and math.isfinite(apart)
            yield name, math.sqrt(apart / length) if is_number else math.inf
