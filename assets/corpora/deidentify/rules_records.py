"""Records whose columns say what a value is: HL7 v2 segments, tables with a header line."""

from __future__ import annotations

from assets.corpora.deidentify.classes import (
    ACCOUNT,
    DATE,
    GEOGRAPHY,
    HEALTH_PLAN,
    LICENCE,
    MRN,
    NAME,
    OTHER,
    PHONE,
    SSN,
)
from assets.corpora.deidentify.patterns import compiled
from assets.corpora.deidentify.spans import Spans, date_span, span

_HL7 = {
    b"PID": {2: OTHER, 3: MRN, 4: OTHER, 5: NAME, 6: NAME, 7: DATE, 9: NAME, 11: GEOGRAPHY,
             12: GEOGRAPHY, 13: PHONE, 14: PHONE, 18: ACCOUNT, 19: SSN, 20: LICENCE,
             21: OTHER, 23: GEOGRAPHY},
    b"NK1": {2: NAME, 4: GEOGRAPHY, 5: PHONE, 6: PHONE},
    b"IN1": {2: HEALTH_PLAN, 5: GEOGRAPHY, 7: PHONE, 8: HEALTH_PLAN, 12: DATE, 13: DATE, 16: NAME,
             18: DATE, 19: GEOGRAPHY, 36: HEALTH_PLAN, 49: HEALTH_PLAN},
    b"GT1": {3: NAME, 5: GEOGRAPHY, 6: PHONE, 7: PHONE, 8: DATE, 12: SSN},
    b"PV1": {7: NAME, 8: NAME, 9: NAME, 17: NAME, 19: OTHER, 44: DATE, 45: DATE},
    b"OBR": {2: OTHER, 3: OTHER, 7: DATE, 16: NAME, 22: DATE},
    b"ORC": {2: OTHER, 3: OTHER, 12: NAME},
    b"MRG": {1: MRN, 7: NAME},
}  # fmt: skip
"""HL7 v2.5.1, chapters 3, 4 and 6: the field of each segment that carries an identifier."""

_SEGMENT = compiled(rb"(PID|NK1|IN1|GT1|PV1|OBR|ORC|MRG)\|")
_LINE = compiled(rb"[^\r\n]{1,4000}+")
_COMPONENT = compiled(rb"[^|^&~]{1,200}+")
_YEAR = compiled(rb"((?:18|19|20)[0-9]{2})[01][0-9]")
_KEPT = frozenset(b"l m u d h mr md do rn ssn vn pi ssa usa us dr mrs ms prn wpn orn cp ph".split())
"""Type codes inside composite fields."""


def segment(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """PID|1||0042^^^HOSP^MR||ROE^JANE||19560312|F|..."""
    begins = pos == lo or data[pos - 1] in b"\r\n"
    head = _SEGMENT.match(data, pos, hi) if begins else None
    line = _LINE.match(data, pos, hi) if head else None
    if head is None or line is None:
        return []
    found, at = list[tuple[int, int, int, bytes]](), pos
    wanted = _HL7[head[1]]
    for index, value in enumerate(line[0].split(b"|")):
        if value and (name := wanted.get(index)):
            found += _field(data, at, at + len(value), name)
        at += len(value) + 1
    return found


def _field(data: bytes, start: int, end: int, name: str) -> Spans:
    """Mask the components of a field; of a place, all but state and country."""
    found: Spans = []
    for part in _COMPONENT.finditer(data, start, end):
        text = part[0].strip()
        digits = any(0x30 <= c <= 0x39 for c in text)
        if text.startswith(b"[") or text.lower() in _KEPT or len(text) < 2:
            continue
        if name == DATE:
            year = _YEAR.match(data, part.start(), end)
            found.append(date_span(part.start(), part.end(), year[1] if year else None))
        elif name == GEOGRAPHY and len(text) <= 3 and not digits:
            continue
        elif name == NAME and digits:
            found.append(span(part.start(), part.end(), OTHER))
        elif name in (NAME, GEOGRAPHY) or digits:
            found.append(span(part.start(), part.end(), name))
    return found
