"""The measures of documents that quality rules look at: one column each, taken by compiled loops.

Numbers only: what is too much or too little is for the rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.corpora.cleaning.characters import character_table

if TYPE_CHECKING:
    from assets.corpora.cleaning.measure_kernels import Scratch

MEASURES = {
    "chars": "characters",
    "newlines": "line ends",
    "longest_line": "characters of the longest line",
    "alnum": "letters and digits",
    "lines": "lines that are not blank",
    "bullet_lines": "lines that begin with a bullet",
    "ellipsis_lines": "lines that end in an ellipsis",
    "ended_lines": "lines that end a sentence",
    "short_lines": "lines of at most 30 characters (15 of a script without spaces)",
    "repeated_lines": "lines met before in the document",
    "repeated_line_chars": "their characters",
    "paragraphs": "parts between blank lines (1 where no line is repeated)",
    "repeated_paragraphs": "paragraphs met before in the document",
    "repeated_paragraph_chars": "their characters",
    "hashes": "hash signs",
    "ellipses": "ellipses",
    "braces": "opening curly brackets",
    "sentences": "ends of sentences",
    "runs": "words between blanks",
    "tokens": "words, each mark counted as one",
    "words": "words that are not only marks",
    "word_chars": "their characters",
    "alphabetic": "words with a letter",
    "unspaced": "words of one character in a script without spaces",
    "stop_words": "different English stop words",
    "step": "words to one word of an n-gram rule",
    "top_2_count": "", "top_2_chars": "",
    "top_3_count": "", "top_3_chars": "",
    "top_4_count": "", "top_4_chars": "",
    **{f"repeated_{n}_chars": "" for n in range(5, 11)},
}  # fmt: skip

KINDS = {"prose": 0, "term": 1, "code": 2}
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")


def measure(texts: pl.Series, kinds: pl.Series) -> pl.DataFrame:
    """Return one row of MEASURES per text."""
    from assets.corpora.cleaning import measure_kernels
    from assets.corpora.cleaning.special_words import special_hashes

    data, offsets = arrow_buffers(texts)
    longest = int(np.diff(offsets).max(initial=0))
    out = np.zeros((len(texts), len(MEASURES)), dtype=np.int32)
    codes = kinds.replace_strict(KINDS, return_dtype=pl.UInt8).to_numpy()
    measure_kernels.measure_documents(
        data, offsets, codes, character_table(), special_hashes(), _stop_hashes(),
        _scratch(longest), out,
    )  # fmt: skip
    return pl.DataFrame({name: out[:, place] for place, name in enumerate(MEASURES)})


def arrow_buffers(texts: pl.Series) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the bytes of a string column and where each row begins and ends."""
    column = texts.rechunk().to_arrow()
    _, offsets, data = column.buffers()
    if data is None:
        data = b""
    begins = np.frombuffer(offsets, dtype=np.int64)[column.offset :][: len(texts) + 1]
    return np.frombuffer(data, dtype=np.uint8), begins


def _scratch(longest: int) -> Scratch:
    from assets.corpora.cleaning.measure_kernels import Scratch
    from assets.corpora.cleaning.repetition_kernels import new_table

    size = longest + 2
    return Scratch(
        codes=np.zeros(size, dtype=np.int32),
        bits=np.zeros(size, dtype=np.uint16),
        cuts=np.zeros(size, dtype=np.uint8),
        starts=np.zeros(size, dtype=np.int32),
        ends=np.zeros(size, dtype=np.int32),
        word_hashes=np.zeros(size, dtype=np.uint64),
        mets=np.zeros(size, dtype=np.uint16),
        prefixes=np.zeros(size, dtype=np.uint64),
        hashes=np.zeros(size, dtype=np.uint64),
        chars=np.zeros(size, dtype=np.int32),
        table=new_table(size),
    )


def _stop_hashes() -> npt.NDArray[np.uint64]:
    from assets.corpora.cleaning.edge_kernels import hash_of

    codes = [np.array([ord(letter) for letter in word], dtype=np.int32) for word in STOP_WORDS]
    return np.array([hash_of(word, 0, len(word)) for word in codes], dtype=np.uint64)
