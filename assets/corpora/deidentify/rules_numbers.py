"""Numbers without a label: telephone, social security, cards, national ids, long bare digits."""

from __future__ import annotations

from assets.corpora.deidentify import checksums
from assets.corpora.deidentify.classes import (
    ACCOUNT,
    DEVICE,
    FAX,
    GEOGRAPHY,
    IP,
    LICENCE,
    OTHER,
    PHONE,
    PHOTO,
    SSN,
    VEHICLE,
)
from assets.corpora.deidentify.patterns import DIGIT_END, behind, compiled
from assets.corpora.deidentify.rules_dates import numeric_date
from assets.corpora.deidentify.spans import Spans, span, zip_span

_EXTENSION = rb"(?:[ ,]{0,2}(?:x|ext\.?|extension)[ .:]{0,2}[0-9]{1,6})?"
_PHONES = tuple(
    compiled(number, rb"(?![0-9])", _EXTENSION, DIGIT_END, ignore_case=True)
    for number in (
        # North America, with or without the country and the brackets.
        rb"(?:\+?1[-. ]{0,3})?\(?[2-9][0-9]{2}\)?[ ]?[-./ ]?[ ]?[0-9]{3}[ ]?[-. ][ ]?[0-9]{4}",
        # +44 20 7946 0958, +86-138-0013-8000, +81 (0)3 1234 5678
        rb"\+[0-9]{1,3}[-. ]?(?:\(0?[0-9]{0,4}\)[-. ]?)?[0-9]{1,5}(?:[-. ][0-9]{2,8}){1,4}",
        rb"\+[0-9]{8,15}",
        rb"\(?0[0-9]{1,4}\)?[- ][0-9]{1,4}[- ][0-9]{3,4}",  # Japan, Britain
        rb"\(?0[0-9]{2,4}\)?[- ][0-9]{6,8}",  # China, Germany
        rb"0[1-9](?:[ .][0-9]{2}){4}",  # France
        rb"1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}",  # mobiles of China
        rb"0[789]0[0-9]{8}",  # mobiles of Japan
    )
)
_LOCAL_PHONE = compiled(rb"[2-9][0-9]{2}[-. ][0-9]{4}", _EXTENSION, DIGIT_END, ignore_case=True)
_CALL = compiled(
    rb"(?:phone|tel|call|cell|pager|mobile|fax|at|ext|reached)[.:]?[ ]{0,2}\Z", ignore_case=True
)
_FAX = compiled(rb"(?:fax|facsimile|\xe4\xbc\xa0\xe7\x9c\x9f|FAX)[^0-9]{0,16}\Z", ignore_case=True)
_SSN = compiled(rb"[0-9]{3}[ ]?[- .][ ]?[0-9]{2}[ ]?[- .][ ]?[0-9]{4}", DIGIT_END)
_ZIP = compiled(rb"([0-9]{5})-[0-9]{4}(?![0-9-])")
_CARD = compiled(rb"[0-9]{4}[ -][0-9]{4,6}[ -][0-9]{4,5}(?:[ -][0-9]{1,7})?", DIGIT_END)
_GROUPED = compiled(rb"[0-9]{3,4}[ -][0-9]{3,4}[ -][0-9]{4}", DIGIT_END)
_IP = compiled(rb"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?(?![0-9]|\.[0-9])")
_VERSION = compiled(
    rb"(?<![A-Za-z])(?:version|v|ver|release|section|chapter|sec|ec|appendix|item|paragraph|"
    rb"build|part|table|figure)[.: ]{0,2}\Z",
    ignore_case=True,
)
_BARE = compiled(rb"[0-9]{7,40}+(?![0-9])")
_REFERENCE = compiled(
    rb"(?:pmid|pmc|nct|isrctn|doi|arxiv|isbn|issn|genbank|snomed(?:[ -]ct)?|loinc|rxnorm|rxcui|"
    rb"umls|omim|mim|cas|chr[0-9XY]{0,2}|position|isni|gene id|taxid|pubchem|cid|ndc)(?: no\.?|"
    rb" code| id)?[:# (]{0,3}\Z",
    ignore_case=True,
)
_AMOUNT = compiled(rb"[ ]?(?:%|cells|copies|iu|units|bp|/|[.,][0-9])", ignore_case=True)
_MAC = compiled(rb"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}", DIGIT_END)
_IP6 = compiled(
    rb"(?<![0-9A-Za-z:])(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}"
    rb"|(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,5})?::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,"
    rb"4}){0,5})?)"
    rb"(?:/[0-9]{1,3})?(?![0-9A-Za-z:])"
)
_UUID = compiled(rb"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", DIGIT_END)
_IBAN = compiled(rb"[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?", DIGIT_END)
_POSTCODE = compiled(rb"[A-Z]{1,2}[0-9][0-9A-Z]?[ ][0-9][A-Z]{2}", DIGIT_END)
_TOKEN = compiled(rb"[0-9A-Za-z]{4,119}+")
_SPECIMEN = compiled(rb"[A-Z]{1,4}[0-9]{0,3}-[0-9]{3,9}(?:-[0-9]{1,6})?", DIGIT_END)
_PUBLIC_CODE = compiled(
    rb"(?:rs|nm|np|nr|xm|ens|pmc|nct|isrctn|chembl|cve|iso|grch|hg|ucsc|loc|chr|gse|gsm|srr|"
    rb"srp|umls|mesh|doid|hp|mondo|orpha|chebi|linc|atcc|circ|crd|govnct|c[0-9]{7}|"
    rb"d[0-9]{6})[0-9a-z_]{1,30}",
    ignore_case=True,
)
_BLOB = compiled(rb"[A-Za-z0-9+/=_-]{120,1048576}+")
_BLOB_BACK = compiled(rb"[A-Za-z0-9+/=_-]{1,80}\Z")
_MIN_CODE_DIGITS = 5
_CARD_DIGITS = range(13, 20)


def number(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Try what a number with separators or many digits can be, the strictest first."""
    if pos > lo and data[pos] == 0x28 and data[pos - 1 : pos].isalnum():
        return []
    if pos > lo + 1 and data[pos - 1 : pos] == b"." and data[pos - 2 : pos - 1].isdigit():
        return []
    if found := numeric_date(data, pos, lo, hi):
        return found
    if ssn := _SSN.match(data, pos, hi):
        return [span(pos, ssn.end(), SSN)]
    if code := _ZIP.match(data, pos, hi):
        return [zip_span(pos, code.end(), code[1])]
    if (card := _CARD.match(data, pos, hi)) and checksums.luhn(_digits(card[0])):
        return [span(pos, card.end(), ACCOUNT)]
    if address := _IP.match(data, pos, hi):
        return _ip4(data, pos, lo, address.end(), address[0])
    return _phone(data, pos, lo, hi) or _grouped(data, pos, lo, hi) or _bare(data, pos, lo, hi)


def _phone(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    start = pos - 1 if pos > lo and data[pos - 1 : pos] in (b"+", b"(") else pos
    for pattern in _PHONES:
        if found := pattern.match(data, start, hi) or pattern.match(data, pos, hi):
            return [span(found.start(), found.end(), _line(data, lo, start))]
    local = _LOCAL_PHONE.match(data, pos, hi)
    if local and behind(data, lo, pos, _CALL):
        return [span(pos, local.end(), _line(data, lo, pos))]
    return []


def _grouped(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Twelve digits in fours identify somebody whatever they are; ten need their check digit."""
    found = _GROUPED.match(data, pos, hi)
    if found is None:
        return []
    digits = _digits(found[0])
    return [span(pos, found.end(), OTHER)] if len(digits) == 12 or checksums.nhs(digits) else []


def _line(data: bytes, lo: int, pos: int) -> str:
    return FAX if behind(data, max(lo, pos - 24), pos, _FAX) else PHONE


def _ip4(data: bytes, pos: int, lo: int, end: int, address: bytes) -> Spans:
    parts = address.partition(b"/")[0].split(b".")
    if max(map(int, parts)) > 255 or behind(data, lo, pos, _VERSION):
        return []
    return [span(pos, end, IP)]


def _bare(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    found = _BARE.match(data, pos, hi)
    if found is None or behind(data, lo, pos, _REFERENCE):
        return []
    digits = found[0].decode()
    if digits.endswith("000") or _AMOUNT.match(data, found.end(), hi):
        return []
    card = len(digits) in _CARD_DIGITS and checksums.luhn(digits)
    national = len(digits) == 18 and checksums.cn_resident_id(digits)
    name = ACCOUNT if card and not national else LICENCE if checksums.npi(digits) else OTHER
    return [span(pos, found.end(), name)]


def code(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Letters and digits together: UUID, VIN, IBAN, DEA, postcodes, specimen and other codes."""
    if found := _UUID.match(data, pos, hi):
        return [span(pos, found.end(), OTHER)]
    if (found := _IBAN.match(data, pos, hi)) and checksums.iban(found[0].decode()):
        return [span(pos, found.end(), ACCOUNT)]
    if found := _POSTCODE.match(data, pos, hi):
        return [span(pos, found.end(), GEOGRAPHY)]
    token = _TOKEN.match(data, pos, hi)
    if token is None or _PUBLIC_CODE.match(data, pos, hi):
        return []
    text = token[0].decode()
    if checksums.vin(text):
        return [span(pos, token.end(), VEHICLE)]
    if len(text) == 9 and checksums.dea(text):
        return [span(pos, token.end(), LICENCE)]
    digits = sum(map(str.isdigit, text))
    if (specimen := _SPECIMEN.match(data, pos, hi)) and len(_digits(specimen[0])) >= 5:
        return [span(pos, specimen.end(), OTHER)]
    long = len(text) >= 8 and digits >= _MIN_CODE_DIGITS and not text.isdigit()
    return [span(pos, token.end(), OTHER)] if long and not text[-2:].isalpha() else []


def colons(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Hardware addresses are devices, IPv6 addresses are addresses, times are neither."""
    if found := _MAC.match(data, pos, hi):
        return [span(pos, found.end(), DEVICE)]
    found = _IP6.match(data, pos, hi)
    if found and found.end() - pos > 4 and any(0x30 <= c <= 0x39 for c in found[0]):
        return [span(pos, found.end(), IP)]
    return []


def blob(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Content encoded as base64: an embedded image, or nothing that a corpus needs."""
    found = _BLOB.match(data, pos, hi)
    if found is None:
        return []
    before = behind(data, lo, pos, _BLOB_BACK)
    return [span(before.start() if before else pos, found.end(), PHOTO)]


def _digits(text: bytes) -> str:
    return bytes(c for c in text if 0x30 <= c <= 0x39).decode()
