"""Compiled loops of the text classifiers: words of a body, hashed features, softmax regression."""

# mypy: disable-error-code="untyped-decorator,no-untyped-def,no-any-return"
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from assets.mixtures.scoring.text_kernels import (
    I64,
    KIND,
    NEWLINE,
    NUMBER,
    SYMBOL,
    U8,
    U64,
    joined,
    mixed,
)

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]

MAX_LABEL_TOKENS = 6
"""A line that begins "METHODS:" or "Also called:" has its label within so many tokens."""


@njit(cache=True, nogil=True)
def _title_end(data: U8, ends: I64, marks: U8, first: int, end: int) -> int:
    """Return the token after a title line and its blank line, or `first` when there is none."""
    for k in range(first, end):
        if (marks[k] & KIND) == NEWLINE:
            blank = k > first and ends[k] - ends[k - 1] >= 2
            return k + 1 if blank and k + 1 < end else first
    return first


@njit(cache=True, nogil=True)
def _label_end(data: U8, ends: I64, marks: U8, first: int, end: int) -> int:
    """Return the token after a label and its colon at the start of a line, or `first`."""
    for k in range(first, min(end, first + MAX_LABEL_TOKENS)):
        kind = marks[k] & KIND
        if kind == NEWLINE:
            return first
        if kind == SYMBOL and data[ends[k] - 1] == 58:
            return k + 1
    return first


@njit(cache=True, nogil=True)
def body_words(
    data: U8, ends: I64, folded: U64, marks: U8, bounds: I64, title: bool, words: U64, out: I64
) -> int:
    """Fill `words` with lower-case word hashes, without labels, numbers and symbols.

    What is left says what a text is about and not how its source lays it out. title: whether a
    title line belongs to it. out: bounds.
    """
    count = 0
    for row in range(len(bounds) - 1):
        out[row] = count
        end = bounds[row + 1]
        k = bounds[row] if title else _title_end(data, ends, marks, bounds[row], end)
        fresh = True
        while k < end:
            if fresh:
                k = _label_end(data, ends, marks, k, end)
                fresh = False
                if k >= end:
                    break
            kind = marks[k] & KIND
            if kind == NEWLINE:
                fresh = True
            elif kind < SYMBOL and kind != NUMBER:
                words[count] = folded[k]
                count += 1
            k += 1
    out[len(bounds) - 1] = count
    return count


@njit(cache=True, nogil=True)
def features(words: U64, first: int, end: int, buckets: int, out: I32) -> int:
    """Fill `out` with the buckets of single words and of pairs; return how many there are."""
    mask = np.uint64(buckets - 1)
    count = 0
    for k in range(first, end):
        out[count] = np.int32(mixed(words[k]) & mask)
        count += 1
        if k > first:
            out[count] = np.int32(joined(words[k - 1], words[k]) & mask)
            count += 1
    return count


@njit(cache=True, nogil=True)
def _softmax(logits: F64) -> None:
    highest, total = logits.max(), 0.0
    for label in range(len(logits)):
        logits[label] = np.exp(logits[label] - highest)
        total += logits[label]
    for label in range(len(logits)):
        logits[label] /= total


@njit(cache=True, nogil=True)
def train_softmax(
    words: U64, starts: I64, stops: I64, labels: I32, costs: F64, order: I64,
    rate: float, decay: float, weights: F32, squares: F32, bias: F64,
) -> None:  # fmt: skip
    """Run AdaGrad once over the chunks in `order`; weights is buckets x classes, in place.

    costs: weight of each class in the loss; decay: L2 penalty, on the features of the chunk.
    """
    buckets, num_labels = weights.shape
    longest = 0
    for chunk in range(len(starts)):
        longest = max(longest, stops[chunk] - starts[chunk])
    found = np.empty(2 * longest + 1, dtype=np.int32)
    logits = np.empty(num_labels, dtype=np.float64)
    bias_squares = np.full(num_labels, 1.0)
    for chunk in order:
        count = features(words, starts[chunk], stops[chunk], buckets, found)
        if count == 0:
            continue
        scale = 1.0 / np.sqrt(count)
        logits[:] = bias
        for index in range(count):
            for label in range(num_labels):
                logits[label] += scale * weights[found[index], label]
        _softmax(logits)
        for label in range(num_labels):
            wrong = logits[label] - (1.0 if label == labels[chunk] else 0.0)
            logits[label] = wrong * costs[labels[chunk]]
            bias_squares[label] += logits[label] ** 2
            bias[label] -= rate * logits[label] / np.sqrt(bias_squares[label])
        for index in range(count):
            bucket = found[index]
            for label in range(num_labels):
                slope = scale * logits[label] + decay * weights[bucket, label]
                squares[bucket, label] += np.float32(slope * slope)
                step = rate * slope / (np.sqrt(squares[bucket, label]) + 1e-6)
                weights[bucket, label] -= np.float32(step)


@njit(cache=True, nogil=True)
def mean_logits(words: U64, bounds: I64, chunk_words: int, weights: F32, bias: F64, out: F64):
    """Fill out[row] with the mean over the document's chunks of their logits."""
    found = np.empty(4 * chunk_words + 4, dtype=np.int32)
    chunk_logits = np.empty(weights.shape[1], dtype=np.float64)
    for row in range(len(bounds) - 1):
        number = num_chunks(bounds[row + 1] - bounds[row], chunk_words)
        for chunk in range(number):
            first = chunk_edge(bounds, row, chunk, number)
            last = chunk_edge(bounds, row, chunk + 1, number)
            count = features(words, first, last, weights.shape[0], found)
            chunk_logits[:] = 0.0
            for index in range(count):
                for label in range(len(chunk_logits)):
                    chunk_logits[label] += weights[found[index], label]
            out[row] += chunk_logits / (np.sqrt(max(1, count)) * number)
        out[row] += bias


@njit(cache=True, nogil=True)
def num_chunks(num_words: int, chunk_words: int) -> int:
    """Return into how many equal chunks of 2/3 to 4/3 of chunk_words a text is cut (0 if empty)."""
    if num_words == 0:
        return 0
    return max(1, (2 * num_words + chunk_words) // (2 * chunk_words))


@njit(cache=True, nogil=True)
def chunk_edge(bounds: I64, row: int, chunk: int, number: int) -> int:
    """Return the first word of a chunk of a document (of the next document behind the last)."""
    length = bounds[row + 1] - bounds[row]
    return bounds[row] + length * chunk // number


@njit(cache=True, nogil=True)
def chunk_table(bounds: I64, chunk_words: int, most: int, starts: I64, stops: I64, rows: I64):
    """List at most `most` chunks of every document, spread evenly; return how many there are."""
    count = 0
    for row in range(len(bounds) - 1):
        number = num_chunks(bounds[row + 1] - bounds[row], chunk_words)
        taken = min(number, most)
        for index in range(taken):
            chunk = index * number // taken
            starts[count] = chunk_edge(bounds, row, chunk, number)
            stops[count] = chunk_edge(bounds, row, chunk + 1, number)
            rows[count] = row
            count += 1
    return count
