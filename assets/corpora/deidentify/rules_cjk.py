"""Chinese and Japanese notes: labelled fields, honorifics, places.

Without word boundaries a label, a family name or a suffix has to say where a name begins.
"""

from __future__ import annotations

from assets.corpora.deidentify.classes import (
    ACCOUNT,
    BIOMETRIC,
    DEVICE,
    FAX,
    GEOGRAPHY,
    HEALTH_PLAN,
    LICENCE,
    MRN,
    NAME,
    OTHER,
    PHONE,
    VEHICLE,
)
from assets.corpora.deidentify.lists.cjk_names import CHINESE, JAPANESE
from assets.corpora.deidentify.patterns import CJK, COLON, HAN, behind, compiled
from assets.corpora.deidentify.spans import Spans, span, zip_span

_FIELDS = {
    NAME: "\u59d3\u540d \u60a3\u8005 \u75c5\u4eba \u6c0f\u540d \u8054\u7cfb \u533b\u5e08 "
    "\u533b\u751f "
    "\u51fa\u751f \u4e3b\u6cbb \u62c5\u5f53 \u7b7e\u540d \u7f72\u540d \u8bb0\u5f55 \u5bb6\u5c5e "
    "\u5bb6\u65cf \u7236\u4eb2 \u6bcd\u4eb2 \u4e08\u592b \u59bb\u5b50 \u4e3b\u4efb "
    "\u533b\u5e2b \u7d39\u4ecb",
    GEOGRAPHY: "\u5730\u5740 \u4f4f\u5740 \u4f4f\u6240 \u5bb6\u4f4f \u5c45\u4f4f \u73fe\u4f4f "
    "\u5728\u4f4f "
    "\u7c4d\u8d2f \u6240\u8f96",
    PHONE: "\u7535\u8bdd \u624b\u673a \u96fb\u8a71 \u643a\u5e2f \u5bb6\u4e2d",
    FAX: "\u4f20\u771f",
    MRN: "\u75c5\u5386 \u4f4f\u9662 \u95e8\u8bca",
    HEALTH_PLAN: "\u793e\u4fdd \u533b\u4fdd \u4fdd\u967a",
    ACCOUNT: "\u8d26\u53f7 \u5361\u53f7 \u53e3\u5ea7",
    LICENCE: "\u514d\u8a31 \u8bc1\u53f7",
    VEHICLE: "\u8f66\u724c",
    DEVICE: "\u5e8f\u5217 \u8bbe\u5907 \u6a5f\u5668 \u88fd\u9020",
    BIOMETRIC: "\u6307\u7eb9 \u6307\u7d0b",
    OTHER: "\u8eab\u4efd \u756a\u53f7 \u7f16\u53f7 \u62a4\u7167 \u53f7\u7801 \u66f8\u53f7 "
    "\u90ae\u7bb1",
}
_CLASS = {word.encode(): name for name, words in _FIELDS.items() for word in words.split()}
_POSTAL = frozenset(word.encode() for word in ("\u90ae\u7f16", "\u90f5\u4fbf"))

_FIELD = compiled(
    CJK, rb"{0,10}?[ ]?(?:\([A-Za-z ]{1,16}\))?[ ]?", COLON, rb"[ \t]?(?:\xe3\x80\x80)?"
)
_NAME_VALUE = compiled(HAN, rb"{1,4}(?:(?:[ ]|\xe3\x80\x80|\xc2\xb7)", CJK, rb"{1,6})?")
_SPACED_NAME = compiled(
    rb"(?:[ \t]|\xe3\x80\x80){1,3}(",
    HAN,
    rb"{1,4}(?:[ ]|\xe3\x80\x80)?",
    HAN,
    rb"{0,3})(?![\x80-\xbf])",
)
_PLACE_VALUE = compiled(
    rb"(?:[\xe3-\xe9][\x80-\xbf]{2}(?<!\xe3\x80[\x81\x82])|[0-9A-Za-z#-]|[ ](?=[0-9]))", rb"{2,60}+"
)
_DIRECT_ID = compiled(
    CJK,
    rb"{0,6}?[ ]?(?:",
    COLON,
    rb")?[ ]?((?:",
    HAN,
    rb"(?=[A-Z]))?[+(]?[0-9A-Z](?:[-/. )(]{0,2}[0-9A-Za-z]){3,30})",
)
_POSTCODE = compiled(
    CJK, rb"{0,3}?[ ]?(?:", COLON, rb")?[ ]?(?:\xe3\x80\x92)?([0-9]{3}-?[0-9]{3,4})(?![0-9])"
)
_FAMILY_ZH = b"|".join(char.encode() for char in CHINESE)
_FAMILY_JA = b"|".join(name.encode() for name in JAPANESE)
_ZH_NAME = compiled(
    rb"(?:", _FAMILY_ZH, rb")", HAN, rb"{1,2}(?=$|[,;:.\s]|\xef\xbc[\x80-\xbf]|\xe3\x80[\x80-\x82])"
)
_BACK_FAMILY = compiled(
    rb"(?:(?:",
    _FAMILY_JA,
    rb")(?:[ ]|\xe3\x80\x80)?",
    HAN,
    rb"{0,3}|(?:",
    _FAMILY_ZH,
    rb")",
    HAN,
    rb"{0,2})\Z",
)
_BACK_HAN = compiled(
    rb"(?<![\x80-\xbf])(?:", HAN, rb"){1,4}(?:(?:[ ]|\xe3\x80\x80)", CJK, rb"{1,4})?\Z"
)
_BACK_AFTER_KANA = compiled(
    rb"(?:\xe3[\x80-\x83][\x80-\xbf]|\xef[\xbc\xbd][\x80-\xbf])(",
    HAN,
    rb"{1,4}(?:(?:[ ]|\xe3\x80\x80)",
    HAN,
    rb"{1,3})?)\Z",
)
_NOT_NAMES = tuple(
    word.encode()
    for word in (
        "\u60a3\u8005", "\u4e3b\u6cbb", "\u533b\u751f", "\u7686", "\u5965", "\u5ba2", "\u540c",
        "\u62c5\u5f53", "\u4e3b\u4efb", "\u770b\u8b77\u5e2b", "\u5bb6\u65cf", "\u533b\u5e08",
        "\u526f", "\u503c\u73ed", "\u591a", "\u4e00", "\u4e0a\u7d1a", "\u75c5\u4eba",
        "\u7ba1\u5e8a",
        "\u62a4\u58eb", "\u533b\u5e2b", "\u7537\u6027", "\u5973\u6027", "\u65e5", "\u6708",
        "\u5e74",
    )
)  # fmt: skip
_BACK_PLACE = compiled(HAN, rb"{2,3}\Z")
_PLACE_TAIL = compiled(
    rb"[\xe3-\xe9][\x80-\xbf]{2}(?:",
    HAN,
    rb"{1,6}(?:\xe5\xb8\x82|\xe5\x8c\xba|\xe5\x8e\xbf|\xe7\x94\xba|\xe6\x9d\x91|\xe9\x95\x87|"
    rb"\xe8\xb7\xaf|\xe8\xa1\x97)){1,4}"
    rb"(?:",
    HAN,
    rb"{0,6}[0-9]{1,5}(?:[-0-9]{1,10}|(?:\xe5\x8f\xb7|\xe4\xb8\x81\xe7\x9b\xae|"
    rb"\xe7\x95\xaa\xe5\x9c\xb0|\xe5\x8f\xb7\xe6\xa5\xbc|\xe5\xae\xa4|\xe6\xa0\x8b)?[0-9-]{0,"
    rb"8}){0,4})?",
)


def label(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """A labelled field, with or without its colon."""
    word = data[pos : pos + 6]
    if word in _POSTAL:
        code = _POSTCODE.match(data, pos + 6, hi)
        return [zip_span(code.start(1), code.end(1), code[1])] if code else []
    name = _CLASS.get(word, OTHER)
    field = _FIELD.match(data, pos + 6, hi)
    if name == NAME:
        return _name(data, pos + 6, hi, field.end() if field else -1)
    if name == GEOGRAPHY:
        place = _PLACE_VALUE.match(data, field.end() if field else pos + 6, hi)
        return [span(place.start(), place.end(), GEOGRAPHY)] if place else []
    value = _DIRECT_ID.match(data, pos + 6, hi)
    digits = sum(0x30 <= c <= 0x39 for c in value[1]) if value else 0
    if value is None or digits < 4:
        return []
    return [span(value.start(1), value.end(1), name)]


def _name(data: bytes, after: int, hi: int, value: int) -> Spans:
    if value >= 0:
        found = _NAME_VALUE.match(data, value, hi)
        return [span(found.start(), found.end(), NAME)] if found and found.end() > value + 3 else []
    if spaced := _SPACED_NAME.match(data, after, hi):
        return [span(spaced.start(1), spaced.end(1), NAME)] if len(spaced[1]) > 3 else []
    known = _ZH_NAME.match(data, after, hi)
    return [span(after, known.end(), NAME)] if known else []


def honorific(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """A family name, or all ideographs since the last kana or mark, before an honorific."""
    family = behind(data, lo, pos, _BACK_FAMILY)
    if family and not family[0].endswith(_NOT_NAMES):
        return [span(family.start(), pos, NAME)]
    found = behind(data, lo, pos, _BACK_AFTER_KANA)
    if found and not found[1].endswith(_NOT_NAMES):
        return [span(found.start(1), pos, NAME)]
    run = None if found else behind(data, max(lo, pos - 14), pos, _BACK_HAN)
    first = run is not None and run.start() == lo and not run[0].endswith(_NOT_NAMES)
    return [span(lo, pos, NAME)] if first else []


def place(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """A province or city with the district, town or road that follows it."""
    tail = _PLACE_TAIL.match(data, pos, hi)
    before = behind(data, lo, pos, _BACK_PLACE)
    if tail is None or before is None:
        return []
    return [span(before.start(), tail.end(), GEOGRAPHY)]
