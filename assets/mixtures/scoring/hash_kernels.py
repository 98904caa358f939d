"""Open-addressed tables with 64-bit keys: one probe loop for all; a table never grows or deletes.

Size is a power of two and at most half full; key 0 marks a free slot.
"""

# mypy: disable-error-code="untyped-decorator,no-untyped-def,no-any-return"
from __future__ import annotations

import numpy as np

from assets.compiler import njit
from assets.mixtures.scoring.text_kernels import I64, U64


@njit(cache=True, nogil=True)
def find_slot(keys, key):
    """Return the slot of a key, or -1 - (the free slot where it would go)."""
    mask = np.uint64(len(keys) - 1)
    at = np.int64(key & mask)
    while keys[at] != np.uint64(0):
        if keys[at] == key:
            return at
        at = (at + 1) & np.int64(mask)
    return -1 - at


@njit(cache=True, nogil=True)
def place(sorted_keys: U64, room: int) -> tuple[U64, I64]:
    """Return a table of distinct keys, and the slot of each; the same for the same keys."""
    keys = np.zeros(room, dtype=np.uint64)
    slots = np.empty(len(sorted_keys), dtype=np.int64)
    for index in range(len(sorted_keys)):
        slot = -1 - find_slot(keys, sorted_keys[index])
        keys[slot] = sorted_keys[index]
        slots[index] = slot
    return keys, slots


def room_for(count: int) -> int:
    """Return the table size for `count` keys: a power of two, at most half full."""
    return 1 << max(4, int(2 * count - 1).bit_length() if count else 4)
