"""Building blocks of the rules' expressions, over UTF-8 bytes.

Every expression is tried at one place found by the scan, has a bounded width and repeats nothing
that repeats, so that the work per place is bounded: tests hold all of them to it.
"""

from __future__ import annotations

import re

UPPER = rb"(?:[A-Z]|\xc3[\x80-\x9e]|[\xc4\xc5][\x80-\xbf])"
LETTER = rb"(?:[A-Za-z]|[\xc3-\xc9][\x80-\xbf])"
JOIN = rb"(?:['\-]|\xe2\x80[\x90\x91\x98\x99])"
WORD = UPPER + rb"(?:" + LETTER + rb"|" + JOIN + rb"(?=" + LETTER + rb")){0,30}+"
"""A capitalised word: O'Brien, Garcia-Lopez, and an initial."""
HAN = rb"(?:[\xe4-\xe9][\x80-\xbf]{2}|\xe3[\x90-\xbf][\x80-\xbf])"
"""Three-byte ideographs (U+3400 to U+9FFF): no kana."""
CJK = rb"(?:[\xe3-\xe9][\x80-\xbf]{2})"
COLON = rb"(?::|\xef\xbc\x9a)"
"""ASCII or full-width."""
DIGIT_START = rb"(?<![0-9A-Za-z])"
DIGIT_END = rb"(?![0-9A-Za-z])"
GAP = rb"[ \t]{1,3}"

BACK_BYTES = 80
"""How far before a place a rule looks: longer than any street with its number."""

ALL: list[re.Pattern[bytes]] = []
"""Every expression of the package, for the test of their width."""


def compiled(*parts: bytes, ignore_case: bool = False) -> re.Pattern[bytes]:
    """Compile an expression and put it on the list."""
    pattern = re.compile(b"".join(parts), re.IGNORECASE if ignore_case else 0)
    ALL.append(pattern)
    return pattern


def behind(data: bytes, lo: int, pos: int, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
    r"""Return the match of a pattern ending in \Z that ends at pos, within BACK_BYTES."""
    start = max(lo, pos - BACK_BYTES)
    while start < pos and 0x80 <= data[start] < 0xC0:
        start += 1
    return pattern.search(data, start, pos)
