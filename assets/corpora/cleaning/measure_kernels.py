"""Compiled loops that take the measures of each document of an Arrow column, in one visit.

The meaning of every measure is written in measures.py; thresholds are no matter of this file.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assets.corpora.cleaning.characters import (
    ALNUM,
    ALPHA,
    BULLET,
    ENDS_SENTENCE,
    PUNCTUATION,
    SPACE,
    UNSPACED,
)
from assets.corpora.cleaning.compiled import compiled
from assets.corpora.cleaning.edge_kernels import OFFSET, PRIME
from assets.corpora.cleaning.repetition_kernels import (
    Table,
    duplicates,
    prefix_hashes,
    repeated_ngram_chars,
    top_ngram,
)
from assets.corpora.cleaning.word_kernels import I32, I64, U8, U16, U16_ZERO, U64, cut_words, decode

NEWLINE, DOT, ELLIPSIS, HASH, BRACE = 10, 46, 0x2026, 35, 123
SHORT_LINE_CHARS = 30
"""FineWeb's length of a short line (arXiv 2406.17557, section 3.6). A character of a script without
spaces counts as two, because thirty of them are a whole sentence: our choice."""


class Scratch(NamedTuple):
    """Arrays as long as the longest document of a batch, used again for each."""

    codes: I32
    bits: U16
    cuts: U8
    starts: I32
    ends: I32
    """Characters of all words before this one."""
    word_hashes: U64
    mets: U16
    """Bits of the characters of words with nothing to cut."""
    prefixes: U64
    hashes: U64
    chars: I32
    table: Table


@compiled
def measure_documents(
    data: U8,
    offsets: I64,
    kinds: U8,
    table: U16,
    specials: U64,
    stops: U64,
    scratch: Scratch,
    out: I32,
) -> None:
    """Write one row of `out` (documents x measures) per document; kind 0 prose, 1 term, 2 code."""
    for row in range(len(offsets) - 1):
        size = decode(data, offsets[row], offsets[row + 1], table, scratch.codes, scratch.bits)
        out[row, 0] = size
        _lines(scratch, size, out[row, 1:14])
        if kinds[row] == 2:
            continue
        _characters(scratch, size, out[row, 14:19])
        count = cut_words(
            scratch.codes, scratch.bits, size, specials, scratch.cuts, scratch.starts,
            scratch.chars, scratch.word_hashes, scratch.mets,
        )  # fmt: skip
        _words(scratch, count, stops, out[row, 19:26])
        if kinds[row] == 0:
            _repetition(scratch, count, out[row, 25], out[row, 26:])


@compiled
def _characters(scratch: Scratch, size: int, out: I32) -> None:
    """Count hash signs, ellipses, curly brackets, ends of sentences, words between blanks."""
    codes, bits = scratch.codes, scratch.bits
    dots = 0
    for at in range(size):
        code = codes[at]
        dots = dots + 1 if code == DOT else 0
        if bits[at] & (ALPHA | ALNUM):
            continue
        if dots == 3:
            out[1] += 1
            dots = 0
        out[0] += code == HASH
        out[1] += code == ELLIPSIS
        out[2] += code == BRACE
        out[4] += at > 0 and bits[at] & SPACE != 0 and bits[at - 1] & SPACE == 0
        if bits[at] & ENDS_SENTENCE and (code in (DOT, 33, 63) or code > 0x3000):
            ends = at + 1 == size or code > 0x3000 or bits[at + 1] & (SPACE | ENDS_SENTENCE)
            out[3] += ends and codes[at + 1] not in (DOT, 33, 63)
    out[4] += size > 0 and bits[size - 1] & SPACE == 0


@compiled
def _words(scratch: Scratch, count: int, stops: U64, out: I32) -> None:
    """Count words, those that are not only marks, their characters, and hash every one.

    out: words, words not only of marks, their characters, words with a letter, those among them in
    scripts without spaces, stop words met (different ones), characters to a word of n-gram rules.
    """
    codes, bits = scratch.codes, scratch.bits
    chars, stops_met = 0, 0
    for word in range(count):
        length, value, met = scratch.chars[word], scratch.word_hashes[word], scratch.mets[word]
        marks = False
        if length == 0:
            first, stop = scratch.starts[word], scratch.starts[word + 1]
            value, met, at, marks = OFFSET, U16_ZERO, first, True
            while at < stop and not bits[at] & SPACE:
                value = (value ^ np.uint64(codes[at])) * PRIME
                met |= bits[at]
                marks &= bits[at] & PUNCTUATION != 0
                at += 1
            length = at - first
        scratch.word_hashes[word] = value ^ (value >> np.uint64(29))
        scratch.ends[word] = chars
        chars += length
        out[0] += 1
        if not marks:
            out[1] += 1
            out[2] += length
        if met & ALPHA:
            out[3] += 1
            if met & UNSPACED:
                out[4] += 1
            elif length <= 4:
                for stop_word in range(len(stops)):
                    if value == stops[stop_word]:
                        stops_met |= 1 << stop_word
    scratch.ends[count] = chars
    while stops_met:
        out[5] += stops_met & 1
        stops_met >>= 1
    out[6] = 2 if 2 * out[4] > out[1] else 1


@compiled
def _repetition(scratch: Scratch, count: int, step: int, out: I32) -> None:
    """Take the n-gram measures; `step` words of a script without spaces stand for one."""
    prefix_hashes(scratch.word_hashes, count, scratch.prefixes)
    prefixes, ends, table = scratch.prefixes, scratch.ends, scratch.table
    at_of, slot_of = scratch.starts, scratch.chars  # no longer needed for words and lines
    num = max(0, count - 2 * step + 1)
    for at in range(num):
        at_of[at] = at
    most = 0
    for place in range(3):
        n = (2 + place) * step
        most, chars, num = top_ngram(prefixes, ends, count - n + 1, n, table, at_of, slot_of, num)
        out[2 * place], out[2 * place + 1] = most, chars
    for place in range(6):
        n = (5 + place) * step
        chars = repeated_ngram_chars(prefixes, ends, count - n + 1, n, table, at_of, num)
        if chars == 0:
            break  # a longer n-gram can only be repeated where the shorter one is
        out[6 + place] = chars


@compiled
def _lines(scratch: Scratch, size: int, out: I32) -> None:
    """Measure lines and paragraphs.

    out: newlines, longest line, letters and digits, lines that are not blank, those that begin
    with a bullet, end in an ellipsis, end a sentence, are short; then repeated lines and their
    characters; paragraphs, those repeated, their characters.
    """
    codes, bits = scratch.codes, scratch.bits
    count, first = 0, 0
    value = OFFSET
    for at in range(size + 1):
        if at < size and codes[at] != NEWLINE:
            value = (value ^ np.uint64(codes[at])) * PRIME
            out[2] += bits[at] & ALNUM != 0
            continue
        out[0] += at < size
        out[1] = max(out[1], at - first)
        if _one_line(codes, bits, first, at, out):
            scratch.hashes[count] = value
            scratch.chars[count] = at - first
            count += 1
        first, value = at + 1, OFFSET
    out[10] = 1
    if count < 2:
        return
    out[8], out[9] = duplicates(scratch.hashes, scratch.chars, count, scratch.table)
    if out[8]:
        count = _paragraphs(scratch, size)
        out[10] = count
        out[11], out[12] = duplicates(scratch.hashes, scratch.chars, count, scratch.table)


@compiled
def _one_line(codes: I32, bits: U16, first: int, stop: int, out: I32) -> bool:
    """Count what one line is; return False for a blank one."""
    length = stop - first
    for at in range(first, min(stop, first + SHORT_LINE_CHARS)):
        length += bits[at] & UNSPACED != 0
    while first < stop and bits[first] & SPACE:
        first += 1
    while stop > first and bits[stop - 1] & SPACE:
        stop -= 1
    if first == stop:
        return False
    out[3] += 1
    out[4] += bits[first] & BULLET != 0
    dots = stop - first > 2 and codes[stop - 1] == DOT and codes[stop - 2] == DOT
    out[5] += codes[stop - 1] == ELLIPSIS or (dots and codes[stop - 3] == DOT)
    out[6] += bits[stop - 1] & ENDS_SENTENCE != 0
    out[7] += length <= SHORT_LINE_CHARS
    return True


@compiled
def _paragraphs(scratch: Scratch, size: int) -> int:
    """Write the hash and length of what stands between blank lines; return the number."""
    codes = scratch.codes
    count, first, at = 0, 0, 0
    value = OFFSET
    while at <= size:
        if at == size or (codes[at] == NEWLINE and codes[at + 1] == NEWLINE):
            scratch.hashes[count] = value
            scratch.chars[count] = at - first
            count += 1
            while at < size and codes[at] == NEWLINE:
                at += 1
            if at == size:
                return count
            first, value = at, OFFSET
        value = (value ^ np.uint64(codes[at])) * PRIME
        at += 1
    return count
