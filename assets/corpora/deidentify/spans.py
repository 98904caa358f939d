"""A span: bytes of a text that identify somebody, their class, and what stands there instead."""

from __future__ import annotations

from assets.corpora.deidentify.classes import (
    CLASSES,
    DATE,
    FIRST_YEAR_KEPT,
    GEOGRAPHY,
    PLACEHOLDERS,
    RESTRICTED_ZIP3,
)

Span = tuple[int, int, int, bytes]
"""Start, end, index in CLASSES, replacement."""
Spans = list[Span]

INDEX = {name: index for index, name in enumerate(CLASSES)}
_REPLACEMENT = {name: text.encode() for name, text in PLACEHOLDERS.items()}
LAST_YEAR_KEPT = 2099


def span(start: int, end: int, name: str) -> Span:
    return start, end, INDEX[name], _REPLACEMENT[name]


def date_span(start: int, end: int, year: bytes | None) -> Span:
    """Keep a year of four digits, unless it tells of an age above 89."""
    digits = (year or b"").strip(b"'")
    kept = len(digits) == 4 and FIRST_YEAR_KEPT <= int(digits) <= LAST_YEAR_KEPT
    text = b"[DATE " + digits + b"]" if kept else _REPLACEMENT[DATE]
    return start, end, INDEX[DATE], text


def zip_span(start: int, end: int, digits: bytes) -> Span:
    """Keep three digits of a postal code, 000 for the restricted ones."""
    prefix = digits[:3]
    kept = b"000" if prefix.decode() in RESTRICTED_ZIP3 else prefix
    return start, end, INDEX[GEOGRAPHY], b"[ZIP " + kept + b"]"


def merged(found: Spans) -> Spans:
    """Return spans in order without overlap; where some meet, the first and longest names them.

    A span that only swallows a longer one's tail extends it, so nothing that any rule saw is left.
    """
    found.sort(key=lambda s: (s[0], -s[1]))
    result: Spans = []
    for item in found:
        if result and item[0] < result[-1][1]:
            last = result[-1]
            if item[1] > last[1]:
                result[-1] = (last[0], item[1], last[2], last[3])
        else:
            result.append(item)
    return result
