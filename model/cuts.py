"""Where text is cut before merging: the pattern, and the class of every character under it.

Owns the one definition that training and encoding share. The classes are asked from the reference
library, never from Python's tables: the two may follow different Unicode versions.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

CUT_PATTERN = "|".join(
    (
        r"\p{N}",  # digits stand alone (arXiv 2502.12671 appendix C)
        r" ?[\p{L}\p{M}]+",  # a word, with the one space before it
        r" ?[^\s\p{L}\p{M}\p{N}]+",  # a run of punctuation and symbols
        r"[\r\n]+",  # line ends apart from what indents the next line
        r"[^\S\r\n]+(?!\S)",  # blanks, all but the one that the next word takes along
        r"\s+",
    )
)
"""Merges never cross these cuts. The space is a character like any other: SentencePiece's marker
U+2581 would make a text that contains U+2581 itself come back changed."""

OTHER, DIGIT, LETTER, BLANK, LINE_END = 0, 1, 2, 3, 4
"""Classes of characters: the rest, \\p{N}, [\\p{L}\\p{M}], \\s but line ends, [\\r\\n]."""

NUM_CODE_POINTS = 0x110000

_BLOCKS = ((0, 0xD800), (0xE000, 0x40000), (0xE0000, 0xE1000))
"""Planes 4 to 13 hold no characters, planes 15 and 16 are for private use: all of class OTHER."""

_RUNS = r"\p{N}+|[\p{L}\p{M}]+|\s+|[^\s\p{L}\p{M}\p{N}]+"


@cache
def character_classes() -> npt.NDArray[np.uint8]:
    """Return the class of each code point, uint8 [0x110000]; takes a quarter of a second once."""
    from tokenizers import Regex, pre_tokenizers

    text = "".join(chr(code) for first, end in _BLOCKS for code in range(first, end))
    runs = pre_tokenizers.Split(Regex(_RUNS), behavior="isolated").pre_tokenize_str(text)
    heads = "".join(run[0] for run, _ in runs)
    kinds = ((DIGIT, r"\p{N}"), (LETTER, r"[\p{L}\p{M}]"), (BLANK, r"\s"))
    members = {kind: _matches(pattern, heads) for kind, pattern in kinds}
    classes = np.zeros(NUM_CODE_POINTS, dtype=np.uint8)
    for run, _ in runs:
        kind = next((kind for kind, found in members.items() if run[0] in found), OTHER)
        classes[np.frombuffer(run.encode("utf-32-le"), dtype="<u4")] = kind
    classes[[ord("\r"), ord("\n")]] = LINE_END
    return classes


def _matches(pattern: str, text: str) -> frozenset[str]:
    """Return the characters of a text that a pattern of one character matches."""
    from tokenizers import Regex, pre_tokenizers

    split = pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True)
    return frozenset("".join(piece for piece, _ in split.pre_tokenize_str(text)))
