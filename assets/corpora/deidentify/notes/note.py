"""Generate labelled notes: text with the class and the place of every identifier.

Pure: the same seed and number give the same notes, on any machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from assets.corpora.deidentify import classes as c
from assets.corpora.deidentify.notes import makers, names, values
from assets.corpora.deidentify.notes.layouts import FORMATS, NEGATIVES, SENTENCES

_FIELD = re.compile(r"<<(\w+)>>")
_NUM_SENTENCES, _NUM_NEGATIVES = 6, 5
_CASELESS = frozenset((c.EMAIL, c.URL, c.IP, c.PHOTO, c.BIOMETRIC))
"""Printed as they are in capitals too: most are read by machines."""
_SPACED = frozenset((c.DATE, c.PHONE, c.FAX, c.SSN))
_PLAIN = {"mrn_plain": 8, "account_plain": 9, "phone_plain": 10}


@dataclass(frozen=True, kw_only=True)
class Gold:
    """One identifier: characters [start, end) of the note's text."""

    start: int
    end: int
    kind: str
    """Its class."""


@dataclass(frozen=True, kw_only=True)
class Note:
    text: str
    format: str
    gold: tuple[Gold, ...]


def generate_notes(
    seed: int, num_notes: int, layouts: Mapping[str, tuple[str, ...]] = FORMATS
) -> list[Note]:
    """Return notes in all formats by turns; raises ValueError when there would be none."""
    if num_notes < 1:
        raise ValueError(f"{num_notes} notes cannot be generated: ask for one or more")
    formats = sorted(layouts)
    return [
        _note(Random(f"{seed}:{i}"), formats[i % len(formats)], layouts) for i in range(num_notes)
    ]


def _note(random: Random, form: str, layouts: Mapping[str, tuple[str, ...]]) -> Note:
    who = values.person(random)
    parts = _parts(random, who, random.choice(layouts[form]), {})
    text, gold, at = list[str](), list[Gold](), 0
    for kind, part in parts:
        shown = _printed(random, part, kind, form)
        text.append(shown)
        if kind:
            gold.append(Gold(start=at, end=at + len(shown), kind=kind))
        at += len(shown)
    return Note(text="".join(text), format=form, gold=tuple(gold))


def _parts(
    random: Random, who: values.Person, template: str, known: dict[str, str]
) -> list[tuple[str, str]]:
    """Return (class or empty, text) in reading order."""
    parts: list[tuple[str, str]] = []
    for index, piece in enumerate(_FIELD.split(template)):
        if index % 2 == 0:
            parts.append(("", piece))
        elif piece == "sentences":
            chosen = " ".join(random.sample(SENTENCES, _NUM_SENTENCES))
            parts += _parts(random, who, chosen, known)
        elif piece == "negatives":
            parts.append(("", " ".join(random.sample(NEGATIVES, _NUM_NEGATIVES))))
        else:
            parts.append(_value(random, who, piece, known))
    return parts


def _value(random: Random, who: values.Person, kind: str, known: dict[str, str]) -> tuple[str, str]:
    if kind in makers.MAKERS:
        name, make = makers.MAKERS[kind]
        return name, make(random, who)
    if kind in makers.KEPT:
        return "", makers.KEPT[kind](random, who)
    if kind in _PLAIN:
        named = {"mrn_plain": c.MRN, "account_plain": c.ACCOUNT, "phone_plain": c.PHONE}[kind]
        return named, values.digits(random, _PLAIN[kind])
    special = {
        "zh_known": (c.NAME, known.setdefault("zh", "\u738b" + random.choice(names.ZH_GIVEN))),
        "street_plain": (c.GEOGRAPHY, values.street(random).replace("#", "No ")),
        "ssn_plain": (c.SSN, values.digits(random, 9)),
        "order": (c.OTHER, values.digits(random, random.choice((6, 7)))),
        "uuid": (c.OTHER, _uuid(random)),
        "npi": (c.LICENCE, "1" + values.digits(random, 9)),
        "box": (c.GEOGRAPHY, f"Box {random.randint(10, 9999)}"),
        "month": (c.DATE, random.choice(("January", "June", "August", "October"))),
        "month_day_phrase": (c.DATE, f"{random.randint(1, 12)}/{random.randint(1, 28)}"),
    }
    return special[kind]


def _uuid(random: Random) -> str:
    text = "".join(random.choices("0123456789abcdef", k=32))
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _printed(random: Random, text: str, kind: str, form: str) -> str:
    if form == "caps" and kind not in _CASELESS:
        return text.upper()
    if form == "ocr":
        return _scanned(random, text, kind)
    return text


def _scanned(random: Random, text: str, kind: str) -> str:
    """Add what scanning adds: blanks around marks, double blanks, lines that break."""
    if not kind:
        text = re.sub(r": ", lambda m: random.choice((": ", " : ", ":  ", ":")), text)
        return re.sub(
            r"(?<=[a-z]) (?=[a-z])", lambda m: random.choice((" ", " ", " ", "  ", "\n")), text
        )
    if kind in _SPACED and random.random() < 0.4:
        return re.sub(r"(?<=\d)[-/](?=\d)", lambda m: f" {m[0]} ", text)
    if kind == c.NAME and random.random() < 0.3:
        return text.replace(" ", "  ")
    return text
