"""Train ranked BPE pieces on text and put a merged vocabulary into a tokenizer.json.

Owns the rule that cuts text before merging, and the order of ids. Reads no artifacts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from assets.tokenizers.learn import learn_merges
from assets.tokenizers.merge import Merge, Merged, VocabularyTooSmall, merge_pieces
from assets.tokenizers.words import count_words_of
from model.cuts import CUT_PATTERN
from model.tokenizer import NUM_BYTES, NUM_SPECIAL, UNK, byte_tokens, special_tokens

CHARACTER_COVERAGE = 0.9999
"""arXiv 2502.12671 appendix C; the characters beyond it fall back to their UTF-8 bytes."""


def alphabet_from(char_counts: npt.NDArray[np.int64], coverage: float) -> tuple[str, ...]:
    """Return the fewest characters that cover a share of [0x110000] counts, most frequent first."""
    codes = np.flatnonzero(char_counts)
    codes = codes[np.argsort(-char_counts[codes], kind="stable")]
    before = np.cumsum(char_counts[codes]) - char_counts[codes]
    needed = coverage * int(char_counts.sum())
    return tuple(map(chr, codes[before < needed].tolist()))


def alphabet_of(texts: Sequence[str], coverage: float = CHARACTER_COVERAGE) -> tuple[str, ...]:
    """Return the fewest characters that cover a share of the text, most frequent first."""
    return alphabet_from(count_words_of(pl.Series(texts, dtype=pl.String)).char_counts, coverage)


def learn_pieces(texts: Sequence[str], num_pieces: int) -> tuple[str, ...]:
    """Return up to `num_pieces` BPE pieces of the text in rank order."""
    counts = count_words_of(pl.Series(texts, dtype=pl.String))
    return tuple(first + second for first, second in learn_merges(counts, num_pieces))


def merge_vocabulary(
    general: Sequence[str],
    medical: Sequence[str],
    *,
    alphabet: Sequence[str],
    vocab_size: int,
    general_share: float,
    allow_fewer: bool = False,
) -> Merged:
    """Merge so that special, byte and character entries and the pieces fill vocab_size exactly."""
    return merge_pieces(
        general,
        medical,
        alphabet=frozenset(alphabet),
        forbidden=frozenset((*special_tokens(), *byte_tokens())),
        num_pieces=room_for_pieces(vocab_size, alphabet),
        general_share=general_share,
        allow_fewer=allow_fewer,
    )


def room_for_pieces(vocab_size: int, alphabet: Sequence[str]) -> int:
    """Return how many learned pieces fit; raises VocabularyTooSmall when none does."""
    room = vocab_size - NUM_SPECIAL - NUM_BYTES - len(alphabet)
    if room < 1:
        raise VocabularyTooSmall(
            f"vocab_size {vocab_size} has no room for pieces beside {NUM_SPECIAL} special, "
            f"{NUM_BYTES} byte and {len(alphabet)} character entries: raise it"
        )
    return room


def assemble(alphabet: Collection[str], merges: Sequence[Merge]) -> Tokenizer:
    """Build the tokenizer: special ids, then bytes, characters, and pieces in rank order."""
    pieces = [first + second for first, second in merges]
    entries = [*special_tokens(), *byte_tokens(), *alphabet, *pieces]
    backend = Tokenizer(
        models.BPE(
            vocab={entry: index for index, entry in enumerate(entries)},
            merges=list(merges),
            unk_token=UNK,
            byte_fallback=True,
        )
    )
    backend.pre_tokenizer = _cutter()
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    backend.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in special_tokens()]
    )
    return backend


def _cutter() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Split(Regex(CUT_PATTERN), behavior="isolated")
