"""Best-fit packing: cut documents into pieces, lay the pieces into samples, waste little.

Pure: it sees lengths, never tokens or files. A sample is never longer than the context, padding
is only ever its tail, and no sample holds two pieces of the same document.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]

_ODD = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], dtype=np.uint64)
"""Constants of splitmix64 (Steele, Lea, Flood 2014)."""


@dataclass(frozen=True, kw_only=True)
class Packed:
    """Where each piece lies; one row per piece, sorted by sample and place in it."""

    document: I64
    """Row of the document in the caller's arrays."""
    copy: I64
    piece: I64
    offset: I64
    """First token of the piece in its document."""
    length: I64
    sample: I64
    start: I64
    """First token of the piece in its sample."""
    by_document: I64
    """Rows in the order of document, copy and piece."""
    num_samples: int


def pack(lengths: I64, repeats: I64, capacity: int, seed: int) -> Packed:
    """Cut every copy into full contexts and a rest, and pack them best-fit decreasing.

    Longest pieces go first, each into the fullest sample that still has room and holds nothing of
    the same document; a new sample opens when there is none. So copies never meet: a document is
    repeated to be seen again later, not twice in one step. Samples, and the pieces in one, are then
    put in an order drawn from the seed: the order by length would correlate with position.
    Raises ValueError on an empty document.
    """
    from assets.tokenizers.pack_kernels import best_fit, by_sample, starts_in_samples

    # In the order of document, copy and piece, which a stable sort keeps among equals.
    document, copy, piece = _cut(lengths, repeats, capacity)
    offset = piece * capacity
    length = np.minimum(capacity, lengths[document] - offset)
    order = np.argsort((capacity - length).astype(_smallest(capacity)), kind="stable")
    samples, starts = np.empty_like(length), np.empty_like(length)
    num_samples = best_fit(document[order], length[order], capacity, samples, starts)
    sample = np.empty_like(samples)
    sample[order] = _shuffled(num_samples, seed)[samples]
    draw = _mix(_mix(_mix(document, seed), copy), piece)
    final = by_sample(sample, draw, num_samples)
    starts_in_samples(sample[final], length[final], starts)
    by_document = np.empty_like(final)
    by_document[final] = np.arange(len(final))
    return Packed(
        document=document[final],
        copy=copy[final],
        piece=piece[final],
        offset=offset[final],
        length=length[final],
        sample=sample[final],
        start=starts,
        by_document=by_document,
        num_samples=int(num_samples),
    )


def _smallest(most: int) -> type[np.unsignedinteger]:
    """Return the type for numbers up to so many; 16 bits are sorted by radix."""
    return np.uint16 if most < 1 << 16 else np.uint32


def _cut(lengths: I64, repeats: I64, capacity: int) -> tuple[I64, I64, I64]:
    """Return document, copy and piece number of every piece."""
    if len(lengths) and int(lengths.min()) < 1:
        row = int(np.argmin(lengths))
        raise ValueError(f"document {row} has {lengths[row]} tokens: leave empty ones out")
    pieces = -(-lengths // capacity)
    copies = np.repeat(np.arange(len(lengths)), repeats)
    copy = _counted(repeats)
    return (
        np.repeat(copies, pieces[copies]),
        np.repeat(copy, pieces[copies]),
        _counted(pieces[copies]),
    )


def _counted(counts: I64) -> I64:
    """Return 0 .. count - 1 for each count, one after another."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - counts, counts)


def _shuffled(count: int, seed: int) -> I64:
    """Return a permutation of 0 .. count - 1: each new place."""
    numbers = np.arange(count)
    places = np.empty(count, dtype=np.int64)
    places[np.argsort(_mix(numbers, seed), kind="stable")] = numbers
    return places


def _mix(values: npt.NDArray[np.integer], salt: int | I64) -> npt.NDArray[np.uint64]:
    """Return a hash of each value under a salt (splitmix64's finaliser)."""
    mixed: npt.NDArray[np.uint64] = values.astype(np.uint64) * _ODD[0]
    mixed = mixed ^ np.asarray(salt).astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _ODD[1]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _ODD[2]
    mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed
