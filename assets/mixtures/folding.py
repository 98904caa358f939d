"""What each character becomes in a normalised word, as a table for the compiled loop of words.py.

The table says what Polars says of the character alone. A character that Polars treats by its
neighbours (combining marks, the Greek capital sigma) is not in it: a text with one takes the slow
way as a whole. So the table changes speed and nothing else, and a test holds the two together.
"""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

UNKNOWN = np.uint8(255)
"""Length of a character that only the slow way knows."""
_MAX_BYTES = 8
_PLANE = 0x10000
"""Characters beyond the basic plane (emoji, rare ideographs) take the slow way."""
_SIGMA = "\u03a3"
_BEYOND_ASCII = 0x80

_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}])"
_JOINERS = r"[\x{200c}\x{200d}\x{fe00}-\x{fe0f}]"
"""They shape letters and emoji, are part of no word, and yet count as word characters."""
_FOREIGN_PUNCTUATION = r"[^\w\x00-\x7f]+"


@dataclass(frozen=True, kw_only=True)
class FoldingTable:
    lengths: npt.NDArray[np.uint8]
    """Per character of the basic plane, bytes of what it becomes, or UNKNOWN."""
    content: npt.NDArray[np.uint64]
    """Those bytes, the first one lowest."""


def normalise(texts: pl.Series) -> pl.Series:
    """Lower-case, fold compatibility forms (ligatures, full width) and cut: the slow way."""
    folded = texts.str.to_lowercase().str.normalize("NFKC").str.to_lowercase()
    folded = folded.str.replace_all(_JOINERS, "").str.replace_all(_FOREIGN_PUNCTUATION, " ")
    return folded.str.replace_all(_UNSPACED, " $1 ")


@lru_cache(maxsize=1)
def folding_table() -> FoldingTable:
    """Return the table, made once per process in a fraction of a second."""
    lengths = np.full(_PLANE, UNKNOWN, dtype=np.uint8)
    content = np.zeros(_PLANE, dtype=np.uint64)
    joining = _joining_characters()
    known = [
        chr(point)
        for point in range(_BEYOND_ASCII, _PLANE)
        if unicodedata.category(chr(point)) not in ("Cn", "Cs", "Co")
    ]
    series = pl.Series(known, dtype=pl.String)
    composed = series.str.to_lowercase().str.normalize("NFKC").to_list()
    for character, middle, becomes in zip(known, composed, normalise(series), strict=True):
        if character == _SIGMA or any(part == _SIGMA or part in joining for part in middle):
            continue
        encoded = becomes.encode()
        if len(encoded) <= min(_MAX_BYTES, 2 * len(character.encode())):
            lengths[ord(character)] = len(encoded)
            content[ord(character)] = int.from_bytes(encoded, "little")
    return FoldingTable(lengths=lengths, content=content)


def _joining_characters() -> frozenset[str]:
    """Characters that compose with, or are reordered among, their neighbours."""
    found: set[str] = set()
    for point in range(_BEYOND_ASCII, sys.maxunicode + 1):
        character = chr(point)
        if unicodedata.combining(character):
            found.add(character)
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(chr(int(parts[1], 16)))
    # Conjoining jamo compose by rule, not by table.
    found.update(map(chr, range(0x1100, 0x1200)))
    found.update(map(chr, range(0xA960, 0xA980)))
    found.update(map(chr, range(0xD7B0, 0xD800)))
    return frozenset(found)
