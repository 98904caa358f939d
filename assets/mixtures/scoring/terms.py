"""How common each word is in the recipe's own text: what tells a technical term from a plain word.

Counted over windows, not documents, so that one long document does not speak for many.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.mixtures.scoring.terms_kernels import count_windows
from assets.mixtures.scoring.text import Batch

SLOTS = 1 << 20
"""Words share a slot by their hash; a few hundred thousand different ones fit. Our choice."""
WINDOW_WORDS = 120
MIN_WINDOWS = 3
"""Seen less often, a word may be a typing error or an identifier. Our choice."""
MAX_WINDOW_SHARE = 0.005
"""In more windows than this share, a word is a common one. Our choice."""
MIN_COMMON_WINDOWS = 20
"""In a corpus so small that the share says nothing, this many windows make a word common."""


@dataclass(frozen=True, kw_only=True)
class TermFrequency:
    """Windows that hold a word of each hash slot."""

    windows: npt.NDArray[np.uint32]
    num_windows: int

    @property
    def bounds(self) -> tuple[int, int]:
        """Lowest and highest number of windows of a technical term."""
        return MIN_WINDOWS, max(MIN_COMMON_WINDOWS, int(MAX_WINDOW_SHARE * self.num_windows))


def count_terms(batches: Iterable[Batch]) -> TermFrequency:
    """Count all batches; their order does not matter."""
    windows, stamps = np.zeros(SLOTS, dtype=np.uint32), np.zeros(SLOTS, dtype=np.int64)
    stamp = 1
    for batch in batches:
        tokens = batch.tokens
        stamp = count_windows(
            tokens.folded, tokens.marks, tokens.bounds, WINDOW_WORDS, windows, stamps, stamp
        )
    return TermFrequency(windows=windows, num_windows=stamp - 1)
