"""Kinds of places in a text at which a rule may begin, as small numbers for the kernel.

The scan finds them in one pass; detect.py says which rule answers to which kind.
"""

from __future__ import annotations

NAME = 1
"""A name of the gazetteer that is no ordinary word."""
WEAK_NAME = 2
"""A given name that is also an ordinary word, before another capital."""
TITLE = 3
NAME_LABEL = 4
NAME_CUE = 5
CREDENTIAL = 6
MONTH = 7
STREET = 8
COUNTY = 9
STATE = 10
PLACE_CUE = 11
CITY = 12
FACILITY = 13
ID_LABEL = 14
PHONE_LABEL = 15
AGE_CUE = 16
WEB = 17
TOP_DOMAIN = 18
IMAGE_FILE = 19
DATA_URI = 20
BIOMETRIC = 21
SEGMENT = 22
BOX = 23
ERA = 25

NUMBER = 32
"""A number with separators, or of seven digits and more."""
SLASHED = 33
AGE = 34
COLONS = 35
CODE = 36
BLOB = 37
AT_SIGN = 38
SCHEME = 39
CJK_LABEL = 40
CJK_HONORIFIC = 41
CJK_NUMBER = 42
CJK_PLACE = 43
UNKNOWN = 45
"""A capitalised word that is in no list, before another capital."""
HEADER = 44
"""A line whose first cell is short."""

KIND_MASK = 0xFF
GIVEN = 1 << 8
FAMILY = 1 << 9
ORDINARY = 1 << 10
EPONYM = 1 << 11
"""Flags of a word, above the kind it triggers."""
