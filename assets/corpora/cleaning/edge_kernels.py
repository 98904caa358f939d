"""Compiled loops for the ends of a run without blanks: what parts there, and what is kept whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.corpora.cleaning.characters import CURRENCY, DIGIT, ICON, LOWER, MARK, UPPER
from assets.corpora.cleaning.compiled import compiled, part

U16 = npt.NDArray[np.uint16]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]

DOT, HYPHEN, PLUS, PERCENT = 46, 45, 43, 37
EQUALS, SECTION, DEGREE, SUPERSCRIPT_TWO = 61, 0xA7, 0xB0, 0xB2

LONGEST_SPECIAL = 6
SPECIAL_ENDS = (DOT, 41, 114, 116)
"""Last characters of the special words: a full stop, a bracket, and/or, cannot."""
UNIT_PREFIX = np.uint64(1)
"""Stands before a unit among the special words, for the digit before it in a text."""
OFFSET, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@part
def is_special(codes: I32, first: int, end: int, specials: U64) -> bool:
    """Whether the run is one of the abbreviations that keep their full stop, and the like."""
    if not 1 < end - first <= LONGEST_SPECIAL or codes[end - 1] not in SPECIAL_ENDS:
        return False
    return _is_member(specials, hash_of(codes, first, end))


@part
def _is_member(table: U64, value: np.uint64) -> bool:
    """Whether a hash is in an open-addressing table, whose length is a power of two."""
    mask = np.uint64(len(table) - 1)
    slot = value & mask
    while table[slot] != 0:
        if table[slot] == value:
            return True
        slot = (slot + np.uint64(1)) & mask
    return False


@compiled
def hash_of(codes: I32, first: int, end: int) -> np.uint64:
    """Return the FNV-1a hash of code points."""
    value = OFFSET
    for at in range(first, end):
        value = (value ^ np.uint64(codes[at])) * PRIME
    return value


@part
def prefix(codes: I32, bits: U16, first: int, end: int) -> int:
    """Return how many characters part from the left: a mark, dots, a currency sign."""
    code = codes[first]
    if code == DOT:
        at = first
        while at < end and codes[at] == DOT:
            at += 1
        return at - first if at - first > 1 else 0
    if bits[first] & (MARK | CURRENCY) or code in (SECTION, PERCENT, EQUALS):
        return 1
    following = bits[first + 1] if first + 1 < end else 0
    return 1 if code == PLUS and not following & DIGIT else 0


@part
def suffix(codes: I32, bits: U16, first: int, end: int, units: U64) -> int:
    """Return how many characters part from the right: a mark, dots, 's, a unit after a digit."""
    last = end - 1
    if last < first:
        return 0
    code = codes[last]
    if bits[last] & MARK:
        return 1
    before = bits[last - 1] if last > first else 0
    mark_before = codes[last - 1] if last > first else 0
    if code == DOT:
        return _suffix_dots(codes, bits, first, last)
    if (code == 115 or code == 83) and (mark_before == 39 or mark_before == 0x2019):
        return 2
    if before & DIGIT and (code == PLUS or bits[last] & CURRENCY):
        return 1
    return _unit(codes, bits, first, end, units)


@part
def _suffix_dots(codes: I32, bits: U16, first: int, last: int) -> int:
    """Return 1 for a full stop that ends a sentence, all of an ellipsis, 0 for U.S. or "A."."""
    at = last
    while at > first and codes[at - 1] == DOT:
        at -= 1
    if at < last:
        return last - at + 1
    if at == first:
        return 0
    code, before = codes[at - 1], bits[at - 1]
    if before & (DIGIT | LOWER | MARK) and not before & ICON:
        return 1
    if code in (PERCENT, SUPERSCRIPT_TWO, HYPHEN, PLUS):
        return 1
    second = bits[at - 2] if at - 2 >= first else 0
    if at - 2 >= first and codes[at - 2] == DEGREE and (code | 32) in (99, 102, 107):
        return 1
    return 1 if before & UPPER and second & UPPER else 0


@part
def _unit(codes: I32, bits: U16, first: int, end: int, units: U64) -> int:
    """Return the length of a unit of measurement that stands directly behind a digit, or 0."""
    at = end
    while at > first and end - at < 6 and not bits[at - 1] & DIGIT:
        at -= 1
    if at in (end, first) or not bits[at - 1] & DIGIT:
        return 0
    value = (OFFSET ^ UNIT_PREFIX) * PRIME
    for place in range(at, end):
        value = (value ^ np.uint64(codes[place])) * PRIME
    return end - at if _is_member(units, value) else 0
