"""Compiled loop over tokens that counts phrases, sentences, lines, numbers and terms."""

# mypy: disable-error-code="untyped-decorator,no-untyped-def,no-any-return"
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from assets.mixtures.scoring.hash_kernels import find_slot
from assets.mixtures.scoring.text_kernels import (
    CAPITAL,
    I64,
    KIND,
    NEWLINE,
    NUMBER,
    SPACED,
    SYMBOL,
    U8,
    U64,
    UNSPACED,
    UPPER,
    WORD,
    joined,
)

I8 = npt.NDArray[np.int8]
I32 = npt.NDArray[np.int32]
U32 = npt.NDArray[np.uint32]

COUNTS = (
    "words",
    "unspaced",
    "sentences",
    "letters",
    "names",
    "measures",
    "relations",
    "terms",
    "lines",
    "headings",
    "items",
    "symbols",
    "numbers",
)
"""Columns of the first counts; one per category of the lexicon follows."""
(
    WORDS, UNSPACED_CHARS, SENTENCES, LETTERS, NAMES, MEASURES, RELATIONS, TERMS, LINES, HEADINGS,
    ITEMS, SYMBOLS, NUMBERS,
) = range(13)  # fmt: skip
TERM_WINDOW_WORDS = 200
"""A term counts once per so many words, so that density does not fall with length."""
MIN_TERM_BYTES = 6
"""Shorter words are seldom technical. Our choice."""
MAX_HEADING_WORDS = 12
"""A longer line without a full stop is text, not a heading. Our choice."""
_SEEN_ROOM = 1024


@njit(cache=True, nogil=True)
def _is_term(
    folded: U64, k: int, length: int, mark: int, frequency: U32, low: int, high: int
) -> bool:
    if (mark & CAPITAL) != 0 and (mark & UPPER) == 0:
        return False  # a name, or the first word of a sentence
    if length < MIN_TERM_BYTES and (mark & UPPER) == 0:
        return False
    found = frequency[np.int64(folded[k] & np.uint64(len(frequency) - 1))]
    return found >= low and found <= high


@njit(cache=True, nogil=True)
def _first_time(seen: U64, stamps: I64, stamp: int, key: np.uint64) -> bool:
    """Whether a hash is new in this window; stamps spare clearing the table."""
    at = np.int64(key & np.uint64(_SEEN_ROOM - 1))
    while stamps[at] == stamp:
        if seen[at] == key:
            return False
        at = (at + 1) & (_SEEN_ROOM - 1)
    stamps[at], seen[at] = stamp, key
    return True


@njit(cache=True, nogil=True)
def _phrase(
    folded: U64, marks: U8, k: int, end: int, keys: U64, category: I8, longest: I8
) -> tuple[int, int]:
    """Return (category, tokens) of the longest phrase that begins at token k, or (-1, 1)."""
    slot = find_slot(keys, folded[k])
    if slot < 0:
        return -1, 1
    found, length = category[slot], 1
    whole = folded[k]
    for step in range(1, longest[slot]):
        if k + step >= end or (marks[k + step] & KIND) >= NEWLINE:
            break
        whole = joined(whole, folded[k + step])
        slot = find_slot(keys, whole)
        if slot >= 0 and category[slot] >= 0:
            found, length = category[slot], step + 1
    return found, length


@njit(cache=True, nogil=True)
def _ends_sentence(data: U8, ends: I64, marks: U8, k: int, end: int) -> bool:
    byte = data[ends[k] - 1]
    if byte == 0x82 and ends[k] >= 3 and data[ends[k] - 3] == 0xE3:
        return True  # U+3002
    if byte != 46 and byte != 33 and byte != 63:
        return False
    if k + 1 >= end:
        return True
    following = marks[k + 1]
    kind = following & KIND
    if kind >= NEWLINE:
        return True
    return (following & SPACED) != 0 and ((following & CAPITAL) != 0 or kind != WORD)


@njit(cache=True, nogil=True)
def _close_line(data: U8, ends: I64, marks: U8, first: int, k: int, words: int, out: I32) -> None:
    """Count the line of tokens first to k: a heading, a list item, or neither."""
    if k <= first:
        return
    out[LINES] += 1
    kind = marks[first] & KIND
    head, tail = data[ends[first] - 1], data[ends[k - 1] - 1]
    if kind == SYMBOL and head != 35 and (head == 45 or head == 42 or head >= 128):
        out[ITEMS] += 1
    elif kind == NUMBER and first + 1 < k and (marks[first + 1] & KIND) == SYMBOL:
        second = data[ends[first + 1] - 1]
        out[ITEMS] += second == 46 or second == 41
    elif 0 < words <= MAX_HEADING_WORDS and tail != 46 and tail != 44 and tail != 59:
        capital = kind == WORD and (marks[first] & CAPITAL) != 0
        out[HEADINGS] += capital or head == 35 or head == 61


@njit(cache=True, nogil=True)
def _count_symbol(data: U8, ends: I64, marks: U8, k: int, end: int, out: I32) -> bool:
    """Count one character that is no letter or digit; return whether it ends a sentence."""
    out[SYMBOLS] += 1
    byte = data[ends[k] - 1]
    if byte >= 60 and byte <= 62 and k + 1 < end:
        out[RELATIONS] += (marks[k + 1] & KIND) == NUMBER
    closed = _ends_sentence(data, ends, marks, k, end)
    out[SENTENCES] += closed
    return closed


@njit(cache=True, nogil=True)
def _count_shape(
    data: U8, ends: I64, folded: U64, marks: U8, first: int, end: int,
    frequency: U32, low: int, high: int, seen: U64, stamps: I64, stamp: int, out: I32,
) -> int:  # fmt: skip
    """Count words, terms, sentences and lines of a document; return the next free stamp."""
    line, line_words, fresh, window = first, 0, True, 0
    for k in range(first, end):
        mark = marks[k]
        kind = mark & KIND
        if kind == WORD:
            length = ends[k] - (ends[k - 1] if k > 0 else 0) - ((mark & SPACED) != 0)
            out[WORDS] += 1
            out[LETTERS] += length
            out[NAMES] += (mark & CAPITAL) != 0 and not fresh
            if _is_term(folded, k, length, mark, frequency, low, high):
                out[TERMS] += _first_time(seen, stamps, stamp, folded[k])
            line_words, window, fresh = line_words + 1, window + 1, False
            if window >= TERM_WINDOW_WORDS:
                window, stamp = 0, stamp + 1
        elif kind == UNSPACED:
            out[UNSPACED_CHARS] += 1
            line_words += 1
        elif kind == NUMBER:
            out[NUMBERS] += 1
        elif kind == SYMBOL:
            fresh = _count_symbol(data, ends, marks, k, end, out) or fresh
        elif kind == NEWLINE:
            _close_line(data, ends, marks, line, k, line_words, out)
            line, line_words, fresh = k + 1, 0, True
    _close_line(data, ends, marks, line, end, line_words, out)
    return stamp + 1


@njit(cache=True, nogil=True)
def _count_phrases(
    folded: U64, marks: U8, first: int, end: int,
    keys: U64, category: I8, longest: I8, unit: int, out: I32,
) -> None:  # fmt: skip
    """Count the phrases of the lexicon, the longest at each place, and numbers with a unit."""
    free = first
    for k in range(first, end):
        if k < free or (marks[k] & KIND) >= NEWLINE:
            continue
        found, taken = _phrase(folded, marks, k, end, keys, category, longest)
        if found == unit:
            out[MEASURES] += k > first and (marks[k - 1] & KIND) == NUMBER
        elif found >= 0:
            out[len(COUNTS) + found] += 1
            free = k + taken


@njit(cache=True, nogil=True)
def count_rows(
    data: U8, ends: I64, folded: U64, marks: U8, bounds: I64,
    keys: U64, category: I8, longest: I8, frequency: U32, low: int, high: int, unit: int,
    out: I32,
) -> None:  # fmt: skip
    """Fill `out` (rows x counts) for all documents; `frequency` has a power of two of slots."""
    seen = np.zeros(_SEEN_ROOM, dtype=np.uint64)
    stamps = np.zeros(_SEEN_ROOM, dtype=np.int64)
    stamp = 1
    for row in range(len(bounds) - 1):
        first, end = bounds[row], bounds[row + 1]
        stamp = _count_shape(
            data, ends, folded, marks, first, end, frequency, low, high, seen, stamps, stamp,
            out[row],
        )  # fmt: skip
        _count_phrases(folded, marks, first, end, keys, category, longest, unit, out[row])
