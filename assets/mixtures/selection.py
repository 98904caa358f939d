"""Which documents, and how often: fill a token budget by weighted upsampling under a cap. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assets.mixtures.words import I64
from assets.recipes.data import UpsamplingSpec

F64 = npt.NDArray[np.float64]


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
    weights: F64 | I64,
    strata: I64,
    *,
    budget_tokens: int,
    max_repeats: int | I64,
    seed: int,
) -> I64:
    """Return how often each document is read, so that the total just reaches the budget.

    Think of a rising factor f: a document of weight w is read floor(f * w + u) times, with u its
    own number in [0, 1) drawn from the seed. Below f = 1 that samples documents, above it
    repeats them, and weights stay in proportion until the cap (`max_repeats`, one for all or one
    each). Every reading so has its own f, and within a stratum (a source) readings are taken in
    that order. Strata advance together, each in proportion to its weighted tokens: otherwise a few
    very long documents of one source would decide its share by luck. The total exceeds the budget
    by less than the last document, or stays below it with every document at the cap.
    """
    repeats = np.zeros(len(doc_ids), dtype=np.int64)
    caps = np.broadcast_to(np.asarray(max_repeats, dtype=np.int64), repeats.shape)
    if budget_tokens <= 0 or not len(doc_ids):
        return repeats
    draws, weighted = _draws(doc_ids, seed), num_tokens * weights
    # Readings beyond a factor wait until they are needed: sampling a large corpus stays small.
    factor = 2.0 * budget_tokens / max(1.0, float(weighted.sum()))
    while True:
        wanted = np.minimum(caps, np.floor(factor * weights + draws).astype(np.int64))
        documents = np.repeat(np.arange(len(doc_ids)), wanted)
        copies = np.arange(len(documents)) - np.repeat(np.cumsum(wanted) - wanted, wanted) + 1
        reached_at = (copies - draws[documents]) / weights[documents]
        documents = documents[np.lexsort((documents, reached_at, strata[documents]))]
        pace = _pace(num_tokens[documents], strata[documents], weighted, strata)
        order = np.argsort(pace, kind="stable")
        documents = documents[order]
        taken = int(np.searchsorted(np.cumsum(num_tokens[documents]), budget_tokens)) + 1
        if _is_settled(pace[order], strata[documents], strata[wanted < caps], taken):
            return repeats + np.bincount(documents[:taken], minlength=len(repeats))
        factor *= 2


def best_first(
    doc_ids: Sequence[str], num_tokens: I64, quality: F64, caps: I64, *, budget_tokens: int
) -> I64:
    """Return readings within the budget, never above it: every document once in the order of
    quality, then again, each as often as its cap allows.

    A document longer than what is left is passed over. The order depends on the values alone:
    quality falling, then doc_id.
    """
    order = np.lexsort((np.asarray(doc_ids, dtype=str), -quality))
    repeats = np.zeros(len(doc_ids), dtype=np.int64)
    left = budget_tokens
    for reading in range(1, int(caps.max(initial=0)) + 1):
        readers = order[(caps[order] >= reading) & (num_tokens[order] <= left)]
        through = np.cumsum(num_tokens[readers])
        taken = readers[: int(np.searchsorted(through, left, side="right"))]
        repeats[taken] += 1
        left -= int(num_tokens[taken].sum())
        if len(taken) < len(readers):
            break
    return repeats


def _is_settled(pace: F64, stratum: I64, open_strata: I64, taken: int) -> bool:
    """Return whether no reading that was left out could come before the last one taken.

    Each stratum with readings left out must have gone on past that one's pace.
    """
    if not len(open_strata):
        return True
    if taken > len(pace):
        return False
    reached = np.full(int(max(stratum.max(), open_strata.max())) + 1, -np.inf)
    np.maximum.at(reached, stratum, pace)
    return bool((reached[open_strata] > pace[taken - 1]).all())


def _pace(tokens: I64, stratum: I64, weighted_tokens: F64 | I64, strata: I64) -> F64:
    """Return how far its stratum has come at the middle of each reading (readings by stratum)."""
    totals = np.bincount(strata, weights=weighted_tokens)
    through = np.cumsum(tokens)
    sizes = np.bincount(stratum, weights=tokens, minlength=len(totals))
    before = np.concatenate([np.zeros(1), np.cumsum(sizes)[:-1]])
    middle = through - tokens / 2 - before[stratum]
    pace: F64 = middle / np.maximum(totals[stratum], 1)
    return pace


def _draws(doc_ids: Sequence[str], seed: int) -> F64:
    """Return a number in [0, 1) per document that depends on its id and the seed alone."""
    key = seed.to_bytes(8, "big")
    raw = b"".join(
        hashlib.blake2b(doc_id.encode(), digest_size=8, key=key).digest() for doc_id in doc_ids
    )
    bits = np.frombuffer(raw, dtype=">u8").astype(np.uint64) >> np.uint64(11)
    return bits.astype(np.float64) / float(1 << 53)
