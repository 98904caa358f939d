"""Normalised words of many documents at once, with a hash each.

Lower-cased, punctuation stripped, one word per ideograph or kana (those scripts put no spaces
between words). Compiled loops rewrite, cut and hash the bytes; what they cannot know goes through
Polars. The hash is our own (word_hash.py), whatever the version of a library.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.folding import folding_table, normalise
from assets.mixtures.word_hash import MIXERS

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

BATCH_BYTES = 4 << 20
"""Text handled at a time, so that the temporaries (about 12 bytes per byte) stay small."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """Words of consecutive documents."""

    text: npt.NDArray[np.uint8]
    """Normalised UTF-8 of all documents."""
    starts: I64
    """First byte of each word."""
    ends: I64
    """Byte after each word."""
    hashes: U64
    bounds: I64
    """Document i has the words bounds[i] to bounds[i + 1]."""

    @property
    def num_documents(self) -> int:
        return len(self.bounds) - 1

    def phrase(self, first: int, count: int) -> str:
        """Return `count` words from word `first` on, joined by single spaces."""
        spans = zip(
            self.starts[first : first + count], self.ends[first : first + count], strict=True
        )
        return b" ".join(self.text[start:end].tobytes() for start, end in spans).decode()


def words_of(texts: pl.Series) -> Words:
    """Cut and hash the words of all texts (a null counts as empty)."""
    parts = [_words_of_batch(batch) for _, batch in batches(texts)]
    if len(parts) == 1:
        return parts[0]
    first_byte = np.cumsum([0, *(len(part.text) for part in parts)])
    first_word = np.cumsum([0, *(len(part.starts) for part in parts)])
    joined = list(zip(parts, first_byte, first_word, strict=False))
    return Words(
        text=_joined([part.text for part in parts], np.uint8),
        starts=_joined([part.starts + byte for part, byte, _ in joined], np.int64),
        ends=_joined([part.ends + byte for part, byte, _ in joined], np.int64),
        hashes=_joined([part.hashes for part in parts], np.uint64),
        bounds=np.append(
            _joined([part.bounds[:-1] + word for part, _, word in joined], np.int64),
            first_word[-1],
        ),
    )


def batches(texts: pl.Series, batch_bytes: int = BATCH_BYTES) -> Iterator[tuple[int, pl.Series]]:
    """Yield (first row, texts) of about `batch_bytes` each, never an empty one."""
    ends = texts.str.len_bytes().fill_null(0).cast(pl.Int64).cum_sum().to_numpy()
    first = 0
    while first < len(texts):
        taken = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, taken + batch_bytes, side="right")))
        yield first, texts.slice(first, last - first)
        first = last


def _joined(parts: list[npt.NDArray[Any]], dtype: type[np.generic]) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=dtype), *parts])


def _words_of_batch(texts: pl.Series) -> Words:
    from assets.mixtures.word_kernels import GROUP, cut_words

    given = folding_of(texts)
    size = len(given.content)
    text = np.zeros(2 * size + 2 * GROUP, dtype=np.uint8)
    most = size + len(texts)
    starts, ends = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    hashes = np.empty(most, dtype=np.uint64)
    bounds = np.empty(len(given.offsets), dtype=np.int64)
    used, count = cut_words(*given, MIXERS, text, loads_of(text), starts, ends, hashes, bounds)
    return Words(
        text=text[:used],
        starts=starts[:count].copy(),
        ends=ends[:count].copy(),
        hashes=hashes[:count].copy(),
        bounds=bounds,
    )


class Folding(NamedTuple):
    """What the compiled loops need to fold some texts."""

    content: npt.NDArray[np.uint8]
    """UTF-8 of all texts."""
    loads: U64
    offsets: I64
    is_normal: npt.NDArray[np.bool_]
    """Texts that went through Polars, because the table does not know a character of theirs."""
    lengths: npt.NDArray[np.uint8]
    folded: U64


def folding_of(texts: pl.Series) -> Folding:
    """Return the bytes of some texts (a null counts as empty), ready to be folded."""
    from assets.mixtures.word_kernels import find_unknown

    table = folding_table()
    content, offsets = _buffers(texts)
    unknown = find_unknown(content, loads_of(content), offsets, table.lengths)
    if unknown.any():
        rows = np.flatnonzero(unknown)
        texts = texts.scatter(rows, normalise(texts.gather(rows)))
        content, offsets = _buffers(texts)
    return Folding(content, loads_of(content), offsets, unknown, table.lengths, table.content)


def loads_of(content: npt.NDArray[np.uint8]) -> U64:
    """Return the eight bytes from every byte on, as far as there are eight, on any machine."""
    count = max(0, len(content) - 7)
    return np.ndarray(shape=(count,), dtype="<u8", buffer=content, strides=(1,))


def _buffers(texts: pl.Series) -> tuple[npt.NDArray[np.uint8], I64]:
    """Return the bytes of all texts and the offset of each."""
    if not len(texts):
        return np.frombuffer(b"", dtype=np.uint8), np.frombuffer(bytes(8), dtype=np.int64)
    array = texts.fill_null("").to_arrow()
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)[: len(texts) + 1]
    size = int(offsets[-1])
    if not size:
        return np.frombuffer(b"", dtype=np.uint8), offsets
    return np.frombuffer(array.buffers()[2], dtype=np.uint8, count=size), offsets
