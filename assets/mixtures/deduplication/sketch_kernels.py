"""Compiled pass from the bytes of a text to its sketch or its set of shingles, one text at a time.

Nothing of a text outlives it but what is asked for, so that all lies in the nearest caches: folded
bytes, words, shingles outside templates, minima, band keys. Meanings stand in shingles.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from assets.mixtures.word_hash import MIX_SHIFT_A, MIX_SHIFT_B
from assets.mixtures.word_kernels import GROUP, find_edges, fold_document, hash_words

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
BOOL = npt.NDArray[np.bool_]

LANES = 64
"""Minima are taken over runs of this many values: whole vector registers, no scalar rest."""

_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_HALF = np.uint64(32)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def longest_of(offsets: I64) -> int:
    """Return the bytes of the longest text."""
    longest = 0
    for document in range(len(offsets) - 1):
        longest = max(longest, offsets[document + 1] - offsets[document])
    return longest


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def shingle_document(
    hashes: U64, num_words: int, length: int, steps: U64, mixers: U64, out: U64
) -> int:
    """Write the hash of every run of `length` words; return how many.

    `steps` are the factor of a rolling hash, and its power of `length`.
    """
    step, gone = steps[0], steps[1]
    mix_a, mix_b = mixers[0], mixers[1]
    rolled = _ZERO
    for at in range(min(length - 1, num_words)):
        rolled = np.uint64(rolled * step) + hashes[at]
    for at in range(length - 1, num_words):
        rolled = np.uint64(rolled * step) + hashes[at]
        if at >= length:
            rolled -= np.uint64(hashes[at - length] * gone)
        value = np.uint64((rolled ^ (rolled >> MIX_SHIFT_A)) * mix_b)
        value = np.uint64((value ^ (value >> MIX_SHIFT_B)) * mix_a)
        out[at - length + 1] = value ^ (value >> MIX_SHIFT_A)
    return max(0, num_words - length + 1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _shingles_of(
    document: int,
    content: U8,
    loads: U64,
    offsets: I64,
    is_normal: BOOL,
    lengths: U8,
    folded: U64,
    text: U8,
    text_loads: U64,
    edges: U64,
    hashes: U64,
    mixers: U64,
    shingle_words: int,
    steps: U64,
    out: U64,
) -> int:
    """Write all shingles of one text; return how many. Its words stay in the buffers."""
    first, end = np.uint64(offsets[document]), np.uint64(offsets[document + 1])
    size = fold_document(
        content, loads, first, end, is_normal[document], lengths, folded, text, text_loads
    )
    words = find_edges(text, size, edges)
    hash_words(text_loads, edges, words, mixers, hashes)
    return shingle_document(hashes, words, shingle_words, steps, mixers, out)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def drop_templates(
    shingles: U64, count: int, document: int, table: U64, seen_in: I64, per_slot: I64
) -> int:
    """Close the run over members of the table (empty: none), in place; return how many are left.

    `per_slot` counts per slot of the table the documents that hold its member; `seen_in` is
    scratch of the same length, all -1.
    """
    if len(table) == 0:
        return count
    mask = np.uint64(len(table) - 1)
    to = 0
    for at in range(count):
        member = shingles[at]
        slot = member & mask
        while table[slot] != _ZERO and table[slot] != member:
            slot = (slot + _ONE) & mask
        if table[slot] == _ZERO:
            shingles[to] = member
            to += 1
        elif seen_in[slot] != document:
            seen_in[slot] = document
            per_slot[slot] += 1
    return to


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def minima(shingles: U64, count: int, values: U32, factors: U32, terms: U32, out: U32) -> None:
    """Write the least of factor * shingle + term modulo 2**32, for every factor."""
    for at in range(count):
        values[at] = np.uint32(shingles[at] >> _HALF)
    # Repeating one value changes no minimum.
    whole = (count + LANES - 1) // LANES * LANES
    for at in range(count, whole):
        values[at] = values[0]
    for row in range(len(factors)):
        factor, term = factors[row], terms[row]
        least = np.uint32(0xFFFFFFFF)
        for at in range(whole):
            least = min(least, np.uint32(values[at] * factor + term))
        out[row] = least


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def fold_keys(signature: U32, step: np.uint64, mixers: U64, out: U64) -> None:
    """Write a key per band: equal ones mean equal minima in the band."""
    mix_a, mix_b = mixers[0], mixers[1]
    rows = len(signature) // len(out)
    for band in range(len(out)):
        key = np.uint64(band + 1)
        for at in range(band * rows, (band + 1) * rows):
            key = np.uint64(key * step) + np.uint64(signature[at])
        key = np.uint64((key ^ (key >> MIX_SHIFT_A)) * mix_b)
        key = np.uint64((key ^ (key >> MIX_SHIFT_B)) * mix_a)
        out[band] = key ^ (key >> MIX_SHIFT_A)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def sketch_texts(
    content: U8,
    loads: U64,
    offsets: I64,
    is_normal: BOOL,
    lengths: U8,
    folded: U64,
    text: U8,
    text_loads: U64,
    mixers: U64,
    shingle_words: int,
    steps: U64,
    table: U64,
    per_slot: I64,
    factors: U32,
    terms: U32,
    band_step: np.uint64,
    kept: I64,
    dropped: I64,
    keys: U64,
    lows: U8,
    halves: U32,
) -> int:
    """Write per text how many shingles are left and dropped, and the keys of its bands.

    `lows` become the lowest bytes of the minima, and `halves` the high halves of all shingles that
    are left; return how many.
    """
    most = 2 * longest_of(offsets) + 2 * GROUP
    edges, hashes = np.empty(most, dtype=np.uint64), np.empty(most, dtype=np.uint64)
    shingles = np.empty(most, dtype=np.uint64)
    values = np.empty(most + LANES, dtype=np.uint32)
    signature = np.empty(len(factors), dtype=np.uint32)
    seen_in = np.full(len(table), -1, dtype=np.int64)
    to = 0
    for document in range(len(offsets) - 1):
        count = _shingles_of(
            document, content, loads, offsets, is_normal, lengths, folded, text, text_loads,
            edges, hashes, mixers, shingle_words, steps, shingles,
        )  # fmt: skip
        left = drop_templates(shingles, count, document, table, seen_in, per_slot)
        kept[document], dropped[document] = left, count - left
        if left == 0:
            keys[document] = _ZERO
            continue
        minima(shingles, left, values, factors, terms, signature)
        fold_keys(signature, band_step, mixers, keys[document])
        for row in range(len(signature)):
            lows[document, row] = np.uint8(signature[row] & np.uint32(0xFF))
        halves[to : to + left] = values[:left]
        to += left
    return to


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def shingle_texts(
    content: U8,
    loads: U64,
    offsets: I64,
    is_normal: BOOL,
    lengths: U8,
    folded: U64,
    text: U8,
    text_loads: U64,
    mixers: U64,
    shingle_words: int,
    steps: U64,
    out: U64,
    bounds: I64,
) -> None:
    """Write all shingles of every text, in their order."""
    most = 2 * longest_of(offsets) + 2 * GROUP
    edges, hashes = np.empty(most, dtype=np.uint64), np.empty(most, dtype=np.uint64)
    to = 0
    for document in range(len(offsets) - 1):
        bounds[document] = to
        to += _shingles_of(
            document, content, loads, offsets, is_normal, lengths, folded, text, text_loads,
            edges, hashes, mixers, shingle_words, steps, out[to:],
        )  # fmt: skip
    bounds[len(offsets) - 1] = to


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def cut_texts(
    content: U8,
    loads: U64,
    offsets: I64,
    is_normal: BOOL,
    lengths: U8,
    folded: U64,
    text: U8,
    text_loads: U64,
    mixers: U64,
    shingle_words: int,
    steps: U64,
    table: U64,
    out: U64,
    bounds: I64,
) -> None:
    """Write the distinct shingles of every text that no template holds, in their order."""
    most = 2 * longest_of(offsets) + 2 * GROUP
    edges, hashes = np.empty(most, dtype=np.uint64), np.empty(most, dtype=np.uint64)
    shingles = np.empty(most, dtype=np.uint64)
    seen_in = np.full(len(table), -1, dtype=np.int64)
    per_slot = np.zeros(len(table), dtype=np.int64)
    members = np.zeros(1 << 12, dtype=np.uint64)
    owner = np.full(1 << 12, -1, dtype=np.int64)
    to = 0
    for document in range(len(offsets) - 1):
        bounds[document] = to
        count = _shingles_of(
            document, content, loads, offsets, is_normal, lengths, folded, text, text_loads,
            edges, hashes, mixers, shingle_words, steps, shingles,
        )  # fmt: skip
        left = drop_templates(shingles, count, document, table, seen_in, per_slot)
        while len(members) < 2 * left:
            members = np.zeros(2 * len(members), dtype=np.uint64)
            owner = np.full(len(members), -1, dtype=np.int64)
        to += _add_distinct(shingles, left, document, members, owner, out[to:])
    bounds[len(offsets) - 1] = to


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_distinct(
    shingles: U64, count: int, document: int, members: U64, owner: I64, out: U64
) -> int:
    """Write the first occurrence of every shingle of a document; return how many."""
    # A small document uses the front of the table only, which stays in the nearest cache.
    small = 16
    while small < 2 * count:
        small *= 2
    mask = np.uint64(small - 1)
    to = 0
    for at in range(count):
        member = shingles[at]
        slot = np.uint64(member) & mask
        while owner[slot] == document and members[slot] != member:
            slot = (slot + _ONE) & mask
        if owner[slot] != document:
            owner[slot], members[slot] = document, member
            out[to] = member
            to += 1
    return to


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def distinct_halves(halves: U32, bounds: I64, rows: I64) -> tuple[U32, I64]:
    """Return the distinct values of some documents, one behind the other, and their bounds."""
    total, longest = 0, 1
    for row in rows:
        total += bounds[row + 1] - bounds[row]
        longest = max(longest, bounds[row + 1] - bounds[row])
    size = 16
    while size < 2 * longest:
        size *= 2
    members = np.zeros(size, dtype=np.uint32)
    owner = np.full(size, -1, dtype=np.int64)
    out = np.empty(total, dtype=np.uint32)
    out_bounds = np.zeros(len(rows) + 1, dtype=np.int64)
    to = 0
    for number in range(len(rows)):
        first, last = bounds[rows[number]], bounds[rows[number] + 1]
        to += _add_distinct(halves[first:last], last - first, number, members, owner, out[to:])
        out_bounds[number + 1] = to
    return out[:to], out_bounds
