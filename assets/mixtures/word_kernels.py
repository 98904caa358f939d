"""Compiled loops over the bytes of text: words and their hashes. No Python object in sight.

What a word is and why is said in words.py, which is the only caller; the constants come from there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_SHIFT_WORD = np.uint64(31)
_EIGHT_BITS = np.uint64(8)
_ONE = np.uint64(1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def cut_words(
    text: U8,
    loads: U64,
    offsets: I64,
    fold: U8,
    constants: U64,
    starts: I64,
    ends: I64,
    hashes: U64,
    bounds: I64,
) -> int:
    """Fold the bytes in place and write starts, ends and hashes of all words; return how many.

    `fold` maps a byte to its lower case, or to 0 if no word holds it; `loads` are the eight bytes
    from every byte on; bytes that no word holds stay as they are. Long words are hashed like all.
    """
    mix_a, mix_b = constants[0], constants[1]
    count = 0
    for document in range(len(offsets) - 1):
        bounds[document] = count
        # Unsigned, so that no access asks whether its index counts from the end.
        at, end = np.uint64(offsets[document]), np.uint64(offsets[document + 1])
        while at < end:
            folded = fold[text[at]]
            if folded == 0:
                at += _ONE
                continue
            first = at
            while folded != 0:
                text[at] = folded
                at += _ONE
                if at == end:
                    break
                folded = fold[text[at]]
            starts[count], ends[count] = first, at
            hashes[count] = _hash(loads, first, at - first, mix_a, mix_b)
            count += 1
    bounds[len(offsets) - 1] = count
    return count


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _hash(
    loads: U64, first: np.uint64, length: np.uint64, mix_a: np.uint64, mix_b: np.uint64
) -> np.uint64:
    """Fold eight bytes at a time into a hash that begins with the length."""
    value = np.uint64((length + _ONE) * mix_a)
    while length >= _EIGHT_BITS:
        value = np.uint64((value ^ loads[first]) * mix_b)
        value ^= value >> _SHIFT_WORD
        first += _EIGHT_BITS
        length -= _EIGHT_BITS
    if length > np.uint64(0):
        block = loads[first] & ((_ONE << (length * _EIGHT_BITS)) - _ONE)
        value = np.uint64((value ^ block) * mix_b)
        value ^= value >> _SHIFT_WORD
    value = np.uint64((value ^ (value >> np.uint64(32))) * mix_b)
    value = np.uint64((value ^ (value >> np.uint64(29))) * mix_a)
    return value ^ (value >> np.uint64(32))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def fold_text(
    content: U8,
    offsets: I64,
    ready: npt.NDArray[np.bool_],
    lengths: U8,
    folded: U64,
    out: U8,
    out_offsets: I64,
) -> int:
    """Write what the characters of each text become; return how many texts have unknown ones.

    A text that is `ready` is copied; one with an unknown character ends there, and is ready for
    the slow way: its mark in `ready` is set. Text is valid UTF-8.
    """
    num_unknown = 0
    to = 0
    for document in range(len(offsets) - 1):
        out_offsets[document] = to
        at, end = offsets[document], offsets[document + 1]
        if ready[document]:
            out[to : to + end - at] = content[at:end]
            to += end - at
            continue
        while at < end:
            first = content[at]
            if first < 0x80:
                out[to] = first
                to += 1
                at += 1
                continue
            if first >= 0xF0:
                ready[document] = True
                num_unknown += 1
                break
            if first >= 0xE0:
                point = (
                    (np.int64(first) & 0x0F) << 12
                    | (np.int64(content[at + 1]) & 0x3F) << 6
                    | (np.int64(content[at + 2]) & 0x3F)
                )
                at += 3
            else:
                point = (np.int64(first) & 0x1F) << 6 | (np.int64(content[at + 1]) & 0x3F)
                at += 2
            length = lengths[point]
            if length == 255:
                ready[document] = True
                num_unknown += 1
                break
            block = folded[point]
            for _ in range(length):
                out[to] = np.uint8(block & np.uint64(0xFF))
                block >>= _EIGHT_BITS
                to += 1
    out_offsets[len(offsets) - 1] = to
    return num_unknown
