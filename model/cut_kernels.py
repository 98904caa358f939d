"""Compiled reading of UTF-8: characters, cuts and hashes of slices. Imported lazily.

Bytes are valid UTF-8 (they come from Arrow strings).
"""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

U8 = npt.NDArray[np.uint8]

_OTHER, _DIGIT, _LETTER, _BLANK, _LINE_END = 0, 1, 2, 3, 4  # as in model/cuts.py
_HASH_START = np.uint64(0xCBF29CE484222325)
_HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def char_at(data: U8, at: int) -> tuple[int, int]:
    """Return the code point that starts at a byte, and its width."""
    lead = np.int64(data[at])
    if lead < 0x80:
        return lead, 1
    second = np.int64(data[at + 1]) & 0x3F
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | second, 2
    third = np.int64(data[at + 2]) & 0x3F
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | second << 6 | third, 3
    fourth = np.int64(data[at + 3]) & 0x3F
    return (lead & 0x07) << 18 | second << 12 | third << 6 | fourth, 4


@njit(cache=True, nogil=True)
def _run_end(data: U8, at: int, end: int, classes: U8, kind: int) -> int:
    while at < end:
        code, width = char_at(data, at)
        if classes[code] != kind:
            break
        at += width
    return at


@njit(cache=True, nogil=True)
def next_cut(data: U8, at: int, end: int, classes: U8) -> int:
    """Return where the match of CUT_PATTERN that starts at a byte ends."""
    code, width = char_at(data, at)
    kind = classes[code]
    if kind == _DIGIT:
        return at + width
    if kind in (_LETTER, _OTHER, _LINE_END):
        return _run_end(data, at + width, end, classes, kind)
    if code == 0x20 and at + 1 < end:
        code, _ = char_at(data, at + 1)
        kind = classes[code]
        if kind in (_LETTER, _OTHER):
            return _run_end(data, at + 1, end, classes, kind)
    first, last, stop = at, at, at + width
    while stop < end:
        code, width = char_at(data, stop)
        if classes[code] != _BLANK:
            break
        last, stop = stop, stop + width
    if stop == end or classes[code] == _LINE_END or last == first:
        return stop
    return last


@njit(cache=True, nogil=True)
def hash_bytes(data: U8, start: int, end: int) -> np.uint64:
    """Return a 64-bit hash of a slice; collisions are told apart by the bytes."""
    value = _HASH_START
    for at in range(start, end):
        value = (value ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
    value ^= value >> np.uint64(29)
    value *= _HASH_FACTOR
    return value ^ (value >> np.uint64(32))
