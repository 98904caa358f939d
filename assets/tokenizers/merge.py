"""Merge two ranked lists of pieces into one valid BPE: every merge applies, every piece is reached.

Pasting two BPEs together leaves dead entries: the first one's merges consume parts that the second
one would join (1,173 of 3,062 medical pieces on 6 MB of real text at 8,192 entries). So each piece,
in rank order, gets the merge of the two parts into which the merges so far split it; later merges
rank lower, so what has been reached stays reached."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.encoder import MAX_IDS, empty_pairs

Merge = tuple[str, str]


class VocabularyTooSmall(ValueError):
    """The corpus does not give as many pieces as the vocabulary should have."""


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
    table = _Table(alphabet, num_pieces)
    first, second = _Pieces(general, table, forbidden), _Pieces(medical, table, forbidden)
    num_general = table.take(first, round(num_pieces * general_share))
    num_medical = table.take(second, num_pieces - num_general)
    num_top_up = table.take(first, num_pieces - num_general - num_medical)
    if table.size < num_pieces and not allow_fewer:
        raise VocabularyTooSmall(
            f"the text gives {table.size} pieces, the vocabulary needs {num_pieces}: lower "
            "vocab_size, raise train_text_bytes or add corpora"
        )
    return Merged(
        merges=table.spelt(),
        num_general=num_general,
        num_medical=num_medical,
        num_top_up=num_top_up,
    )


class _Table:
    """A growing BPE over a fixed alphabet; symbols are characters, then pieces in rank order."""

    def __init__(self, alphabet: Collection[str], room: int) -> None:
        self.chars = sorted(alphabet)
        self.size = 0
        if len(self.chars) + room > MAX_IDS:
            raise ValueError(f"{room} pieces are more than fit {MAX_IDS} ids: lower vocab_size")
        self._pairs = empty_pairs(room)
        self._merged = np.zeros(room, dtype=np.int32)
        self._merges = np.zeros((room, 2), dtype=np.int64)

    def take(self, pieces: _Pieces, wanted: int) -> int:
        """Add up to `wanted`; those not made of two parts yet wait for another pass."""
        from assets.tokenizers.merge_kernels import add_pieces

        before, last = self.size, -1
        while last < self.size < before + wanted:
            last = self.size
            self.size = add_pieces(
                pieces.symbols,
                pieces.bounds,
                pieces.waiting,
                len(self.chars),
                self._pairs,
                self._merged,
                self._merges,
                self.size,
                before + wanted - self.size,
            )
        return self.size - before

    def spelt(self) -> tuple[Merge, ...]:
        """Return the merges in rank order, as strings."""
        names = list(self.chars)
        merges: list[Merge] = []
        for first, second in self._merges[: self.size].tolist():
            merges.append((names[first], names[second]))
            names.append(names[first] + names[second])
        return tuple(merges)


class _Pieces:
    """Ranked pieces as symbols; forbidden ones and those with a strange character never wait."""

    def __init__(self, ranked: Sequence[str], table: _Table, forbidden: Collection[str]) -> None:
        codes = np.frombuffer("".join(ranked).encode("utf-32-le"), dtype="<u4").astype(np.int64)
        known = np.array([ord(char) for char in table.chars], dtype=np.int64)
        self.symbols: npt.NDArray[np.int64] = np.searchsorted(known, codes)
        strange = ~np.isin(codes, known)
        sizes = np.array([len(piece) for piece in ranked], dtype=np.int64)
        self.bounds: npt.NDArray[np.int64] = np.concatenate([[0], np.cumsum(sizes)])
        before = np.concatenate([[0], np.cumsum(strange)])
        allowed = np.array([piece not in forbidden for piece in ranked], dtype=np.bool_)
        self.waiting = allowed & (np.diff(before[self.bounds]) == 0) & (sizes > 1)
