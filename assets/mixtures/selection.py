"""Which documents, and how often: fill a token budget by weighted upsampling under a cap. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assets.mixtures.words import I64
from assets.recipes.recipe import UpsamplingSpec


def weights_of(duplicate_counts: I64, spec: UpsamplingSpec) -> I64:
    """Return each document's weight: that of the highest step its duplicate count reaches."""
    steps = sorted((int(least), int(weight)) for least, weight in spec.weights)
    if not steps or steps[0][0] > 1 or min(weight for _, weight in steps) < 1:
        raise ValueError(
            f"upsampling weights {steps} must begin at a count of 1 and be at least 1: "
            "fix the recipe"
        )
    if spec.max_repeats < 1:
        raise ValueError(f"max_repeats {spec.max_repeats} is below 1: fix the recipe")
    levels = np.array([least for least, _ in steps])
    weights = np.array([weight for _, weight in steps])
    chosen = weights[np.searchsorted(levels, np.maximum(duplicate_counts, 1), side="right") - 1]
    capped: I64 = np.minimum(chosen, spec.max_repeats).astype(np.int64)
    return capped


def repeats_for(
    doc_ids: Sequence[str],
    num_tokens: I64,
    weights: I64,
    *,
    budget_tokens: int,
    max_repeats: int,
    seed: int,
) -> I64:
    """Return how often each document is read, so that the total just reaches the budget.

    Think of a rising factor f: a document of weight w is read floor(f * w + u) times, with u its
    own number in [0, 1) drawn from the seed. Below f = 1 that samples documents, above it
    repeats them, and weights stay in proportion until the cap. Each further reading happens at its
    own f, so the readings are sorted by it and taken until the budget is reached: the total
    exceeds it by less than the last document, or stays below it with every document at the cap.
    """
    repeats = np.zeros(len(doc_ids), dtype=np.int64)
    if budget_tokens <= 0 or not len(doc_ids):
        return repeats
    draws = _draws(doc_ids, seed)
    copies = np.arange(1, max_repeats + 1)
    reached_at = (copies[None, :] - draws[:, None]) / weights[:, None]
    documents = np.repeat(np.arange(len(doc_ids)), max_repeats)
    order = np.argsort(reached_at.ravel(), kind="stable")
    documents = documents[order]
    total = np.cumsum(num_tokens[documents])
    taken = int(np.searchsorted(total, budget_tokens)) + 1
    np.add.at(repeats, documents[:taken], 1)
    return repeats


def _draws(doc_ids: Sequence[str], seed: int) -> npt.NDArray[np.float64]:
    """Return a number in [0, 1) per document that depends on its id and the seed alone."""
    key = seed.to_bytes(8, "big")
    raw = b"".join(
        hashlib.blake2b(doc_id.encode(), digest_size=8, key=key).digest() for doc_id in doc_ids
    )
    bits = np.frombuffer(raw, dtype=">u8").astype(np.uint64) >> np.uint64(11)
    return bits.astype(np.float64) / float(1 << 53)
