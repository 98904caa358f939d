"""Words of one text without the compiled loops: those of words.py, as fast for a page.

Never for a corpus: it takes three times as long (ideographs seven times), and no second to import a
compiler.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from assets.mixtures.folding import normalise
from assets.mixtures.word_hash import MARGIN, hashes_of
from assets.mixtures.words import Words, loads_of

_IS_WORD = np.array(
    [byte >= 0x80 or chr(byte).isalnum() or byte == ord("_") for byte in range(256)]
)
"""Bytes of a folded text that a word may hold: [0-9a-z_] and beyond ASCII."""


def words_of_text(text: str) -> Words:
    """Cut and hash the words of one text."""
    folded = text if text.isascii() else str(normalise(pl.Series([text])).item())
    # What Polars lower-cased stays; bytes.lower() knows no letter beyond ASCII.
    content = folded.encode().lower()
    padded = np.frombuffer(content + bytes(MARGIN), dtype=np.uint8)
    is_word = np.concatenate([[False], _IS_WORD[padded]])
    starts, ends = np.flatnonzero(is_word[1:] != is_word[:-1]).reshape(-1, 2).T
    return Words(
        text=padded[: len(content)],
        starts=starts,
        ends=ends,
        hashes=hashes_of(loads_of(padded), starts, ends),
        bounds=np.array([0, len(starts)], dtype=np.int64),
    )
