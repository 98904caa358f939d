"""The tokenizer as every part of the platform uses it: text to ids and back, without loss.

Owns the layout of the special ids. Torch-free. Training a vocabulary is not done here but in
assets/tokenizers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer as _Backend

if TYPE_CHECKING:
    import polars as pl

    from model.encoder import FastEncoder

logger = logging.getLogger(__name__)

FILE_NAME = "tokenizer.json"

UNK, BOS, EOS = "<unk>", "<s>", "</s>"
B_SYS, B_USYS, C_Q, C_A, B_FUNC, B_CODE = (
    "<B_SYS>",
    "<B_USYS>",
    "<C_Q>",
    "<C_A>",
    "<B_FUNC>",
    "<B_CODE>",
)
_NAMED_IDS = {
    UNK: 0,
    BOS: 1,
    EOS: 2,
    B_SYS: 71,
    B_USYS: 72,
    C_Q: 73,
    C_A: 74,
    B_FUNC: 75,
    B_CODE: 76,
}
"""71..76 are the release's (chatllm.cpp); 0..2 are those of the Baichuan family."""

NUM_SPECIAL = 131
"""Ids 0..130; the unnamed ones are `<reserved_{id}>` (numbering by id is our choice)."""

NUM_BYTES = 256


def special_tokens() -> tuple[str, ...]:
    """Return the special tokens in the order of their ids."""
    by_id = {index: name for name, index in _NAMED_IDS.items()}
    return tuple(by_id.get(index, f"<reserved_{index}>") for index in range(NUM_SPECIAL))


def byte_tokens() -> tuple[str, ...]:
    """Return the 256 tokens of single bytes, which follow the special ones."""
    return tuple(f"<0x{byte:02X}>" for byte in range(NUM_BYTES))


class Tokenizer:
    """One trained vocabulary."""

    bos_id = _NAMED_IDS[BOS]
    eos_id = _NAMED_IDS[EOS]
    pad_id = _NAMED_IDS[UNK]
    """Byte fallback leaves no text unknown, so id 0 is free to mean padding."""

    def __init__(self, backend: _Backend) -> None:
        names = special_tokens()
        for index, name in enumerate(names):
            if backend.token_to_id(name) != index:
                raise ValueError(
                    f"special token {name} has id {backend.token_to_id(name)}, not {index}: "
                    "this tokenizer.json was not made by assets/tokenizers"
                )
        # Without this, a text that contains the characters "</s>" would give the id of the mark.
        backend.encode_special_tokens = True
        self._backend = backend
        self._special_ids = {name: index for index, name in enumerate(names)}

    @classmethod
    def load(cls, folder: Path) -> Tokenizer:
        """Load tokenizer.json from a folder."""
        path = folder / FILE_NAME
        if not path.is_file():
            raise FileNotFoundError(f"no {FILE_NAME} in {folder}: is it a tokenizer's folder?")
        return cls.load_file(path)

    @classmethod
    def load_file(cls, path: Path) -> Tokenizer:
        """Load a tokenizer.json of any name."""
        return cls(_Backend.from_file(str(path)))

    @property
    def vocab_size(self) -> int:
        return int(self._backend.get_vocab_size(with_added_tokens=True))

    def special_id(self, name: str) -> int:
        """Return the id of a special token by its name; raises KeyError for any other string."""
        return self._special_ids[name]

    def encode(self, text: str) -> list[int]:
        """Return the ids of a plain text: never a special one, whatever the text says."""
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Encode many texts, in parallel."""
        for text in texts:
            _check_is_unicode(text)
        encodings = self._backend.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def prepare(self) -> None:
        """Build now what encoding columns needs, so that threads find it built."""
        _ = self._fast

    def encode_into(
        self, texts: pl.Series, *, threads: int = 1, marks: bool = False
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
        """Encode a column as `encode` does: ids[bounds[i] : bounds[i + 1]] are those of text i.

        With `marks`, `<s>` and `</s>` stand around each. Needs 4 bytes of memory per byte of text.
        Raises ValueError on missing texts.
        """
        around = (self.bos_id, self.eos_id) if marks else ()
        if self._fast is not None:
            return self._fast.encode(texts, threads, around)
        return self._reference_encode(texts, around)

    def spells(
        self,
        texts: pl.Series,
        ids: npt.NDArray[np.uint32],
        bounds: npt.NDArray[np.int64],
        *,
        threads: int = 1,
    ) -> npt.NDArray[np.bool_]:
        """Return for each text of a column whether its ids decode to exactly it."""
        if self._fast is not None:
            return self._fast.spells(texts, ids, bounds, threads)
        spans = zip(texts.to_list(), bounds[:-1], bounds[1:], strict=True)
        return np.array(
            [self.decode(ids[a:b].tolist()) == text for text, a, b in spans], dtype=bool
        )

    @cached_property
    def _fast(self) -> FastEncoder | None:
        from model.encoder import FastEncoder, NotSupported

        try:
            return FastEncoder(self._backend.to_str(), NUM_SPECIAL)
        except NotSupported as reason:
            logger.warning("columns are encoded by the slow reference encoder: %s", reason)
            return None

    def _reference_encode(
        self, texts: pl.Series, marks: tuple[int, ...]
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
        if texts.null_count():
            raise ValueError(f"{texts.null_count()} texts are missing: drop or fill them first")
        each = [[*marks[:1], *ids, *marks[1:]] for ids in self.encode_batch(texts.to_list())]
        bounds = np.zeros(len(each) + 1, dtype=np.int64)
        np.cumsum([len(ids) for ids in each], out=bounds[1:])
        flat = [index for ids in each for index in ids]
        return np.array(flat, dtype=np.uint32), bounds

    def decode(self, ids: Iterable[int], *, keep_special: bool = False) -> str:
        """Return the text of ids; special ones are left out, or spelt with `keep_special`."""
        text: str = self._backend.decode(list(ids), skip_special_tokens=not keep_special)
        return text

    def token(self, token_id: int) -> str:
        """Return the written form of one id; raises IndexError outside the vocabulary."""
        token: str | None = self._backend.id_to_token(token_id)
        if token is None:
            raise IndexError(f"token id {token_id} outside 0..{self.vocab_size - 1}")
        return token


def _check_is_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"text holds a lone surrogate U+{ord(text[error.start]):04X} at {error.start}, which "
            "is not Unicode text: decode the source with errors='replace' first"
        ) from error
