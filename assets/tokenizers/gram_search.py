"""Where some n-grams stand in one file of the span index, in a few rounds of short reads.

A search from the file's middle reads twenty pages, one after the other. Here a round reads one page
for each n-gram, those of all n-grams side by side, and each guess is corrected by what the one
before has met. Whoever searches several files goes through the rounds of all in step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.lineage.scattered_file import ScatteredFile
from assets.tokenizers.spans import KEY_BITS, PLACE_BITS

ROUNDS = 3
_ROOM = 64
"""Entries looked at on both sides of the last guess at the least (our choice)."""

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


class GramSearch:
    """The search for some keys in one file: ask and look ROUNDS times, then ask_ranges, found."""

    def __init__(
        self, file: ScatteredFile, keys: I64, *, partition: int, partition_bits: int, window: int
    ) -> None:
        self._file, self._entries = file, file.values
        self._first_key, self._all_keys = partition << KEY_BITS, 1 << KEY_BITS + partition_bits
        self._keys, self._window = keys, window
        self._wanted = self._share_before(keys)
        # Between which entries a key begins, and which share of the n-grams lies before each.
        self._low, self._high = np.zeros_like(keys), np.full_like(keys, len(self._entries))
        self._below = self._share_before(np.zeros_like(keys))
        self._above = self._share_before(np.full_like(keys, 1 << KEY_BITS))
        self._at = self._guess()

    def ask(self) -> None:
        """Have the entries fetched at which the keys most likely begin."""
        self._at = self._guess()
        self._file.expect(np.stack([self._at, self._at + 1], axis=1))

    def look(self) -> None:
        """Learn from the entries that were asked for."""
        if not len(self._entries):
            return
        seen = (self._entries[self._at] >> np.uint64(PLACE_BITS)).astype(np.int64)
        share, is_below = self._share_before(seen), seen < self._keys
        self._low = np.where(is_below, self._at, self._low)
        self._below = np.where(is_below, share, self._below)
        self._high = np.where(is_below, self._high, self._at)
        self._above = np.where(is_below, self._above, share)

    def ask_ranges(self) -> None:
        """Have the entries fetched among which the keys' are but for bad luck."""
        self._file.expect(np.stack(self._ranges(), axis=1))

    def found(self) -> list[tuple[int, int]]:
        """Return where each key's entries begin and end."""
        ranges = np.stack([self._keys, *self._ranges()], axis=1).tolist()
        return [self._found(key, low, high) for key, low, high in ranges]

    def _found(self, key: int, low: int, high: int) -> tuple[int, int]:
        least = np.uint64(key << PLACE_BITS)
        most = np.uint64((key + 1 << PLACE_BITS) - 1)
        near = self._entries[low:high]
        if (low and near[0] >= least) or (high < len(self._entries) and near[-1] <= most):
            low, near = 0, self._entries  # a gram of boilerplate alone can fill more than that
        first = np.searchsorted(near, least)
        return low + int(first), low + int(np.searchsorted(near, most, side="right"))

    def _ranges(self) -> tuple[I64, I64]:
        guess = self._guess()
        # The entries between two keys are counted by chance: some deviations of a Poisson.
        reach = 4 * np.sqrt(np.abs(guess - self._at)).astype(np.int64) + _ROOM
        return np.maximum(0, guess - reach), np.minimum(len(self._entries), guess + reach)

    def _guess(self) -> I64:
        """Return where each key begins if n-grams lie between its bounds as hashes do."""
        width = self._above - self._below
        part = (self._wanted - self._below) / np.where(width > 0, width, 1.0)
        guess = self._low + (part * (self._high - self._low)).astype(np.int64)
        return np.clip(guess, 0, max(0, len(self._entries) - 1))

    def _share_before(self, keys: I64) -> F64:
        """Return which share of all n-grams kept has a lower key.

        Of `window` neighbours the one with the least hash is kept, so low hashes are denser: one of
        x (0 to 1) is kept if neighbours enough on its two sides have more, which is likely by
        q**(window - 1) * (1 + (window - 1) * x) with q = 1 - x. This is the integral.
        """
        q, w = 1.0 - (self._first_key + keys) / self._all_keys, self._window
        share: F64 = ((w + 1) * (1 - q**w) - (w - 1) * (1 - q ** (w + 1))) / 2
        return share
