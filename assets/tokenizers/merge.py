"""Merge two ranked lists of pieces into one valid BPE: every merge applies, every piece is reached.

Pasting two BPEs together leaves dead entries: the first one's merges consume parts that the second
one would join (1,173 of 3,062 medical pieces on 6 MB of real text at 8,192 entries). So each piece,
in rank order, gets the merge of the two parts into which the merges so far split it; later merges
rank lower, so what has been reached stays reached."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Merge = tuple[str, str]


class VocabularyTooSmall(ValueError):
    """The corpus does not give as many pieces as the vocabulary should have."""


@dataclass
class MergeTable:
    """A growing BPE over a fixed alphabet."""

    alphabet: Collection[str]
    forbidden: Collection[str]
    """Strings that no merge may produce: the written forms of special and byte tokens."""
    ranks: dict[Merge, int] = field(default_factory=dict)
    pieces: set[str] = field(default_factory=set)

    def split(self, text: str) -> list[str]:
        """Apply the merges to a text, lowest rank first and leftmost first among equals."""
        parts = list(text)
        while len(parts) > 1:
            pairs = pairwise(parts)
            ranked = [(self.ranks[p], i) for i, p in enumerate(pairs) if p in self.ranks]
            if not ranked:
                break
            _, at = min(ranked)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return parts

    def add(self, piece: str) -> bool:
        """Add the merge that makes `piece`; False when it exists or two parts do not make it."""
        if piece in self.pieces or piece in self.forbidden:
            return False
        if not all(char in self.alphabet for char in piece):
            return False
        parts = self.split(piece)
        if len(parts) != 2:
            return False
        self.ranks[parts[0], parts[1]] = len(self.ranks)
        self.pieces.add(piece)
        return True


@dataclass(frozen=True, kw_only=True)
class Merged:
    """The merge list in rank order, and where its pieces came from."""

    merges: tuple[Merge, ...]
    num_general: int
    num_medical: int
    num_top_up: int
    """General pieces beyond the share, taken because the medical BPE ran out."""


def merge_pieces(
    general: Sequence[str],
    medical: Sequence[str],
    *,
    alphabet: Collection[str],
    forbidden: Collection[str],
    num_pieces: int,
    general_share: float,
    allow_fewer: bool = False,
) -> Merged:
    """Take `general_share` of the pieces from the general BPE, the rest from the medical one.

    General pieces come first in rank order; then the medical ones that are new; then, if these
    run out, further general ones. Raises VocabularyTooSmall when all of them are not enough,
    unless `allow_fewer`.
    """
    if not 0 <= general_share <= 1:
        raise ValueError(f"general_share {general_share} not in 0..1: fix the recipe")
    table = MergeTable(alphabet=alphabet, forbidden=forbidden)
    num_general = _take(table, general, round(num_pieces * general_share))
    num_medical = _take(table, medical, num_pieces - num_general)
    num_top_up = _take(table, general, num_pieces - num_general - num_medical)
    if len(table.ranks) < num_pieces and not allow_fewer:
        raise VocabularyTooSmall(
            f"the text gives {len(table.ranks)} pieces, the vocabulary needs {num_pieces}: lower "
            "vocab_size, raise train_text_bytes or add corpora"
        )
    return Merged(
        merges=tuple(table.ranks),
        num_general=num_general,
        num_medical=num_medical,
        num_top_up=num_top_up,
    )


def _take(table: MergeTable, ranked: Iterable[str], wanted: int) -> int:
    """Add up to `wanted` pieces; those not made of two parts yet wait for another pass."""
    taken = 0
    waiting = list(ranked)
    progress = True
    while progress and taken < wanted:
        progress = False
        later = []
        for piece in waiting:
            if taken == wanted:
                break
            if table.add(piece):
                taken += 1
                progress = True
            elif piece not in table.pieces:
                later.append(piece)
        waiting = later
    return taken
