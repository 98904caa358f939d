"""Static word embeddings of the installed wordllama package: a text is the sum of its words.

Read from the package's files, never imported (it sets up logging when it is) and never downloaded.
A word is lower-cased, cut into the package's pieces and embedded as their sum.
"""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.scoring.embedding_kernels import F32, F64, sum_pieces, sum_words
from assets.mixtures.scoring.hash_kernels import place, room_for
from assets.mixtures.scoring.text import Tokens, tokens_of
from assets.mixtures.scoring.text_kernels import I64, KIND, NUMBER, SPACED, SYMBOL, U64

PACKAGE = "wordllama"
WEIGHTS = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
MAX_KNOWN_WORDS = 1 << 17
"""Words whose vectors are kept between batches (1 KiB each); then they are forgotten together."""
MAX_TEXT_TOKENS = 1500
"""A topic is told by the beginning of a document, about a thousand words. Our choice."""
MAX_WORD_BYTES = 64
"""Longer runs are no words of a language and count for nothing."""


class WordVectors:
    """Sums of word vectors; what it remembers between calls never changes what it returns."""

    def __init__(self) -> None:
        self._keys: U64 = np.zeros(0, dtype=np.uint64)
        self._vectors: F32 = np.zeros((0, self.dimensions), dtype=np.float32)

    @property
    def dimensions(self) -> int:
        return int(self._pieces.shape[1])

    def embed(self, tokens: Tokens) -> F64:
        """Return one vector per document (rows x dimensions), zero for a text without words."""
        bounds, chosen = _beginnings(tokens)
        folded, marks = tokens.folded[chosen], tokens.marks[chosen]
        self._learn(tokens, folded, marks, chosen)
        table, slots = place(self._keys, room_for(len(self._keys)))
        rows = np.zeros(len(table), dtype=np.int32)
        rows[slots] = np.arange(len(slots), dtype=np.int32)
        out = np.zeros((len(bounds) - 1, self.dimensions), dtype=np.float64)
        sum_words(folded, marks, bounds, table, rows, self._vectors, out)
        return out

    def embed_texts(self, texts: list[str]) -> F64:
        return self.embed(tokens_of(pl.Series(texts, dtype=pl.String)))

    def _learn(self, tokens: Tokens, folded: U64, marks: npt.NDArray[np.uint8], at: I64) -> None:
        """Embed the words that are not known yet."""
        kinds = marks & KIND
        words = np.flatnonzero((kinds < SYMBOL) & (kinds != NUMBER))
        keys, first = np.unique(folded[words], return_index=True)
        if len(self._keys) + len(keys) > MAX_KNOWN_WORDS:
            self._keys, self._vectors = self._keys[:0], self._vectors[:0]
        new = ~np.isin(keys, self._keys, assume_unique=True)
        if new.any():
            found = _spellings(tokens, at[words[first[new]]])
            self._keys = np.concatenate([self._keys, keys[new]])
            self._vectors = np.concatenate([self._vectors, self._word_vectors(found)])

    def _word_vectors(self, words: list[str]) -> F32:
        encoded = self._tokenizer.encode_batch_fast(words, add_special_tokens=False)
        pieces = [code.ids for code in encoded]
        bounds = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
        ids = np.fromiter(chain.from_iterable(pieces), dtype=np.int64, count=int(bounds[-1]))
        out = np.zeros((len(words), self.dimensions), dtype=np.float32)
        sum_pieces(ids, bounds, self._pieces, out)
        return out

    @cached_property
    def _pieces(self) -> F32:
        from safetensors.numpy import load_file

        (table,) = load_file(_package_file(WEIGHTS)).values()
        return np.ascontiguousarray(table, dtype=np.float32)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(_package_file(TOKENIZER)))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer


def _package_file(name: str) -> Path:
    spec = find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        if Path(folder, name).is_file():
            return Path(folder, name)
    raise FileNotFoundError(f"{PACKAGE} has no file {name}: run `pip install 'wordllama>=0.4'`")


def _beginnings(tokens: Tokens) -> tuple[I64, I64]:
    """Return bounds and places of the first tokens of every document."""
    lengths = np.minimum(np.diff(tokens.bounds), MAX_TEXT_TOKENS)
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    shift = np.repeat(tokens.bounds[:-1] - bounds[:-1], lengths)
    return bounds, np.arange(bounds[-1], dtype=np.int64) + shift


def _spellings(tokens: Tokens, at: I64) -> list[str]:
    """Return the tokens at given places in lower case."""
    ends = tokens.ends[at]
    starts = np.where(at > 0, tokens.ends[at - 1], 0) + ((tokens.marks[at] & SPACED) > 0)
    starts = np.where(ends - starts > MAX_WORD_BYTES, ends, starts)
    data = tokens.data.tobytes() if len(at) else b""
    return [
        data[start:end].decode("utf-8", "replace").lower()
        for start, end in zip(starts, ends, strict=True)
    ]
