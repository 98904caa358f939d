"""Compiled loops over the bytes of text: folding, words and their hashes. No Python object here.

What a word is and why is said in words.py, and its hash is word_hash.py's. Eight bytes are looked
at in one register, without a branch per byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core.cgutils import false_bit
from numba.extending import intrinsic

from assets.compiler import njit
from assets.mixtures.word_hash import FOLD_SHIFT, MIX_SHIFT_A, MIX_SHIFT_B

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
BOOL = npt.NDArray[np.bool_]

UNKNOWN = np.uint8(255)
"""As in folding.py."""
GROUP = 64
"""Bytes whose edges are found at a time; buffers end in as many zeros and eight more."""

_HIGH = np.uint64(0x8080808080808080)
# Added to a byte below 0x80, these raise its high bit from a certain character on.
_FROM_UPPER_A = np.uint64(0x0101010101010101 * (0x80 - ord("A")))
_PAST_UPPER_Z = np.uint64(0x0101010101010101 * (0x80 - ord("Z") - 1))

_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_THREE = np.uint64(3)
_EIGHT = np.uint64(8)
_SIXTEEN = np.uint64(16)
_WORD = np.uint64(64)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_GROUP = np.uint64(GROUP)
_SHIFT_SIGN = np.uint64(63)


@intrinsic  # type: ignore[untyped-decorator]
def _trailing_zeros(context: Any, value: Any) -> Any:
    """Return how many bits of a value stand below its lowest one."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], false_bit)

    return types.uint64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _bits_set(context: Any, value: Any) -> Any:
    """Return how many bits of a value are set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _word_mask(context: Any, text: Any, at: Any) -> Any:
    """Return a bit for each of 64 bytes that a word may hold: [0-9a-z_] and beyond ASCII.

    Bounds are not checked: 64 bytes must stand there.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        block = ir.VectorType(ir.IntType(8), GROUP)
        place = builder.bitcast(builder.gep(array.data, [args[1]]), block.as_pointer())
        held = builder.load(place, align=1, typ=block)

        def within(first: str, last: str) -> Any:
            low, size = ir.Constant(block, [ord(first)] * GROUP), ord(last) - ord(first)
            shifted = builder.sub(held, low)
            return builder.icmp_unsigned("<=", shifted, ir.Constant(block, [size] * GROUP))

        beyond = builder.icmp_signed("<", held, ir.Constant(block, [0] * GROUP))
        mask = builder.or_(builder.or_(within("0", "9"), within("a", "z")), within("_", "_"))
        return builder.bitcast(builder.or_(mask, beyond), ir.IntType(GROUP))

    return types.uint64(text, types.uint64), generate


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find_unknown(content: U8, loads: U64, offsets: I64, lengths: U8) -> BOOL:
    """Return which texts hold a character that the folding table does not know.

    `loads` are the eight bytes from every byte on, as far as there are eight. Text is valid UTF-8.
    """
    unknown = np.zeros(len(offsets) - 1, dtype=np.bool_)
    for document in range(len(offsets) - 1):
        at, end = np.uint64(offsets[document]), np.uint64(offsets[document + 1])
        while at < end:
            if at + _EIGHT <= end and loads[at] & _HIGH == _ZERO:
                at += _EIGHT
                continue
            if content[at] < 0x80:
                at += _ONE
                continue
            point, size = _character(content, at)
            if point > 0xFFFF or lengths[point] == UNKNOWN:
                unknown[document] = True
                break
            at += size
    return unknown


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _character(content: U8, at: np.uint64) -> tuple[np.int64, np.uint64]:
    """Return the code point of a character beyond ASCII, and its bytes; 0x10000 for four."""
    first = np.int64(content[at])
    if first >= 0xF0:
        return np.int64(0x10000), np.uint64(4)
    second = np.int64(content[at + _ONE]) & 0x3F
    if first >= 0xE0:
        third = np.int64(content[at + _TWO]) & 0x3F
        return (first & 0x0F) << 12 | second << 6 | third, np.uint64(3)
    return (first & 0x1F) << 6 | second, _TWO


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _lower(block: np.uint64) -> np.uint64:
    """Return eight bytes below 0x80 in lower case."""
    upper = ((block + _FROM_UPPER_A) ^ (block + _PAST_UPPER_Z)) & _HIGH
    return np.uint64(block | (upper >> _TWO))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def fold_document(
    content: U8,
    content_loads: U64,
    first: np.uint64,
    end: np.uint64,
    is_normal: bool,
    lengths: U8,
    folded: U64,
    text: U8,
    text_loads: U64,
) -> np.uint64:
    """Write what the characters of one text become, in lower case; return how many bytes.

    A text that `is_normal` went through Polars: its characters beyond ASCII stay. The table knows
    all characters of any other one.
    """
    at, to = first, _ZERO
    while at < end:
        if at + _EIGHT <= end:
            block = content_loads[at]
            if block & _HIGH == _ZERO:
                text_loads[to] = _lower(block)
                at += _EIGHT
                to += _EIGHT
                continue
        byte = content[at]
        if byte < 0x80 or is_normal:
            text[to] = byte + 32 if 65 <= byte <= 90 else byte
            to += _ONE
            at += _ONE
            continue
        point, size = _character(content, at)
        at += size
        text_loads[to] = folded[point]
        to += np.uint64(lengths[point])
    for pad in range(np.uint64(9)):
        text_loads[to + np.uint64(pad) * _EIGHT] = _ZERO
    return to


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find_edges(text: U8, size: np.uint64, edges: U64) -> int:
    """Write where words begin and end, by turns, in a folded text; return how many words."""
    count = 0
    before = _ZERO
    base = _ZERO
    while base <= size:
        mask = _word_mask(text, base)
        changes = mask ^ (np.uint64(mask << _ONE) | before)
        before = mask >> _SHIFT_SIGN
        # Four at a time: whether there is one more is guessed wrong once per group, not per word.
        left = _bits_set(changes)
        to = count
        count += left
        while to < count:
            for place in range(4):
                edges[to + place] = base + _trailing_zeros(changes)
                changes &= changes - _ONE
            to += 4
        base += _GROUP
    return count >> 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def hash_words(loads: U64, edges: U64, num_words: int, constants: U64, hashes: U64) -> None:
    """Write the hash of every word between two edges."""
    mix_a, mix_b = constants[0], constants[1]
    for word in range(np.uint64(num_words)):
        first = edges[_TWO * word]
        length = edges[_TWO * word + _ONE] - first
        hashes[word] = _hash(loads, first, length, mix_a, mix_b)


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _hash(
    loads: U64, first: np.uint64, length: np.uint64, mix_a: np.uint64, mix_b: np.uint64
) -> np.uint64:
    """Fold eight bytes at a time into a hash that begins with the length.

    Both blocks of up to sixteen bytes are folded, whether there is a second one or not: to guess
    the length of a word costs more.
    """
    value = np.uint64((length + _ONE) * mix_a)
    while length > _SIXTEEN:
        value = np.uint64((value ^ loads[first]) * mix_b)
        value ^= value >> FOLD_SHIFT
        first += _EIGHT
        length -= _EIGHT
    shift = np.uint64(_WORD - (min(length, _EIGHT) << _THREE))
    value = np.uint64((value ^ (loads[first] & (_ALL >> shift))) * mix_b)
    value ^= value >> FOLD_SHIFT
    shift = np.uint64((_WORD + _WORD - (length << _THREE)) & _SHIFT_SIGN)
    more = np.uint64((value ^ (loads[first + _EIGHT] & (_ALL >> shift))) * mix_b)
    more ^= more >> FOLD_SHIFT
    value = more if length > _EIGHT else value
    value = np.uint64((value ^ (value >> MIX_SHIFT_A)) * mix_b)
    value = np.uint64((value ^ (value >> MIX_SHIFT_B)) * mix_a)
    return value ^ (value >> MIX_SHIFT_A)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def cut_words(
    content: U8,
    content_loads: U64,
    offsets: I64,
    is_normal: BOOL,
    lengths: U8,
    folded: U64,
    constants: U64,
    text: U8,
    text_loads: U64,
    starts: I64,
    ends: I64,
    hashes: U64,
    bounds: I64,
) -> tuple[int, int]:
    """Fold all texts one behind the other, and write starts, ends and hashes of their words.

    Return how many bytes and words. A document's zeros are overwritten by the next one.
    """
    longest = 0
    for document in range(len(offsets) - 1):
        longest = max(longest, offsets[document + 1] - offsets[document])
    edges = np.empty(2 * longest + 2 * GROUP, dtype=np.uint64)
    to, count = 0, 0
    for document in range(len(offsets) - 1):
        bounds[document] = count
        size = fold_document(
            content,
            content_loads,
            np.uint64(offsets[document]),
            np.uint64(offsets[document + 1]),
            is_normal[document],
            lengths,
            folded,
            text[to:],
            text_loads[to:],
        )
        found = find_edges(text[to:], size, edges)
        hash_words(text_loads[to:], edges, found, constants, hashes[count:])
        for word in range(found):
            starts[count + word] = to + np.int64(edges[2 * word])
            ends[count + word] = to + np.int64(edges[2 * word + 1])
        count += found
        to += int(size)
    bounds[len(offsets) - 1] = count
    return to, count
