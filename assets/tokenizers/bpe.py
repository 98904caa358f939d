"""Train ranked BPE pieces on text and put a merged vocabulary into a tokenizer.json.

Owns the rule that cuts text before merging, and the order of ids. Reads no artifacts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from assets.tokenizers.merge import Merge, Merged, VocabularyTooSmall, merge_pieces
from model.tokenizer import NUM_BYTES, NUM_SPECIAL, UNK, byte_tokens, special_tokens

CHARACTER_COVERAGE = 0.9999
"""arXiv 2502.12671 appendix C; the characters beyond it fall back to their UTF-8 bytes."""

MIN_PAIR_COUNT = 2
"""Pairs seen once are not learned (our choice)."""

MAX_PIECE_CHARS = 24
"""Longer pieces are rulers and table borders, hardly ever words (our choice)."""

CUT_PATTERN = "|".join(
    (
        r"\p{N}",  # digits stand alone (appendix C)
        r" ?[\p{L}\p{M}]+",  # a word, with the one space before it
        r" ?[^\s\p{L}\p{M}\p{N}]+",  # a run of punctuation and symbols
        r"[\r\n]+",  # line ends apart from what indents the next line
        r"[^\S\r\n]+(?!\S)",  # blanks, all but the one that the next word takes along
        r"\s+",
    )
)
"""Merges never cross these cuts. The space is a character like any other: SentencePiece's marker
U+2581 would make a text that contains U+2581 itself come back changed."""


def alphabet_of(texts: Sequence[str], coverage: float = CHARACTER_COVERAGE) -> tuple[str, ...]:
    """Return the fewest characters that cover a share of the text, most frequent first."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    needed = coverage * counts.total()
    chosen: list[str] = []
    covered = 0
    for char, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if covered >= needed:
            break
        chosen.append(char)
        covered += count
    return tuple(chosen)


def learn_pieces(texts: Sequence[str], num_pieces: int) -> tuple[str, ...]:
    """Return up to `num_pieces` BPE pieces of the text in rank order."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = _cutter()
    num_characters = len(set().union(*map(set, texts)))
    trainer = trainers.BpeTrainer(
        vocab_size=num_characters + num_pieces,
        min_frequency=MIN_PAIR_COUNT,
        max_token_length=MAX_PIECE_CHARS,
        special_tokens=[],
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer=trainer, length=len(texts))
    merges: list[Merge] = json.loads(backend.to_str())["model"]["merges"]
    return tuple(first + second for first, second in merges)


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
