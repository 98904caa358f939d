"""What a processor does with bytes and numba has no words for: wide loads, masks, prefetching.

Each is one or a few instructions. None checks bounds: loads go up to ROOM_BYTES beyond the bytes
that are asked for, and padded_rows of model/columns.py gives arrays that have them.
"""

# numba's intrinsics are written against its untyped compiler interface.
# mypy: disallow-untyped-decorators=False

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

lean = njit(cache=True, nogil=True, _nrt=False)
"""Compiles a loop that allocates nothing. Counting the references to its arrays, which somebody
else holds for as long, took longer than encoding a word."""

ROOM_BYTES = 128
"""Bytes that must exist behind a text: a block of 64, and the 16 of a word at its end."""

_BYTE, _WORD = ir.IntType(8), ir.IntType(64)
_BLOCK = ir.VectorType(_BYTE, 64)


def _address(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Return the address of element args[1] of array args[0]."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    at = context.cast(builder, args[1], signature.args[1], types.intp)
    return builder.gep(array.data, [at])


@intrinsic
def load8(_context: Any, data: Any, at: Any) -> Any:
    """Return eight bytes of an array of bytes that start anywhere, the first one lowest."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.bitcast(_address(context, builder, signature, args), _WORD.as_pointer())
        return builder.load(place, align=1, typ=_WORD)

    return types.uint64(data, at), generate


@intrinsic
def store8(_context: Any, out: Any, at: Any, value: Any) -> Any:
    """Write two 32-bit numbers, the lower one first, from element `at` on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.bitcast(_address(context, builder, signature, args), _WORD.as_pointer())
        builder.store(args[2], place, align=1)
        return context.get_dummy_value()

    return types.void(out, at, types.uint64), generate


@intrinsic
def prefetch(_context: Any, data: Any, at: Any) -> Any:
    """Ask for the line of the cache that holds an element."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer, number = _BYTE.as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        call = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        place = builder.bitcast(_address(context, builder, signature, args), pointer)
        # Read, keep near, data: the arguments of llvm.prefetch.
        builder.call(call, [place, *(ir.Constant(number, value) for value in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(data, at), generate


@intrinsic
def lowest_bit(_context: Any, value: Any) -> Any:
    """Return the number of the lowest bit that is set; 64 when none is."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@intrinsic
def num_bits(_context: Any, value: Any) -> Any:
    """Return how many bits are set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate


@intrinsic
def ascii_masks(_context: Any, data: Any, at: Any) -> Any:
    """Return for 64 bytes which are letters, digits, spaces, blanks, line ends and not ASCII.

    Blanks are the space, tab, vertical tab and form feed: those of model/cuts.py, as a test holds.
    """
    kind = types.UniTuple(types.uint64, 6)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.bitcast(_address(context, builder, signature, args), _BLOCK.as_pointer())
        block = builder.load(place, align=1, typ=_BLOCK)

        def each(value: int) -> Any:
            return ir.Constant(_BLOCK, [value & 0xFF] * 64)

        def within(values: Any, first: str, last: str) -> Any:
            shifted = builder.sub(values, each(ord(first)))
            return builder.icmp_unsigned("<=", shifted, each(ord(last) - ord(first)))

        def one_of(characters: str) -> Any:
            found = [builder.icmp_unsigned("==", block, each(ord(c))) for c in characters]
            for other in found[1:]:
                found[0] = builder.or_(found[0], other)
            return found[0]

        masks = (
            within(builder.or_(block, each(0x20)), "a", "z"),
            within(block, "0", "9"),
            one_of(" "),
            one_of(" \t\v\f"),
            one_of("\r\n"),
            builder.icmp_signed("<", block, each(0)),
        )
        bits = [builder.bitcast(mask, _WORD) for mask in masks]
        return context.make_tuple(builder, kind, bits)

    return kind(data, at), generate


_MASKS = [(1 << (8 * size)) - 1 for size in range(9)]
FIRST_BYTES = np.array(_MASKS + _MASKS[-1:] * 8, dtype=np.uint64)
"""[n] keeps the first n of eight bytes, for n up to 16."""
NEXT_BYTES = np.array(_MASKS[:1] * 8 + _MASKS, dtype=np.uint64)
"""[n] keeps of the second eight bytes those of a word of n."""
