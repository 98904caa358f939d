"""Numbers that a label names: records, plans, accounts, licences, vehicles, devices, telephones.

A label is a word; strong ones take any value with digits, weak ones ask for "number", "#" or ":".
"""

from __future__ import annotations

from assets.corpora.deidentify.classes import (
    ACCOUNT,
    BIOMETRIC,
    DEVICE,
    FAX,
    HEALTH_PLAN,
    LICENCE,
    MRN,
    OTHER,
    PHONE,
    SSN,
    VEHICLE,
)
from assets.corpora.deidentify.patterns import compiled
from assets.corpora.deidentify.spans import Spans, span

_STRONG = {
    b"mrn": MRN, b"emr": MRN, b"uhid": MRN, b"hicn": HEALTH_PLAN, b"mbi": HEALTH_PLAN,
    b"subscriber": HEALTH_PLAN, b"beneficiary": HEALTH_PLAN, b"acct": ACCOUNT, b"account": ACCOUNT,
    b"iban": ACCOUNT, b"dea": LICENCE, b"npi": LICENCE, b"license": LICENCE, b"licence": LICENCE,
    b"lic": LICENCE, b"vin": VEHICLE, b"plate": VEHICLE, b"serial": DEVICE, b"sn": DEVICE,
    b"udi": DEVICE, b"n": DEVICE, b"imei": DEVICE, b"mac": DEVICE, b"ssn": SSN,
    b"social": SSN, b"ss": SSN,
    b"passport": OTHER, b"nhs": OTHER, b"accession": OTHER, b"uuid": OTHER, b"badge": OTHER,
    b"medicare": HEALTH_PLAN, b"medicaid": HEALTH_PLAN, b"member": HEALTH_PLAN,
    b"policy": HEALTH_PLAN, b"encounter": OTHER, b"specimen": OTHER, b"id": OTHER,
    b"identifier": OTHER, b"tracking": OTHER, b"barcode": OTHER, b"confirmation": OTHER,
}  # fmt: skip
_WEAK = {
    b"record": MRN, b"chart": MRN, b"hospital": MRN, b"hosp": MRN, b"unit": MRN,
    b"ser": DEVICE, b"mr": MRN, b"insurance": HEALTH_PLAN,
    b"plan": HEALTH_PLAN, b"group": HEALTH_PLAN, b"payer": HEALTH_PLAN, b"billing": ACCOUNT,
    b"invoice": ACCOUNT, b"bank": ACCOUNT, b"card": ACCOUNT, b"certificate": LICENCE,
    b"cert": LICENCE, b"driver": LICENCE, b"drivers": LICENCE, b"vehicle": VEHICLE, b"tag": VEHICLE,
    b"registration": LICENCE, b"device": DEVICE, b"implant": DEVICE, b"pacemaker": DEVICE,
    b"generator": DEVICE, b"stent": DEVICE, b"lot": DEVICE, b"claim": HEALTH_PLAN,
}  # fmt: skip
"""Every other cue of this kind is weak and of class OTHER."""

_QUALIFIERS = (
    rb"(?:'?s(?![a-z]))?(?:[ \t\n_-]{0,3}(?:medical|record|health|plan|insurance|security|"
    rb"driver'?s?|"
    rb"license|licence|plate|registration|beneficiary|member|subscriber|policy|account|group|"
    rb"study|device|serial|implant|unit|tag|card|patient|employee|state|registry|model|"
    rb"certificate|claim|case|specimen|accession|request|order|encounter|visit|udi|di|lead|"
    rb"generator|bank|billing|credit|debit|medicare|medicaid|vehicle|identification)(?![a-z])){0,3}"
)
_NUMBER_WORD = (
    rb"([ \t\n_-]{0,3}(?:numbers?|no\.?|num\.?|nbr\.?|id\.?|ids|identifier|code|#|n\xc2\xb0|nr\.?|"
    rb"value)(?![a-z])){0,2}"
)
_SEPARATOR = (
    rb"(?:[ \t]{0,3}\([a-z./ ]{1,20}\))?([ \t]{0,3}\"?[ \t]{0,3}(?:[:=#>*]|\|[ \t]|[ ]\||is[ ]|"
    rb"was[ ]){1,2}|)"
    rb"[ \t]{0,3}\n?[ \t]{0,3}[\"'\[(#]{0,3}[ \t]{0,2}"
)
_VALUE = (
    rb"((?:[A-Z]{1,3}[ ])?(?:\([0-9]{2}\))?[0-9A-Z](?:[-/._*()+^:](?=[0-9A-Z(+])|[0-9A-Z]){1,70}+"
    rb"(?:[ ](?=[0-9A-Z]{0,8}[0-9])[0-9A-Z-]{2,12}(?![0-9A-Za-z])){0,6})"
)
_LABELLED = compiled(_QUALIFIERS, _NUMBER_WORD, _SEPARATOR, _VALUE, ignore_case=True)
_REGISTRY = compiled(
    rb"(?:nct|isrctn|crd|pmc|japic|umin|chictr|actrn|drks|eudract|ctri|kct|jrct)[ -]?[0-9]",
    ignore_case=True,
)
"""Registrations of trials and reviews identify a study, and nobody in it."""
_LETTERS = compiled(rb"[A-Za-z]{1,40}+")
_REST = compiled(rb"(?:/n|/N|#|\.)?")
_PLATE = compiled(
    rb"(?:[ ](?:number|no\.?|#))?[ ]?[:#]?[ ]{0,2}((?:[A-Z]{2}[ -])?[A-Z0-9]{1,4}[ "
    rb"-]?[A-Z0-9]{2,5})(?![A-Za-z0-9])"
)
_TELEPHONE = compiled(
    rb"(?:s|phone)?(?:[ \t_-]{0,2}(?:phone|number|no\.?|#|line|home|work|cell|mobile|office|direct|"
    rb"contact|\([a-z]{1,8}\))){0,3}[ \t]{0,2}(?:\"?[ \t]{0,2}[:=|][ \t\"]{0,4}|[ \t]{1,"
    rb"2}(?:at|is|on|me at|us at)?[ \t]{0,2})?"
    rb"(\+?\(?[0-9](?:[ ().\-/]{0,3}[0-9]){5,16}(?:[ ,]{0,2}(?:x|ext\.?|extension)[ ]{0,"
    rb"2}[0-9]{1,6})?)(?![0-9])",
    ignore_case=True,
)
_PAGER = compiled(
    rb"(?:[ ](?:number|no\.?|#|id))?[ ]{0,2}[:#]?[ ]{0,2}([0-9]{4,6})(?![0-9.,/-])",
    ignore_case=True,
)
_BIOMETRIC = compiled(
    rb"(?:[ \t\n_-]{1,3}(?:scan|print|template|hash|id|identifier|code|record|ref|reference|"
    rb"data|no\.?|"
    rb"number|sample|recognition|image|pattern|vector|enrolment|enrollment|file|recording|face|"
    rb"geometry|key)){1,4}"
    rb"[ \t]{0,2}(?:[:=#|]|is[ ]|was[ ]|stored as[ ])?[ \t\"]{0,"
    rb"3}([0-9A-Z](?:[-/._:](?=[0-9A-Z])|[0-9A-Z]){3,70}+)",
    ignore_case=True,
)
_FAX_WORDS = frozenset((b"fax", b"facsimile", b"telefax"))
_PLATES = (b"plate", b"tag", b"registration", b"reg")
_PAGERS = frozenset((b"pager", b"beeper"))
_MIN_DIGITS, _MIN_WEAK_DIGITS, _MIN_BARE_DIGITS = 2, 4, 7
_YEARS = compiled(rb"(?:19|20)[0-9]{2}(?![0-9A-Za-z/-])")


def after_label(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """MRN: 00123456; Medical Record Number 12-34-56; "account": "A-99812"."""
    word = _LETTERS.match(data, pos, hi)
    assert word is not None
    label = word[0].lower()
    if label == b"n" and data[pos - 2 : pos].lower() != b"s/":
        return []
    rest = _REST.match(data, word.end(), hi)
    at = rest.end() if rest else word.end()
    plate = _PLATE.match(data, at, hi) if label in _PLATES else None
    if plate and _num_digits(plate[1]) >= 1:
        return [span(plate.start(1), plate.end(1), VEHICLE)]
    found = _LABELLED.match(data, at, hi)
    if found is None or found.end(3) - pos < len(label) + 2:
        return []
    named = bool(found[1]) or data[word.end() : at] in (b"#", b"/n", b"/N")
    separated = bool(found[2])
    glued = found.start(3) == at and not named and not separated
    digits = _num_digits(found[3])
    if glued and data[found.start(3) : found.start(3) + 1].isalpha():
        return []
    if not named and not separated and not _is_code(found[3]):
        return []
    if _REGISTRY.match(found[3]):
        return []
    name = _class_of(label, data[word.end() : found.start(3)].lower())
    if name == SSN and digits < _MIN_BARE_DIGITS:
        return []
    if label in _STRONG and digits >= _MIN_DIGITS and (digits >= 4 or named or separated):
        return [span(found.start(3), found.end(3), name)]
    enough = digits >= (_MIN_WEAK_DIGITS if named else _MIN_WEAK_DIGITS + 1)
    if ((enough and (named or separated)) or digits >= _MIN_BARE_DIGITS) and not _YEARS.match(
        data, found.start(3), hi
    ):
        return [span(found.start(3), found.end(3), name)]
    return []


def _is_code(value: bytes) -> bool:
    """Return whether a value that only a blank parts from its label begins like a number."""
    first, _, rest = value.partition(b" ")
    return _num_digits(first) > 0 or (bool(rest) and first.isupper())


def _class_of(label: bytes, qualifiers: bytes) -> str:
    """Return the class that the label or one of its qualifiers names."""
    if b"licen" in qualifiers and b"plate" not in qualifiers:
        return LICENCE
    for key, name in (
        (b"plate", VEHICLE),
        (b"serial", DEVICE),
        (b"medical", MRN),
        (b"udi", DEVICE),
    ):
        if key in qualifiers:
            return name
    if label == b"group" and b"account" in qualifiers:
        return ACCOUNT
    return _STRONG.get(label) or _WEAK.get(label, OTHER)


def telephone(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Phone, fax and pager numbers in whatever grouping follows the label."""
    word = _LETTERS.match(data, pos, hi)
    assert word is not None
    label = word[0].lower()
    name = FAX if label in _FAX_WORDS else PHONE
    found = _TELEPHONE.match(data, word.end(), hi)
    if found and _num_digits(found[1]) >= _MIN_BARE_DIGITS:
        return [span(found.start(1), found.end(1), name)]
    if label in _PAGERS and (short := _PAGER.match(data, word.end(), hi)):
        return [span(short.start(1), short.end(1), name)]
    return []


def biometric(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Fingerprint template FP-88213, voiceprint id VP2231: the code, not the mention."""
    word = _LETTERS.match(data, pos, hi)
    assert word is not None
    found = _BIOMETRIC.match(data, word.end(), hi)
    if found and _num_digits(found[1]) >= _MIN_DIGITS:
        return [span(found.start(1), found.end(1), BIOMETRIC)]
    return []


def _num_digits(text: bytes) -> int:
    return sum(0x30 <= c <= 0x39 for c in text)
