"""Addresses of networks and files: e-mail, URLs, handles, images by name or by content."""

from __future__ import annotations

from assets.corpora.deidentify.classes import EMAIL, OTHER, PHOTO, URL
from assets.corpora.deidentify.patterns import behind, compiled
from assets.corpora.deidentify.spans import Spans, span

_BACK_LOCAL = compiled(rb"[A-Za-z0-9._%+'-]{1,64}[ ]?\Z")
_BACK_PLAIN = compiled(rb"[A-Za-z0-9._%+'-]{1,64}\Z")
_DOMAIN = compiled(rb"@[ ]?[A-Za-z0-9-]{1,63}(?:[ ]?\.[ ]?[A-Za-z0-9-]{2,63}){1,6}")
_TIGHT_DOMAIN = compiled(rb"@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}")
_HANDLE = compiled(rb"@[A-Za-z_][A-Za-z0-9_]{2,30}(?![A-Za-z0-9@])")
_BACK_SCHEME = compiled(rb"(?<![A-Za-z])[A-Za-z][A-Za-z0-9+.-]{1,10}\Z")
_REST = compiled(rb"[^\s\"'<>\x00-\x20\x80-\xff]{1,512}+")
_NAMESPACE = compiled(
    rb"(?:(?:www|terminology)\.)?(?:hl7\.org|loinc\.org|snomed\.info|unitsofmeasure\.org|"
    rb"w3\.org|doi\.org|clinicaltrials\.gov)"
    rb"(?![A-Za-z0-9-])",
    ignore_case=True,
)
"""Names of code systems and standards, written as addresses: nobody is behind them."""
_TRAILING = b".,;:)]}!?"
_BACK_DOMAIN = compiled(rb"(?<![A-Za-z0-9@-])[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,3}\.\Z")
_TOP = compiled(
    rb"[A-Za-z]{2,6}(?:\.[a-z]{2,3})?(?:[:/][^\s\"'<>\x00-\x20\x80-\xff]{0,300}+)?(?![A-Za-z0-9])"
)
_BACK_FILE = compiled(rb"[A-Za-z0-9_./\\:~%()-]{1,80}\.\Z")
_DATA_URI = compiled(
    rb"data:[a-z]{2,20}/[A-Za-z0-9.+-]{1,60}(?:;[A-Za-z0-9=._-]{1,60}){0,4},"
    rb"[A-Za-z0-9+/=%_-]{1,1048576}+",
    ignore_case=True,
)
_LETTERS = compiled(rb"[A-Za-z]{1,10}")


def at_sign(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """jane.roe@example.org, also with blanks around the sign; a handle of a social network."""
    local = behind(data, lo, pos, _BACK_PLAIN)
    if local and (domain := _TIGHT_DOMAIN.match(data, pos, hi)):
        return [span(local.start(), domain.end(), EMAIL)]
    if (loose := behind(data, lo, pos, _BACK_LOCAL)) and (domain := _DOMAIN.match(data, pos, hi)):
        return [span(loose.start(), domain.end(), EMAIL)]
    handle = _HANDLE.match(data, pos, hi)
    return [span(pos, handle.end(), OTHER)] if handle and local is None else []


def scheme(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """https://..., also hxxp and custom schemes."""
    before = behind(data, lo, pos, _BACK_SCHEME)
    rest = _REST.match(data, pos, hi)
    if before is None or rest is None or rest.end() - pos < 5:
        return []
    if _NAMESPACE.match(data, pos + 3, hi):
        return []
    return [span(before.start(), pos + len(rest[0].rstrip(_TRAILING)), URL)]


def web(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """www.example.org/path."""
    rest = _REST.match(data, pos, hi)
    if rest is None or rest[0][3:4] != b".":
        return []
    return [span(pos, pos + len(rest[0].rstrip(_TRAILING)), URL)]


def domain(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """portal.example.org/jroe without a scheme."""
    if data[pos - 1 : pos] != b".":
        return []
    before, top = behind(data, lo, pos, _BACK_DOMAIN), _TOP.match(data, pos, hi)
    if before is None or top is None or len(before[0]) < 4:
        return []
    if _NAMESPACE.match(data, before.start(), hi):
        return []
    return [span(before.start(), pos + len(top[0].rstrip(_TRAILING)), URL)]


def image_file(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """IMG_0042.jpg, /scans/face/17.dcm."""
    if data[pos - 1 : pos] != b".":
        return []
    before, extension = behind(data, lo, pos, _BACK_FILE), _LETTERS.match(data, pos, hi)
    if before is None or extension is None or len(before[0]) < 3:
        return []
    return [span(before.start(), extension.end(), PHOTO)]


def data_uri(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """data:image/png;base64,..."""
    found = _DATA_URI.match(data, pos, hi)
    return [span(pos, found.end(), PHOTO)] if found else []
