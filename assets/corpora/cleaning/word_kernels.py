"""Compiled loops that cut text into words; what a word is worth is for the rules to say.

A word is what datatrove's filters get from spaCy's English tokenizer, so that thresholds found with
it mean the same here: a run without blanks, less the marks at its ends, parted at hyphens, slashes
and the like. Every mark is a word. A character of a script without spaces is a word of its own.
Linear: each character is looked at a bounded number of times.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.corpora.cleaning.characters import (
    ALNUM,
    ALPHA,
    DIGIT,
    ENDS_SENTENCE,
    LOWER,
    MARK,
    SPACE,
    TABLE_SIZE,
    UNSPACED,
    UPPER,
)
from assets.corpora.cleaning.compiled import compiled, part
from assets.corpora.cleaning.edge_kernels import (
    DOT,
    LONGEST_SPECIAL,
    OFFSET,
    PRIME,
    is_special,
    prefix,
    suffix,
)
from assets.corpora.cleaning.inside_kernels import cut_inside, is_address

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

U16_ZERO = np.uint16(0)

PLAIN = ALPHA | LOWER | UPPER | ALNUM
"""Bits of a word with nothing to cut."""


@compiled
def decode(data: U8, start: int, end: int, table: U16, codes: I32, bits: U16) -> int:
    """Write code points and their bit sets, and two empty ones behind; return their number."""
    size, at = 0, start
    while at < end:
        lead = np.int32(data[at])
        if lead < 0x80:
            code, at = lead, at + 1
        elif lead < 0xE0:
            code, at = (lead & 0x1F) << 6 | (data[at + 1] & 0x3F), at + 2
        elif lead < 0xF0:
            code = (lead & 0xF) << 12 | (np.int32(data[at + 1]) & 0x3F) << 6 | data[at + 2] & 0x3F
            at += 3
        else:
            code = (lead & 7) << 18 | (np.int32(data[at + 1]) & 0x3F) << 12
            code |= (np.int32(data[at + 2]) & 0x3F) << 6 | data[at + 3] & 0x3F
            at += 4
        codes[size] = code
        bits[size] = table[code] if code < TABLE_SIZE else 0
        size += 1
    codes[size : size + 2] = 0
    bits[size : size + 2] = 0
    return size


@compiled
def cut_words(
    codes: I32,
    bits: U16,
    size: int,
    specials: U64,
    cuts: U8,
    starts: I32,
    lengths: I32,
    hashes: U64,
    mets: U16,
) -> int:
    """Write where words start, and where the last one ends, to `starts`; return their number.

    A word ends where the next begins or at a blank. `cuts` is all zero before and after. Of a word
    with nothing to cut, length, hash and the bits of its characters are written too, since they
    are known by then; of others the length is 0.
    """
    count, at = 0, 0
    while at < size:
        if bits[at] & SPACE:
            at += 1
            continue
        first, met, before = at, U16_ZERO, U16_ZERO
        value, value_before = OFFSET, OFFSET
        while at < size and not bits[at] & SPACE:
            before, value_before = met, value
            met |= bits[at]
            value = (value ^ np.uint64(codes[at])) * PRIME
            at += 1
        starts[count] = first
        lengths[count] = 0
        if _is_plain(codes, first, at, met):
            lengths[count], hashes[count], mets[count] = at - first, value, met
            count += 1
            continue
        if _has_plain_end(codes, bits, first, at, before):
            lengths[count], hashes[count], mets[count] = at - 1 - first, value_before, before
            starts[count + 1], lengths[count + 1] = at - 1, 0
            count += 2
            continue
        count += 1
        _cut_run(codes, bits, first, at, met, specials, cuts)
        for place in range(first + 1, at):
            if cuts[place]:
                cuts[place] = 0
                starts[count], lengths[count] = place, 0
                count += 1
        cuts[first] = 0
    starts[count] = size
    return count


@part
def _is_plain(codes: I32, first: int, end: int, met: np.uint16) -> bool:
    """Whether a run is a word or a number and nothing else, from the bits of its characters."""
    if met & ~PLAIN == 0:
        return end - first != 6 or codes[first + 3] != 110  # can|not
    return bool(met & ~(DIGIT | ALNUM) == 0)


@part
def _has_plain_end(codes: I32, bits: U16, first: int, end: int, before: np.uint16) -> bool:
    """Whether a run is letters and one mark behind them, from the bits of all but the last."""
    last = end - 1
    if before & ~PLAIN or last == first:
        return False
    if codes[last] == DOT:  # a short one may be an abbreviation
        return end - first > LONGEST_SPECIAL and bool(bits[last - 1] & LOWER)
    return bool(bits[last] & MARK)


@compiled
def _cut_run(
    codes: I32, bits: U16, first: int, end: int, met: np.uint16, specials: U64, cuts: U8
) -> None:
    """Mark where a run without blanks is cut: its ends first, then within what is left."""
    if met & UNSPACED:
        for at in range(first, end):
            if bits[at] & UNSPACED:
                cuts[at] = 1
                if at + 1 < end:
                    cuts[at + 1] = 1
    while first < end:
        if is_special(codes, first, end, specials):
            if end - first == 6 and bits[first + 3] & ALPHA:
                cuts[first + 3] = 1  # can|not
            return
        head = prefix(codes, bits, first, end)
        if head and is_special(codes, first + head, end, specials):
            cuts[first + head] = 1
            return
        tail = suffix(codes, bits, first + head, end, specials)
        if head + tail == 0:
            break
        first, end = first + head, end - tail
        if first < end:
            cuts[first] = 1
        if tail:
            cuts[end] = 1
    # An address has a dot, and a dot this bit.
    if first < end and not (met & ENDS_SENTENCE and is_address(codes, bits, first, end)):
        cut_inside(codes, bits, first, end, cuts)
