"""Two public tokenizers that come with ordinary packages, to compare a vocabulary with.

Owns where their files lie and how they are asked. They measure and are never part of an artifact;
one whose package is missing is reported as missing.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl


class Yardstick(Protocol):
    """A vocabulary seen from outside."""

    vocab_size: int

    def counts(self, texts: pl.Series) -> npt.NDArray[np.int64]:
        """Return the number of tokens of each text."""

    def split(self, term: str) -> list[str]:
        """Return the pieces of a term that stands inside a sentence, after a space."""


@dataclass(frozen=True, kw_only=True)
class Public:
    """Where a public vocabulary comes from."""

    name: str
    package: str
    """The distribution to install, which is also the module that holds the file."""
    file: str
    licence: str
    about: str


PUBLIC = (
    Public(
        name="llama2",
        package="wordllama",
        file="tokenizers/l2_supercat_tokenizer_config.json",
        licence="MIT package; vocabulary under the Llama 2 Community License",
        about="Llama 2, SentencePiece BPE, 32,000 entries",
    ),
    Public(
        name="qwen",
        package="dashscope",
        file="resources/qwen.tiktoken",
        licence="Apache-2.0 package",
        about="Qwen, byte-level BPE, 151,643 entries",
    ),
)


def public_yardsticks() -> tuple[dict[str, Yardstick], dict[str, str]]:
    """Return the installed ones, and for each missing one how to get it."""
    found: dict[str, Yardstick] = {}
    missing: dict[str, str] = {}
    for public in PUBLIC:
        path = _file(public)
        if path is None:
            missing[public.name] = f"not measured: pip install {public.package}"
        else:
            found[public.name] = _Llama(path) if path.suffix == ".json" else _Ranks(path)
    return found, missing


def _file(public: Public) -> Path | None:
    spec = importlib.util.find_spec(public.package)
    folders = (spec.submodule_search_locations or ()) if spec else ()
    paths = [Path(folder, public.file) for folder in folders]
    return next((path for path in paths if path.is_file()), None)


class _Llama:
    """A tokenizer.json that puts a blank before every text."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        self._backend = Tokenizer.from_file(str(path))
        self._backend.no_truncation()
        self._backend.no_padding()
        self.vocab_size = int(self._backend.get_vocab_size())

    def counts(self, texts: pl.Series) -> npt.NDArray[np.int64]:
        encodings = self._backend.encode_batch_fast(texts.to_list(), add_special_tokens=False)
        return np.array([len(encoding.ids) for encoding in encodings], dtype=np.int64)

    def split(self, term: str) -> list[str]:
        pieces: list[str] = self._backend.encode(term, add_special_tokens=False).tokens
        return [piece.replace("\u2581", " ") for piece in pieces]


class _Ranks:
    """A .tiktoken file of byte pieces, cut by Qwen's pattern."""

    def __init__(self, path: Path) -> None:
        from gigatoken import Tokenizer

        self._backend: Any = Tokenizer.from_tiktoken(str(path), pretokenizer="qwen2")
        self._pieces: dict[int, bytes] = self._backend.vocab
        self.vocab_size = int(self._backend.vocab_size)

    def counts(self, texts: pl.Series) -> npt.NDArray[np.int64]:
        if texts.is_empty():
            return np.zeros(0, dtype=np.int64)
        encoded = self._backend.encode_batch(texts.to_list())
        return np.array([len(ids) for ids in encoded], dtype=np.int64)

    def split(self, term: str) -> list[str]:
        ids = self._backend.encode_batch([" " + term])[0]
        return [self._pieces[int(index)].decode(errors="replace") for index in ids]
