"""Runs of characters that are one word whatever stands at their ends, and units of measurement.

Short and English, our choice: the ones that are common in medical and encyclopaedic text.
"""

from __future__ import annotations

import string
from functools import lru_cache

import numpy as np
import numpy.typing as npt

KEPT_WHOLE = (
    *(f"{letter}." for letter in string.ascii_lowercase),
    "e.g.", "i.e.", "E.g.", "I.e.", "a.m.", "p.m.", "vs.", "v.s.", "Dr.", "Mr.", "Mrs.", "Ms.",
    "St.", "Mt.", "Jr.", "Prof.", "Ph.D.", "Inc.", "Ltd.", "Co.", "co.", "Corp.", "Bros.", "Rev.",
    "Gen.", "Gov.", "Sen.", "Rep.", "Adm.", "Jan.", "Feb.", "Mar.", "Apr.", "Jun.", "Jul.", "Aug.",
    "Sep.", "Sept.", "Oct.", "Nov.", "Dec.", "Va.", "Pa.", "La.", "Md.", "Mo.", "Ga.", "Ia.",
    "Ala.", "Ark.", "Del.", "Fla.", "Ill.", "Ind.", "Kan.", "Mich.", "Minn.", "Miss.", "Mont.",
    "Neb.", "Nev.", "Ore.", "Tenn.", "Wash.", "Wis.", "Calif.", "Colo.", "Conn.", "Mass.", "Okla.",
    "and/or", "8)",
)  # fmt: skip

CUT_AFTER_THREE = ("cannot", "Cannot")

UNITS = (
    "km", "km\u00b2", "km\u00b3", "m", "m\u00b2", "m\u00b3", "dm", "cm", "cm\u00b2", "cm\u00b3",
    "mm", "mm\u00b2", "mm\u00b3", "ha", "\u00b5m", "nm", "yd", "in", "ft", "kg", "g", "mg",
    "\u00b5g", "t", "lb", "oz", "m/s", "km/h", "kmh", "mph", "hPa", "Pa", "mbar", "mb", "MB", "kb",
    "KB", "gb", "GB", "tb", "TB", "T", "G", "M", "K", "%",
)  # fmt: skip


TABLE_SIZE = 512


@lru_cache(maxsize=1)
def special_hashes() -> npt.NDArray[np.uint64]:
    """Return an open-addressing table of the hashes of all of them, 0 where it is empty.

    A unit stands there with UNIT_PREFIX before it.
    """
    from assets.corpora.cleaning.edge_kernels import hash_of

    table = np.zeros(TABLE_SIZE, dtype=np.uint64)
    for word in (*KEPT_WHOLE, *CUT_AFTER_THREE, *(f"\x01{unit}" for unit in UNITS)):
        codes = np.array([ord(character) for character in word], dtype=np.int32)
        value = np.uint64(hash_of(codes, 0, len(codes)))
        slot = int(value) % TABLE_SIZE
        while table[slot] != 0:
            assert table[slot] != value, f"two special words share a hash: {word}"
            slot = (slot + 1) % TABLE_SIZE
        table[slot] = value
    return table
