"""Softmax regression over hashed words and word pairs of a text's body: small, exact, own code.

One pass of features serves all heads. Training is deterministic: the order of chunks is drawn
from the seed, sums run in one thread in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.mixtures.scoring.linear_kernels import (
    F32,
    F64,
    I32,
    body_words,
    chunk_table,
    mean_logits,
    train_softmax,
)
from assets.mixtures.scoring.text import Tokens
from assets.mixtures.scoring.text_kernels import I64, U64

BUCKETS = 1 << 17
RATE = 0.5
DECAY = 1e-6
"""Learning rate of AdaGrad and L2 penalty. Our choice, by held-out F1 on PubMed."""
MAX_CHUNKS = 64
"""Chunks of one document that are learned from, so that a book is not a corpus. Our choice."""


@dataclass(frozen=True, kw_only=True)
class Bodies:
    """Word hashes of the bodies of consecutive documents."""

    words: U64
    bounds: I64


@dataclass(frozen=True, kw_only=True)
class Head:
    """One classifier: labels, weights (buckets x labels), and what calibration found."""

    name: str
    labels: tuple[str, ...]
    weights: F32
    bias: F64
    temperature: float
    shift: F64
    """Added to each label's logit after the temperature."""

    def probabilities(self, logits: F64) -> F64:
        """Return calibrated probabilities (rows x labels) of raw logits."""
        return softmax(logits / self.temperature + self.shift)


def bodies_of(tokens: Tokens, *, title: bool) -> Bodies:
    """Return the body words of all documents, those of a title line among them or not."""
    words = np.empty(len(tokens.ends), dtype=np.uint64)
    bounds = np.zeros(len(tokens.bounds), dtype=np.int64)
    count = body_words(
        tokens.data, tokens.ends, tokens.folded, tokens.marks, tokens.bounds, title, words, bounds
    )
    return Bodies(words=words[:count], bounds=bounds)


def join_bodies(parts: Sequence[Bodies]) -> Bodies:
    """Return the bodies of several batches one after another."""
    lengths = [np.diff(part.bounds) for part in parts]
    words = np.concatenate([np.zeros(0, np.uint64), *(part.words for part in parts)])
    bounds = np.concatenate([np.zeros(1, np.int64), *lengths]).cumsum(dtype=np.int64)
    return Bodies(words=words, bounds=bounds)


def train(
    bodies: Bodies,
    rows: I64,
    labels: I32,
    *,
    num_labels: int,
    chunk_words: int,
    epochs: int,
    seed: int,
) -> tuple[F32, F64]:
    """Return (weights, bias) learned from the given rows; labels[i] belongs to rows[i]."""
    starts, stops, owner = _chunks(bodies, chunk_words)
    where = np.full(len(bodies.bounds) - 1, -1, dtype=np.int64)
    where[rows] = np.arange(len(rows))
    chosen = np.flatnonzero(where[owner] >= 0)
    starts, stops = starts[chosen], stops[chosen]
    chunk_labels = labels[where[owner[chosen]]].astype(np.int32)
    counts = np.bincount(chunk_labels, minlength=num_labels)
    # Between the natural frequencies, which forget small classes, and equal ones, which overrate
    # them; calibration puts the probabilities right.
    costs = np.sqrt(len(chosen) / np.maximum(1.0, counts * float(num_labels)))
    weights = np.zeros((BUCKETS, num_labels), dtype=np.float32)
    squares = np.full_like(weights, 1e-3)
    bias = np.zeros(num_labels, dtype=np.float64)
    draw = np.random.Generator(np.random.PCG64(seed))
    for epoch in range(epochs):
        order = draw.permutation(len(chosen))
        train_softmax(
            bodies.words, starts, stops, chunk_labels, costs, order,
            RATE / (1 + epoch), DECAY, weights, squares, bias,
        )  # fmt: skip
    return weights, bias


def logits_of(bodies: Bodies, weights: F32, bias: F64, chunk_words: int) -> F64:
    """Return the mean logits of all documents (rows x labels)."""
    out = np.zeros((len(bodies.bounds) - 1, weights.shape[1]), dtype=np.float64)
    mean_logits(bodies.words, bodies.bounds, chunk_words, weights, bias, out)
    return out


def softmax(logits: F64) -> F64:
    """Return probabilities of rows of logits."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    chances: F64 = weights / weights.sum(axis=1, keepdims=True)
    return chances


def _chunks(bodies: Bodies, chunk_words: int) -> tuple[I64, I64, npt.NDArray[np.int64]]:
    # Chunks have at least 2/3 of chunk_words but for one per document.
    room = 2 * len(bodies.words) // max(1, chunk_words) + len(bodies.bounds)
    starts, stops = np.empty(room, np.int64), np.empty(room, np.int64)
    rows = np.empty(room, np.int64)
    count = chunk_table(bodies.bounds, chunk_words, MAX_CHUNKS, starts, stops, rows)
    return starts[:count], stops[:count], rows[:count]
