"""Words for the generated lakes of benchmarks/spans.py: a tokenizer that learned them as ours do,
and streams of token ids that stay the same when they are written and encoded again.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from assets.tokenizers.bpe import alphabet_of, assemble, learn_pieces, merge_vocabulary
from model.tokenizer import Tokenizer

_CONSONANTS = (*"bcdfglmnprstv", "st", "tr", "pl", "br")
_VOWELS = (*"aeiou", "ia", "eo")
_SYLLABLES = np.array([first + vowel for first in _CONSONANTS for vowel in _VOWELS])
_ENDINGS = np.array(["", "n", "s", "m", "r", "l"])
_GENERAL_SHARE = 0.7
_SLOTS = 1 << 22
"""Of the table that tokens are drawn from: the rarest of 60,000 Zipf words has more than one."""


@cache
def tokenizer_json(vocab_size: int) -> str:
    """Return a tokenizer of a general and a medical BPE, both learned from generated words."""
    texts = [_text(vocab_size, seed) for seed in (1, 2)]
    general, medical = (learn_pieces([text], vocab_size) for text in texts)
    alphabet = alphabet_of(texts)
    merged = merge_vocabulary(
        general,
        medical,
        alphabet=alphabet,
        vocab_size=vocab_size,
        general_share=_GENERAL_SHARE,
    )
    content: str = assemble(alphabet, merged.merges).to_str(pretty=True)
    return content


def _text(num_words: int, seed: int) -> str:
    """Return different words, each twice and the first ones more often, as a text has them."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 6, num_words)
    syllables = rng.integers(0, len(_SYLLABLES), int(sizes.sum()))
    endings = _ENDINGS[rng.integers(0, len(_ENDINGS), num_words)]
    parts = np.split(_SYLLABLES[syllables], np.cumsum(sizes)[:-1])
    words = ["".join(part) + end for part, end in zip(parts, endings.tolist(), strict=True)]
    times = np.maximum(2, num_words // (20 * np.arange(1, num_words + 1)))
    return " ".join(word for word, count in zip(words, times, strict=True) for _ in range(count))


class Words:
    """Ids that are a space and a word: text is cut before each, so neighbours change nothing."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        pieces = [tokenizer.token(index) for index in range(tokenizer.vocab_size)]
        chosen = [i for i, piece in enumerate(pieces) if piece[0] == " " and piece[1:].isalpha()]
        encoded = tokenizer.encode_batch([pieces[index] for index in chosen])
        kept = [index for index, ids in zip(chosen, encoded, strict=True) if ids == [index]]
        self.ids: npt.NDArray[np.uint32] = np.array(kept, dtype=np.uint32)
        edges = np.cumsum(1 / np.arange(1, len(kept) + 1))
        slots = np.searchsorted(edges / edges[-1], (np.arange(_SLOTS) + 0.5) / _SLOTS)
        self._slots = self.ids[slots]

    def drawn(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.uint32]:
        """Return words as a text has them: the n-th most frequent one n times rarer."""
        found: npt.NDArray[np.uint32] = self._slots[rng.integers(0, _SLOTS, count, dtype=np.uint32)]
        return found

    def any(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.uint32]:
        """Return words of all ranks alike."""
        found: npt.NDArray[np.uint32] = rng.choice(self.ids, count)
        return found
