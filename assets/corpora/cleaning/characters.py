"""What the rules know about a character, as one table of bit sets over all code points.

The table is built from Python's Unicode data on first use; kernels only look it up.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt

SPACE, ALPHA, LOWER, UPPER, DIGIT, MARK = 1, 2, 4, 8, 16, 32
PUNCTUATION, UNSPACED, ALNUM, ENDS_SENTENCE = 64, 128, 256, 512
BULLET, ICON, CURRENCY, QUOTE = 1024, 2048, 4096, 8192

TABLE_SIZE = 0x40000
"""Planes 0 to 3. Beyond them lie tags and private use: kernels give those no class."""

MARKS = (
    ",:;!?()[]{}<>_#*&\u00bf\u00a1\u2026\u00b7\u2014\u2013\uff5e\uff06\uff0c\uff1b\uff1a\uff01\uff1f"
    "\u3001\u3002\u060c\u061b\u061f\u066a\u06d4\u0964"
)
QUOTES = (
    "'\"`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
    "\u300c\u300d\u300e\u300f\uff08\uff09\u3014\u3015\u3010\u3011\u300a\u300b\u3008\u3009"
)
"""Marks and quotes are words of their own where a word begins or ends; hyphen, slash and full stop
have rules of their own (word_kernels.py)."""

SENTENCE_ENDS = (
    ".!?\"'\u201d\u2019\u3002\uff01\uff1f\uff0e\u2026\u300d\u300f\u0964\u06d4\u061f\u0589\u1362"
)
"""C4's (arXiv 1910.10683, section 2.2: a period, exclamation mark, question mark, or end quotation
mark), and their counterparts in other scripts."""

BULLETS = "-*\u2022\u2023\u25cf\u25aa\u25e6\u2043"

UNSPACED_RANGES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Scripts written without spaces between words (Korean has them)."""


@lru_cache(maxsize=1)
def character_table() -> npt.NDArray[np.uint16]:
    """Return the bit set of each code point below TABLE_SIZE, (TABLE_SIZE,)."""
    table = np.zeros(TABLE_SIZE, dtype=np.uint16)
    for code in range(0x20000):
        table[code] = _bits(chr(code))
    table[0x20000:] = ALPHA | LOWER | UPPER | ALNUM
    for first, last in UNSPACED_RANGES:
        table[first : last + 1] |= UNSPACED
    for characters, bit in (
        (MARKS + QUOTES, MARK),
        (SENTENCE_ENDS, ENDS_SENTENCE),
        (BULLETS, BULLET),
        (QUOTES, QUOTE),
    ):
        table[[ord(character) for character in characters]] |= bit
    table.setflags(write=False)
    return table


def _bits(character: str) -> int:
    category = unicodedata.category(character)
    bits = SPACE if character.isspace() else 0
    bits |= ALNUM if character.isalnum() else 0
    bits |= DIGIT if character in "0123456789" else 0
    if character.isalpha():
        cased_up = category in ("Lu", "Lt")
        cased_down = category == "Ll"
        # A letter without case may stand on either side of a full stop.
        bits |= ALPHA | (UPPER if not cased_down else 0) | (LOWER if not cased_up else 0)
    if category[0] == "P" or (category[0] == "S" and character < "\x80"):
        bits |= PUNCTUATION
    bits |= CURRENCY if category == "Sc" else 0
    return bits | ((ICON | MARK) if category == "So" else 0)
