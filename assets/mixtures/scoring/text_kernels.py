"""Compiled loops that cut UTF-8 into tokens and hash them; nothing here knows what a score is.

Every byte of a document belongs to exactly one token, so that a code length over the tokens is one
over the bytes. The hash is our own: it decides what models learn and must not change.
"""

# mypy: disable-error-code="untyped-decorator,no-untyped-def,no-any-return"
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

WORD, NUMBER, UNSPACED, SYMBOL, NEWLINE, SPACE = 0, 1, 2, 3, 4, 5
"""Kinds: letters, digits, one ideograph or kana, one other character, line ends, other blanks."""
SPACED, CAPITAL, UPPER = 8, 16, 32
"""Flags beside the kind: one space stands before, first letter is a capital, all letters are."""
KIND = 7

_OFFSET = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_MIX_A = np.uint64(0x9E3779B97F4A7C15)
_MIX_B = np.uint64(0xD6E8FEB86659FD93)
_S32, _S29 = np.uint64(32), np.uint64(29)


@njit(cache=True, nogil=True)
def mixed(value):
    """Scatter a 64-bit value so that every bit depends on every bit."""
    value = (value ^ (value >> _S32)) * _MIX_B
    value = (value ^ (value >> _S29)) * _MIX_A
    return value ^ (value >> _S32)


@njit(cache=True, nogil=True)
def joined(first, second):
    """Hash of two hashes in their order."""
    return mixed(first * _PRIME + second)


@njit(cache=True, nogil=True)
def hash_rows(data: U8, offsets: I64, seed: np.uint64) -> U64:
    """Return one hash per row of an Arrow string column."""
    out = np.empty(len(offsets) - 1, dtype=np.uint64)
    for row in range(len(out)):
        value = _OFFSET ^ mixed(seed)
        for at in range(offsets[row], offsets[row + 1]):
            value = (value ^ np.uint64(data[at])) * _PRIME
        out[row] = mixed(value)
    return out


@njit(cache=True, nogil=True)
def _unspaced(data: U8, at: int, end: int) -> bool:
    """Whether a three or four byte character is Han, kana or fullwidth: a word of its own."""
    if at + 2 >= end:
        return False
    first, second = data[at], data[at + 1]
    if first == 0xE3:
        return second >= 0x81  # U+3040 on: kana, ideographs extension A
    if first >= 0xE4 and first <= 0xE9:
        return True
    if first == 0xEF:
        return second >= 0xA4 and second <= 0xAB  # compatibility ideographs
    return first == 0xF0 and second >= 0xA0 and second <= 0xAF


@njit(cache=True, nogil=True)
def _symbol(data: U8, at: int, end: int) -> bool:
    """Whether a character beyond ASCII is punctuation: U+00A0-BF, U+2000-2BFF, U+3000-303F."""
    first = data[at]
    if at + 1 >= end:
        return False
    second = data[at + 1]
    if first == 0xC2:
        return True
    if first == 0xE2:
        return second <= 0xAF
    if first == 0xE3:
        return second == 0x80
    return first == 0xEF and (second == 0xBC or second == 0xBD)


@njit(cache=True, nogil=True)
def _char_bytes(first: int) -> int:
    if first < 0xC0:
        return 1
    if first < 0xE0:
        return 2
    return 3 if first < 0xF0 else 4


@njit(cache=True, nogil=True)
def _kind_at(data: U8, at: int, end: int) -> int:
    byte = data[at]
    if (byte >= 97 and byte <= 122) or (byte >= 65 and byte <= 90):
        return WORD
    if byte >= 48 and byte <= 57:
        return NUMBER
    if byte == 10:
        return NEWLINE
    if byte == 32 or byte == 9 or byte == 13:
        return SPACE
    if byte < 128:
        return SYMBOL
    if _unspaced(data, at, end):
        return UNSPACED
    return SYMBOL if _symbol(data, at, end) else WORD


@njit(cache=True, nogil=True)
def _token_end(data: U8, at: int, end: int, kind: int) -> int:
    """Byte after the token that begins here."""
    if kind in (UNSPACED, SYMBOL):
        return min(end, at + _char_bytes(data[at]))
    while at < end and _kind_at(data, at, end) == kind:
        at = min(end, at + (_char_bytes(data[at]) if kind == WORD else 1))
    return at


@njit(cache=True, nogil=True)
def tokenise(data: U8, offsets: I64, ends: I64, exact: U64, folded: U64, marks: U8, bounds: I64):
    """Fill the arrays with the tokens of all rows and return how many there are.

    ends: byte after each token; exact and folded: hash as written (its blank included) and in
    lower case; marks: kind and flags; bounds: first token of each row. Arrays hold one entry per
    byte of data at most.
    """
    count = 0
    for row in range(len(offsets) - 1):
        bounds[row] = count
        at, end = offsets[row], offsets[row + 1]
        while at < end:
            mark = 0
            if data[at] == 32 and at + 1 < end and _kind_at(data, at + 1, end) < NEWLINE:
                mark, at = SPACED, at + 1
            kind = _kind_at(data, at, end)
            stop = _token_end(data, at, end, kind)
            lower, written, capitals = _OFFSET, _OFFSET ^ np.uint64(mark), 0
            for place in range(at, stop):
                byte = data[place]
                written = (written ^ np.uint64(byte)) * _PRIME
                if byte >= 65 and byte <= 90:
                    capitals += 1
                    byte += 32
                lower = (lower ^ np.uint64(byte)) * _PRIME
            if kind == WORD and data[at] >= 65 and data[at] <= 90:
                mark |= CAPITAL
                if capitals == stop - at and capitals > 1:
                    mark |= UPPER
            ends[count], exact[count], folded[count] = stop, mixed(written), mixed(lower)
            marks[count] = np.uint8(mark | kind)
            count += 1
            at = stop
    bounds[len(offsets) - 1] = count
    return count
