"""One pass over UTF-8 bytes that finds where a rule may begin (kinds.py), and nothing else.

Linear: every byte is consumed once, and what is looked at ahead is bounded by LOOK_AHEAD bytes.
"""

# mypy: disallow-untyped-decorators=False, warn-return-any=False
# mypy: disable-error-code="return-value, assignment"
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.compiler import njit
from assets.corpora.deidentify import kinds as k

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

LOOK_AHEAD = 28
"""Bytes: a telephone number in its longest form, with separators."""
BLOB_BYTES = 120
"""A run this long in the alphabet of base64 is no word and no formula: our choice."""

VIN_BYTES = 17
VALUE_AHEAD = 72
"""Bytes after a label within which its value has a digit."""
FIRST_CELL = 40
BLOB_WORD = 20
"""Letters and digits in a row, somewhere in every such run."""

_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@njit(cache=True, nogil=True)
def is_digit(c: int) -> bool:
    return 48 <= c <= 57


@njit(cache=True, nogil=True)
def is_letter(c: int) -> bool:
    return 97 <= c <= 122 or 65 <= c <= 90 or 0xC3 <= c <= 0xDF


@njit(cache=True, nogil=True)
def is_upper(data: U8, i: int) -> bool:
    c = data[i]
    return 65 <= c <= 90 or (c == 0xC3 and data[i + 1] <= 0x9E) or 0xC4 <= c <= 0xC5


@njit(cache=True, nogil=True)
def is_hex(c: int) -> bool:
    return 48 <= c <= 57 or 97 <= c <= 102 or 65 <= c <= 70


@njit(cache=True, nogil=True)
def word_end(data: U8, i: int, hi: int) -> tuple[int, int]:
    """Return the end of a run of letters (two-byte letters count) and its lower-case hash."""
    h = _OFFSET
    while i < hi:
        c = data[i]
        if 65 <= c <= 90:
            h = (h ^ np.uint64(c + 32)) * _PRIME
            i += 1
        elif 97 <= c <= 122:
            h = (h ^ np.uint64(c)) * _PRIME
            i += 1
        elif 0xC3 <= c <= 0xDF and i + 1 < hi:
            h = (h ^ np.uint64(c)) * _PRIME
            h = (h ^ np.uint64(data[i + 1])) * _PRIME
            i += 2
        else:
            break
    return i, h


@njit(cache=True, nogil=True)
def bytes_hash(data: U8, i: int, n: int) -> int:
    h = _OFFSET
    for j in range(i, i + n):
        h = (h ^ np.uint64(data[j])) * _PRIME
    return h


@njit(cache=True, nogil=True)
def look_up(keys: U64, values: U32, h: int) -> int:
    mask = np.uint64(len(keys) - 1)
    slot = (h ^ (h >> np.uint64(32))) & mask
    while keys[slot] != 0:
        if keys[slot] == h:
            return values[slot]
        slot = (slot + np.uint64(1)) & mask
    return np.uint32(0)


@njit(cache=True, nogil=True)
def digits_ahead(data: U8, i: int, hi: int) -> int:
    """Return the digits within LOOK_AHEAD bytes, up to what cannot stand in a number group."""
    count, gap = 0, 0
    for j in range(i, min(hi, i + LOOK_AHEAD)):
        c = data[j]
        if is_digit(c):
            count += 1
            gap = 0
        elif c == 32 or c == 40 or c == 41 or 45 <= c <= 47:
            gap += 1
            if gap > 3:
                break
        else:
            break
    return count


@njit(cache=True, nogil=True)
def is_blob(data: U8, i: int, hi: int) -> bool:
    if i + BLOB_BYTES > hi:
        return False
    for j in range(i, i + BLOB_BYTES):
        c = data[j]
        plain = 97 <= c <= 122 or 65 <= c <= 90 or is_digit(c)
        if not (plain or c == 43 or c == 47 or c == 61 or c == 45 or c == 95):
            return False
    return True


@njit(cache=True, nogil=True)
def token_kind(data: U8, i: int, hi: int) -> tuple[int, int]:
    """Return the kind of a run of letters and digits beginning at i, and its end."""
    digits, letters, j = 0, 0, i
    # Bounded: a token is read again at each of its runs of digits.
    while j < min(hi, i + BLOB_BYTES) and (is_digit(data[j]) or is_letter(data[j])):
        if is_digit(data[j]):
            digits += 1
        else:
            letters += 1
        j += 1
    n = j - i
    if n >= BLOB_WORD and is_blob(data, i, hi):
        return k.BLOB, j
    if j < hi and data[j] == 58 and n <= 4 and is_hex(data[i]):
        return k.COLONS, j
    if (letters and digits >= 4 and n >= 7) or (digits and n == VIN_BYTES):
        return k.CODE, j
    if letters and digits and n == 8 and j < hi and data[j] == 45:
        return k.CODE, j
    if letters and digits and n <= 4 and is_upper(data, i):
        # The beginning of an IBAN, or the outward half of a British postcode.
        ahead = digits_ahead(data, min(j + 1, hi), hi)
        if ahead >= 1 and j < hi and (data[j] == 32 or data[j] == 45):
            return k.CODE, j
    if letters and digits >= 2 and j < hi and data[j] == 45:
        return k.CODE, j
    return 0, j


@njit(cache=True, nogil=True)
def number_kind(data: U8, i: int, e: int, hi: int) -> int:
    """Return the kind of a run of digits data[i:e] that no letter follows."""
    n = e - i
    if n >= 7:
        return k.NUMBER
    if e < hi and data[e] >= 0xE3 and n <= 4:
        return k.CJK_NUMBER
    if digits_ahead(data, i, hi) >= 7:
        return k.NUMBER
    sep = data[e] if e < hi else 0
    if sep == 45 or sep == 46 or sep == 47:
        return separated_kind(data, e, hi, n)
    if sep == 58:
        return k.COLONS
    if sep == 32 and e + 2 < hi and data[e + 1] == 47:
        return k.SLASHED
    return age_kind(data, i, n)


@njit(cache=True, nogil=True)
def separated_kind(data: U8, e: int, hi: int, n: int) -> int:
    sep, j, run = data[e], e + 1, 0
    while j < hi and run < 5 and (is_digit(data[j]) or is_letter(data[j])):
        run += 1
        j += 1
    if run and run < 5 and j + 1 < hi and data[j] == sep and is_digit(data[j + 1]) and n <= 4:
        return k.NUMBER
    if sep == 47 and run and is_digit(data[e + 1]):
        return k.SLASHED
    if n >= 2 and e + 1 < hi and sep == 45 and is_letter(data[e + 1]):
        return k.AGE
    return 0


@njit(cache=True, nogil=True)
def age_kind(data: U8, i: int, n: int) -> int:
    if n == 2 and data[i] == 57:
        return k.AGE
    if n == 3 and data[i] == 49 and data[i + 1] <= 50:
        return k.AGE
    return 0


@njit(cache=True, nogil=True)
def capital_ahead(data: U8, e: int, hi: int) -> bool:
    """Return whether a capital follows within a few separators."""
    for j in range(e, min(hi - 1, e + 5)):
        if is_upper(data, j):
            return True
        if is_letter(data[j]) or is_digit(data[j]):
            return False
    return False


@njit(cache=True, nogil=True)
def has_digit(data: U8, e: int, hi: int) -> bool:
    for j in range(e, min(hi, e + VALUE_AHEAD)):  # noqa: SIM110 (a kernel has no generators)
        if is_digit(data[j]):
            return True
    return False


@njit(cache=True, nogil=True)
def is_header(data: U8, i: int, hi: int) -> bool:
    """Return whether a line beginning at i may be the header of a table."""
    for j in range(i, min(hi, i + FIRST_CELL)):
        c = data[j]
        if c == 44 or c == 59 or c == 124 or c == 9:
            return True
        if c == 10 or is_digit(c):
            return False
    return False


@njit(cache=True, nogil=True)
def word_kind(data: U8, i: int, e: int, hi: int, flags: int) -> int:
    """Return the kind of a known word data[i:e]."""
    kind = flags & k.KIND_MASK
    capital = is_upper(data, i)
    if kind == k.STATE or kind == k.CITY or kind == k.STREET or kind == k.CREDENTIAL:
        kind = kind if capital else 0
        if kind == k.STATE and e - i == 2 and not is_upper(data, i + 1):
            kind = 0
    if kind == k.SEGMENT and not (capital and is_upper(data, i + 1)):
        kind = 0
    if kind == k.ID_LABEL or kind == k.PHONE_LABEL or kind == k.BIOMETRIC:
        kind = kind if has_digit(data, e, hi) else 0
    if kind == k.NAME_CUE:
        kind = kind if capital_ahead(data, e, hi) else 0
    if not flags and capital and e - i >= 4 and not is_upper(data, i + 1):
        return k.UNKNOWN if e + 1 < hi and data[e] == 32 and is_upper(data, e + 1) else 0
    if kind or not capital or not flags & (k.GIVEN | k.FAMILY) or flags & k.EPONYM:
        return kind
    if not flags & k.ORDINARY:
        return k.NAME
    if e + 1 < hi and flags & k.GIVEN and (data[e] == 32 or data[e] == 44):
        return k.WEAK_NAME if is_upper(data, e + 1) or data[e + 1] == 32 else 0
    return 0


@njit(cache=True, nogil=True)
def cjk_kind(data: U8, i: int, hi: int, keys: U64, values: U32) -> int:
    if i + 6 <= hi:
        kind = look_up(keys, values, bytes_hash(data, i, 6)) & k.KIND_MASK
        if kind:
            return kind
    if i + 3 <= hi:
        return look_up(keys, values, bytes_hash(data, i, 3)) & k.KIND_MASK
    return 0


@njit(cache=True, nogil=True)
def next_trigger(data: U8, i: int, hi: int, keys: U64, values: U32) -> tuple[int, int]:
    """Return the kind of what begins at i (0 for nothing) and where to go on."""
    c = data[i]
    if is_letter(c):
        e, h = word_end(data, i, hi)
        if e == i:
            return 0, i + 1
        kind = word_kind(data, i, e, hi, look_up(keys, values, h))
        if e < hi and is_digit(data[e]):
            code, e = token_kind(data, i, hi)
            return kind if kind else code, e
        if e - i >= BLOB_WORD and is_blob(data, i, hi):
            return k.BLOB, e
        if not kind and e < hi and data[e] == 58 and e - i <= 4 and is_hex(c) and e + 1 < hi:
            kind = k.COLONS if is_hex(data[e + 1]) or data[e + 1] == 58 else 0
        return kind, e
    if is_digit(c):
        e = i
        while e < hi and is_digit(data[e]):
            e += 1
        if e < hi and is_letter(data[e]):
            kind, end = token_kind(data, i, hi)
            # The letters are read again as a word: the month of 3Mar2019.
            return kind if kind else age_kind(data, i, e - i), end if kind == k.BLOB else e
        return number_kind(data, i, e, hi), e
    if c >= 0xE3:
        return cjk_kind(data, i, hi, keys, values), i + 3
    if c == 64:
        return k.AT_SIGN, i + 1
    if c == 58 and i + 2 < hi and data[i + 1] == 47 and data[i + 2] == 47:
        return k.SCHEME, i + 3
    if c == 58 and i + 1 < hi and data[i + 1] == 58:
        return k.COLONS, i + 2
    if (c == 43 or c == 40) and i + 1 < hi and is_digit(data[i + 1]):
        return (k.NUMBER if digits_ahead(data, i + 1, hi) >= 7 else 0), i + 1
    return 0, i + 1


@njit(cache=True, nogil=True)
def scan(data: U8, bounds: I64, keys: U64, values: U32, places: I64, found: U8) -> int:
    """Write position and kind of every trigger of the units data[bounds[u]:bounds[u+1]]."""
    count = 0
    for unit in range(len(bounds) - 1):
        i, hi = bounds[unit], bounds[unit + 1]
        while i < hi:
            if (i == bounds[unit] or data[i - 1] == 10) and is_header(data, i, hi):
                places[count] = i
                found[count] = k.HEADER
                count += 1
            kind, after = next_trigger(data, i, hi, keys, values)
            if kind:
                places[count] = i
                found[count] = kind
                count += 1
            i = after
    return count
