"""The hash of a run of tokens, as the span index keeps it: defined here, for a text.

span_kernels.py computes the same over whole shards. A text has some hundred tokens: importing
numba to hash them would take longer than the whole answer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RADIX = np.uint64(0xD6E8FEB86659FD93)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of a hash is as good."""


def hashes_of(ids: npt.NDArray[np.int64], gram_tokens: int) -> npt.NDArray[np.uint64]:
    """Return the hash of each run of `gram_tokens` ids."""
    count = max(0, len(ids) - gram_tokens + 1)
    digits = ids.astype(np.uint64) + np.uint64(1)
    values = np.zeros(count, dtype=np.uint64)
    for at in range(gram_tokens):
        values = values * RADIX + digits[at : at + count]
    values = (values ^ (values >> np.uint64(30))) * MIX_1
    values = (values ^ (values >> np.uint64(27))) * MIX_2
    mixed: npt.NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return mixed
