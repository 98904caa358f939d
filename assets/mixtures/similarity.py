"""True Jaccard similarity of shingle sets, for pairs worth the look."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.mixtures.words import I64, U64


class ShingleSets:
    """The shingle sets of some documents, as dense numbers (equality of 64-bit hashes)."""

    def __init__(self, shingles: U64, bounds: I64, rows: I64) -> None:
        """Take the documents in `rows`, none without shingles; repeated shingles count once."""
        self._slot = np.full(len(bounds) - 1, -1, dtype=np.int64)
        self._slot[rows] = np.arange(len(rows))
        sets = [np.unique(shingles[bounds[row] : bounds[row + 1]]) for row in rows]
        self._sizes = np.array([len(members) for members in sets], dtype=np.int64)
        self._bounds = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(self._sizes)])
        joined = np.concatenate(sets) if sets else np.zeros(0, dtype=np.uint64)
        distinct, numbers = np.unique(joined, return_inverse=True)
        self._numbers = numbers.astype(np.int64)
        self._marked = np.zeros(len(distinct), dtype=np.bool_)

    def jaccard(self, left: I64, right: I64) -> npt.NDArray[np.float64]:
        """Return the similarity of each pair; pairs with equal `left` should stand together.

        The left set is marked once, and all its partners are counted against the marks: a hub
        of a template bucket costs one pass over its partners and no sorting.
        """
        left, right = self._slot[left], self._slot[right]
        shared = np.zeros(len(left), dtype=np.int64)
        changes = np.flatnonzero(np.diff(left)) + 1
        hubs = np.concatenate([np.zeros(min(1, len(left)), dtype=np.int64), changes])
        for first, last in zip(hubs, np.append(changes, len(left)), strict=False):
            hub, partners = self._members(left[first]), right[first:last]
            self._marked[hub] = True
            members = np.concatenate([self._members(partner) for partner in partners])
            starts = np.cumsum(self._sizes[partners]) - self._sizes[partners]
            # Every set has a member, so no segment of the sum is empty.
            shared[first:last] = np.add.reduceat(self._marked[members], starts, dtype=np.int64)
            self._marked[hub] = False
        union = self._sizes[left] + self._sizes[right] - shared
        similarity: npt.NDArray[np.float64] = shared / np.maximum(union, 1)
        return similarity

    def _members(self, slot: int) -> I64:
        return self._numbers[self._bounds[slot] : self._bounds[slot + 1]]
