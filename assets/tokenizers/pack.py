"""Best-fit packing: cut documents into pieces, lay the pieces into samples, waste little.

Pure: it sees lengths, never tokens or files. A sample is never longer than the context, padding
is only ever its tail, and no sample holds two pieces of the same document.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Piece:
    """Tokens [offset, offset + length) of one copy of a document."""

    document: int
    """Index of the document in the caller's list."""
    copy: int
    piece: int
    offset: int
    length: int


def cut(document: int, length: int, repeats: int, capacity: int) -> list[Piece]:
    """Cut each copy of a document into full contexts and a rest."""
    return [
        Piece(
            document=document,
            copy=copy,
            piece=index,
            offset=offset,
            length=min(capacity, length - offset),
        )
        for copy in range(repeats)
        for index, offset in enumerate(range(0, length, capacity))
    ]


def pack(pieces: Sequence[Piece], capacity: int, seed: int) -> list[tuple[Piece, ...]]:
    """Return samples of pieces: best-fit decreasing, then shuffled under the seed.

    Longest pieces go first, each into the fullest sample that still has room and holds nothing of
    the same document; a new sample opens when there is none. So copies never meet:
    a document is repeated to be seen again later, not twice in one step.
    """
    for piece in pieces:
        if not 0 < piece.length <= capacity:
            raise ValueError(
                f"piece of {piece.length} tokens does not fit a context of {capacity}: cut it first"
            )
    samples: list[list[Piece]] = []
    rooms = _Rooms(capacity)
    for piece in sorted(pieces, key=lambda piece: (-piece.length, piece)):
        sample = rooms.take(piece)
        if sample is None:
            sample, room = len(samples), capacity
            samples.append([])
        else:
            room = rooms.room[sample]
        samples[sample].append(piece)
        rooms.put(sample, room - piece.length, piece.document)
    # Order by length is an artefact of the method and would correlate with position.
    shuffled = random.Random(seed)
    for content in samples:
        shuffled.shuffle(content)
    shuffled.shuffle(samples)
    return [tuple(content) for content in samples]


class _Rooms:
    """Open samples by the room that is left in them."""

    def __init__(self, capacity: int) -> None:
        self.room: dict[int, int] = {}
        self._documents: dict[int, set[int]] = {}
        self._by_room: list[list[int]] = [[] for _ in range(capacity + 1)]
        self._filled = 0
        """Bit r is set when a sample with room r is open, so the best fit is one bit operation."""

    def take(self, piece: Piece) -> int | None:
        """Remove and return the fullest sample with room that has no piece of this document."""
        rooms = self._filled >> piece.length << piece.length
        while rooms:
            room = (rooms & -rooms).bit_length() - 1
            candidates = self._by_room[room]
            for at in range(len(candidates) - 1, -1, -1):
                if piece.document not in self._documents[candidates[at]]:
                    sample = candidates.pop(at)
                    if not candidates:
                        self._filled &= ~(1 << room)
                    return sample
            rooms &= rooms - 1
        return None

    def put(self, sample: int, room: int, document: int) -> None:
        """Open a sample, or open it again with what is left; full ones are forgotten."""
        if room == 0:
            self.room.pop(sample, None)
            self._documents.pop(sample, None)
            return
        self.room[sample] = room
        self._documents.setdefault(sample, set()).add(document)
        self._by_room[room].append(sample)
        self._filled |= 1 << room
