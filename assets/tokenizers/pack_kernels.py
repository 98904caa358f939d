"""The compiled loop of best-fit packing. Imported lazily: numba takes a second."""

# Arrays give numpy scalars where numba sees integers.
# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit

I64 = npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def _fullest(heads: I64, blocks: I64, length: int) -> int:
    """Return the smallest room of at least `length` in which a sample is open, or -1.

    blocks[i] counts the open rooms among heads[64 * i : 64 * i + 64].
    """
    room = length
    while room < len(heads):
        if room % 64 == 0 and blocks[room // 64] == 0:
            room += 64
            continue
        if heads[room] >= 0:
            return room
        room += 1
    return -1


@njit(cache=True, nogil=True)
def _take(heads: I64, after: I64, blocks: I64, last: I64, room: int, document: int) -> int:
    """Remove and return the newest sample of a room whose last piece is of another document."""
    before, sample = np.int64(-1), heads[room]
    while sample >= 0 and last[sample] == document:
        before, sample = sample, after[sample]
    if sample < 0:
        return -1
    if before >= 0:
        after[before] = after[sample]
    else:
        heads[room] = after[sample]
        if heads[room] < 0:
            blocks[room // 64] -= 1
    return sample


@njit(cache=True, nogil=True)
def best_fit(documents: I64, lengths: I64, capacity: int, samples: I64, starts: I64) -> int:
    """Lay pieces, sorted by falling length and then by document, into samples; return how many.

    samples[i] and starts[i] say where piece i goes. Equal pieces of one document follow one another
    in this order, so the last piece of a sample tells whether it holds the document already.
    """
    heads = np.full(capacity + 1, -1, dtype=np.int64)
    blocks = np.zeros(capacity // 64 + 1, dtype=np.int64)
    after = np.full(len(lengths), -1, dtype=np.int64)
    last = np.full(len(lengths), -1, dtype=np.int64)
    count = np.int64(0)
    for piece in range(len(lengths)):
        length, document = lengths[piece], documents[piece]
        sample = np.int64(-1)
        room = _fullest(heads, blocks, length)
        while room >= 0:
            sample = _take(heads, after, blocks, last, room, document)
            if sample >= 0:
                break
            room = _fullest(heads, blocks, room + 1)
        if sample < 0:
            sample, room = count, capacity
            count += 1
        samples[piece], starts[piece], last[sample] = sample, capacity - room, document
        room -= length
        if room > 0:
            if heads[room] < 0:
                blocks[room // 64] += 1
            after[sample], heads[room] = heads[room], sample
    return count


@njit(cache=True, nogil=True)
def by_sample(samples: I64, draws: npt.NDArray[np.uint64], num_samples: int) -> I64:
    """Return the pieces sample by sample, in each by what they drew, then as they come."""
    ends = np.zeros(num_samples + 1, dtype=np.int64)
    for piece in range(len(samples)):
        ends[samples[piece] + 1] += 1
    for sample in range(num_samples):
        ends[sample + 1] += ends[sample]
    firsts = ends.copy()
    order = np.empty(len(samples), dtype=np.int64)
    for piece in range(len(samples)):
        sample = samples[piece]
        at = ends[sample]
        ends[sample] += 1
        while at > firsts[sample] and draws[order[at - 1]] > draws[piece]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = piece
    return order


@njit(cache=True, nogil=True)
def starts_in_samples(samples: I64, lengths: I64, starts: I64) -> None:
    """Say where each piece begins in its sample; pieces of a sample follow one another."""
    at = np.int64(0)
    for piece in range(len(samples)):
        if piece == 0 or samples[piece] != samples[piece - 1]:
            at = 0
        starts[piece] = at
        at += lengths[piece]


@njit(cache=True, nogil=True)
def lay_out(
    tokens: npt.NDArray[np.unsignedinteger],
    offsets: I64,
    lengths: I64,
    places: I64,
    out: npt.NDArray[np.unsignedinteger],
) -> None:
    """Copy tokens[offsets[i] : offsets[i] + lengths[i]] to out[places[i]] and on, for each i."""
    for piece in range(len(offsets)):
        first, place = offsets[piece], places[piece]
        for at in range(lengths[piece]):
            out[place + at] = tokens[first + at]
