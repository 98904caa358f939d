"""From counted words to BPE pieces in rank order.

Owns the limits of a piece; the loops are in learn_kernels.py. The merges are equal to those of
`tokenizers`' BpeTrainer on the same words, which a test holds.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from assets.tokenizers.words import WordCounts
from model.columns import column_bytes
from model.cuts import NUM_CODE_POINTS

Merge = tuple[str, str]

MIN_PAIR_COUNT = 2
"""Pairs seen once are not learned (our choice)."""

MAX_PIECE_CHARS = 24
"""Longer pieces are rulers and table borders, hardly ever words (our choice); pieces stay below."""


def learn_merges(
    counts: WordCounts,
    num_pieces: int,
    *,
    min_count: int = MIN_PAIR_COUNT,
    max_chars: int = MAX_PIECE_CHARS,
) -> tuple[Merge, ...]:
    """Return merges in rank order that give up to `num_pieces` different pieces."""
    from assets.tokenizers.learn_kernels import Names, Words, learn

    if not counts.num_words or num_pieces < 1:
        return ()
    chars, sizes = _characters(counts.words)
    is_used = np.zeros(NUM_CODE_POINTS, dtype=np.bool_)
    is_used[chars] = True
    alphabet = np.flatnonzero(is_used)
    symbols = (np.cumsum(is_used, dtype=np.int32) - 1)[chars]
    room = len(alphabet) + num_pieces
    names = Names(
        chars=np.empty(len(alphabet) + max_chars * (num_pieces + 1), dtype=np.int32),
        bounds=np.zeros(room + 2, dtype=np.int64),
        slots=np.full(1 << (4 * room).bit_length(), -1, dtype=np.int32),
        used=np.array([len(alphabet)], dtype=np.int64),
    )
    names.chars[: len(alphabet)] = alphabet
    names.bounds[: len(alphabet) + 1] = np.arange(len(alphabet) + 1)
    rows = np.zeros((len(sizes), 4), dtype=np.int64)
    rows[:, 0], rows[:, 1] = np.cumsum(sizes) - sizes, sizes
    rows[:, 2] = counts.words["count"].to_numpy()
    words = Words(symbols=symbols, rows=rows)
    merges = learn(words, names, num_pieces, min_count, max_chars)
    spelt = _spelt(names.chars, names.bounds[: names.used[0] + 1])
    return tuple((spelt[first], spelt[second]) for first, second, _ in merges.tolist())


def _characters(words: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the code points of all words, and how many each word has."""
    data, bounds = column_bytes(words["word"])
    text = data[bounds[0] : bounds[-1]].tobytes().decode()
    is_start = (data & 0xC0) != 0x80
    before = np.concatenate([[0], np.cumsum(is_start)])
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.int32), np.diff(before[bounds])


def _spelt(chars: np.ndarray, bounds: np.ndarray) -> list[str]:
    text = chars[: bounds[-1]].astype("<i4").tobytes().decode("utf-32-le")
    return [text[first:end] for first, end in pairwise(bounds.tolist())]
