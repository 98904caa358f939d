"""Compiled loops for the inside of a run without blanks: hyphens, slashes, operators, contractions.

A web or mail address is one word.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.corpora.cleaning.characters import ALPHA, DIGIT, ICON, LOWER, QUOTE, UPPER
from assets.corpora.cleaning.compiled import part

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
I32 = npt.NDArray[np.int32]

DOT, HYPHEN, PLUS, SLASH = 46, 45, 43, 47
EN_DASH, EM_DASH = 0x2013, 0x2014


@part
def cut_inside(codes: I32, bits: U16, first: int, end: int, cuts: U8) -> None:
    """Mark hyphens, slashes, dots, operators and contractions within a run, as spaCy's infixes."""
    at = first + 1
    while at < end:
        length = _infix(codes, bits, at, end) if not bits[at] & (ALPHA | DIGIT) else 0
        if length:
            cuts[at] = 1
            if at + length < end:
                cuts[at + length] = 1
            at += length
        else:
            at += 1
    if codes[end - 1] == 116 and end - first > 3 and codes[end - 3] == 110:
        quote = codes[end - 2]
        if quote == 39 or quote == 0x2019:
            cuts[end - 3] = 1  # do|n't
            return
    for length in (2, 3):
        place = end - length
        apostrophe = place > first and codes[place] in (39, 0x2019)
        if apostrophe and bits[place - 1] & ALPHA and bits[end - 1] & LOWER:
            cuts[place] = 1  # we|'ll


@part
def _infix(codes: I32, bits: U16, at: int, end: int) -> int:
    """Return the length of what parts a run at this place, or 0."""
    code, before, after = codes[at], bits[at - 1], bits[at + 1] if at + 1 < end else 0
    if code == DOT:
        stop = at
        while stop < end and codes[stop] == DOT:
            stop += 1
        if stop - at > 1:
            return stop - at
        return 1 if before & (LOWER | QUOTE) and after & (UPPER | QUOTE) else 0
    if code == 0x2026 or bits[at] & ICON:
        return 1
    next_code = codes[at + 1] if at + 1 < end else 0
    operand = after & DIGIT or next_code == HYPHEN
    if code in (PLUS, HYPHEN, 42, 94) and before & DIGIT and operand:
        return 1
    if code == 44:
        return 1 if before & ALPHA and after & ALPHA else 0
    if not before & (ALPHA | DIGIT):
        return 0
    if code in (HYPHEN, EN_DASH, EM_DASH, 126):
        length = 1
        while length < 3 and at + length < end and codes[at + length] == code and code != 126:
            length += 1
        return length if at + length < end and bits[at + length] & ALPHA else 0
    return 1 if code in (58, 60, 61, 62, SLASH) and after & ALPHA else 0


@part
def is_address(codes: I32, bits: U16, first: int, end: int) -> bool:
    """Whether the run is a web or mail address: dotted host, last label of lower-case letters."""
    at, dots = first, 0
    for place in range(first, end - 1):
        dots += codes[place] == DOT
        if codes[place] == 64 or (codes[place] == SLASH and codes[place + 1] == SLASH):
            if not dots and codes[place] == SLASH and codes[place - 1] != 58:
                return False
            at = place + 1 + (codes[place] == SLASH)
            if codes[place] == SLASH:
                break
    if not dots and at == first:
        return False
    label, dotted = at, False
    while at < end and (bits[at] & (ALPHA | DIGIT) or codes[at] in (DOT, HYPHEN, 95)):
        if codes[at] == DOT:
            if at == label:
                return False
            label, dotted = at + 1, True
        at += 1
    if not dotted or at - label < 2:
        return False
    for place in range(label, at):
        if not bits[place] & LOWER:
            return False
    if at == end or codes[at] in (SLASH, 63, 35):
        return True
    return codes[at] == 58 and at + 2 < end and bits[at + 1] & DIGIT and bits[end - 1] & DIGIT
