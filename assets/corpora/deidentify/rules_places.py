"""Places smaller than a state: streets, cities, counties, postal codes, institutions.

States and countries stay. A city is known by the gazetteer, by its state, or by its label.
"""

from __future__ import annotations

from assets.corpora.deidentify import kinds
from assets.corpora.deidentify.classes import GEOGRAPHY
from assets.corpora.deidentify.lists.places import COUNTRIES, STATE_CODES, STATES
from assets.corpora.deidentify.patterns import LETTER, WORD, behind, compiled
from assets.corpora.deidentify.rules_names import ITEM, STOP, after_title, flags_of, is_common
from assets.corpora.deidentify.spans import Spans, span, zip_span

_WORDS = rb"(?:" + WORD + rb"\.?[ \t]{1,2}){1,4}"
_HOUSE = rb"(?<![0-9A-Za-z./-])[0-9]{1,6}(?:[A-Z]|[-/][0-9]{1,5}|[ ]1/2)?,?[ \t]{1,2}"
_DIRECTION = rb"(?:(?:N|S|E|W|NE|NW|SE|SW)\.?[ ]{1,2})?"
_NUMBERED = rb"[0-9]{1,3}(?:st|nd|rd|th|ST|ND|RD|TH)[ \t]{1,2}"
_BACK_STREET = compiled(_HOUSE, _DIRECTION, rb"(?:", _WORDS, rb"|", _NUMBERED, rb")\Z")
_BACK_NAMELESS = compiled(_HOUSE, _DIRECTION, rb"\Z")
_BACK_ON = compiled(
    rb"(?<![A-Za-z])(?:on|at|near|of|from|off|along)[ ]((?:", WORD, rb"[ ]){1,3})\Z"
)
_UNIT = compiled(
    rb"\.?(?:[ ](?:NW|NE|SW|SE|N|S|E|W)(?![A-Za-z]))?(?:[ \t]{0,2},?[ \t]{0,2}\n?(?:Apt|"
    rb"Apartment|Suite|Ste|Unit|Floor|Fl|Room|Rm|Bldg|"
    rb"Building|Box|Flat|#)\.?[ ]?#?[ ]?[0-9A-Za-z-]{1,6})?",
    ignore_case=True,
)
_CITY_AFTER = compiled(
    rb",[ \t]{0,2}\n?((?:", WORD, rb"[ ]?){1,3})(?=,|[ ]?[A-Z]{2}(?![A-Za-z])|[ ]?[0-9]{5}|\n|\.|$)"
)
_ROUTE = compiled(rb"[ ]{1,2}#?[0-9]{1,4}(?![0-9])")
_STATE = compiled(
    rb"(?:", STATES.strip().replace("\n", "|").encode(), rb"|",
    STATE_CODES.strip().replace("\n", " ").lower().replace(" ", "|").encode(), rb")(?![A-Za-z0-9])",
    ignore_case=True,
)  # fmt: skip
_BACK_CITY = compiled(
    rb"(?<![A-Za-z0-9\x80-\xff])((?:",
    WORD,
    rb"\.?[ \t]{1,2}){0,3}",
    WORD,
    rb")([ \t]{0,2},[ \t]{0,2}\n?[ \t]{0,2}|[ \t]{1,2})\Z",
)
_ZIP_AFTER = compiled(rb"\.?,?[ \t]{1,3}([0-9]{5})(?:-[0-9]{4})?(?![0-9-])")
_ZIP_VALUE = compiled(
    rb"[ _-]?(?:codes?)?\"?[ \t]{0,2}[:=|]?[ \t\"]{0,3}([0-9]{5}(?:-[0-9]{4})?|[A-Z]{1,"
    rb"2}[0-9][0-9A-Z]?[ ]?[0-9][A-Z]{2}|[0-9]{3}-[0-9]{4})(?![0-9])",
    ignore_case=True,
)
_BACK_WORDS = compiled(rb"(?<![A-Za-z\x80-\xff])((?:", WORD, rb"[ \t]{1,2}){1,3})\Z")
_BACK_INSTITUTION = compiled(
    rb"(?<![A-Za-z\x80-\xff])((?:(?:", WORD, rb"\.?|of|the|and|for|&)[ \t]{1,2}){1,5})\Z"
)
_OF_PLACE = compiled(rb"[ ](?:of|at|in)[ ](?:the[ ])?((?:", WORD, rb"[ ]?){1,3})")
_NUMBER_AFTER = compiled(rb"[ ](?:No\.?[ ]|#)?[0-9]{1,4}(?![0-9])")
_LABEL = compiled(
    rb"s?(?:[ _-]?(?:address|line|code|street|home|of|birth|residence|1|2|\(city\))){0,3}"
    rb"\"?[ \t]{0,3}[:=|>][ \t]{0,3}[\[\"']{0,3}[ \t]{0,2}",
    ignore_case=True,
)
_REST_OF_FIELD = compiled(rb"[^\n\"|;\t]{2,120}+")
_IN = compiled(
    rb"(?:,?[ \t\n]{1,3}(?:and|alone|currently|with|her|his|their|an?|the|family|husband|wife|"
    rb"daughter|son|"
    rb"parents|house|apartment|home|here|raised|up)(?![a-z])){0,4}"
    rb"[ \t\n]{1,3}(?:in|at|near|outside|to|from|of|on)[ \t\n]{1,3}",
    ignore_case=True,
)
_LETTERS = compiled(LETTER, rb"{1,40}+")
_BACK_BOX = compiled(rb"(?<![A-Za-z])P\.?[ ]?O\.?[ ]\Z", ignore_case=True)
_BOX = compiled(rb"box[ ]?#?[ ]?[0-9]{1,6}(?![0-9])", ignore_case=True)
_NOT_PART = frozenset(
    b"general medical teaching university community regional memorial local tertiary children "
    b"childrens academic district public private county state national of the and for & cancer "
    b"health care center centre our this that a".split()
)
_HOSPITAL_WORDS = frozenset(b"ward district province village precinct canton".split())
"""Ordinary words beside these are no names of places, as in Surgical Ward."""
_ZIP_LABELS = frozenset(b"zip zipcode postal postalcode postcode".split())
_FIELD_LABELS = frozenset(b"address addr line residence".split())
_COUNTRY = frozenset(COUNTRIES.encode().split())


def street(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """1420 N. Alder Bend Street, Apt 3B, Quillport; on Alder Street; Highway 12."""
    word = _LETTERS.match(data, pos, hi)
    assert word is not None
    found = behind(data, lo, pos, _BACK_STREET)
    if found and any(w.rstrip(b".").lower() in STOP for w in found[0].split()[1:]):
        found = None  # in 1991 with Dr.
    start = found.start() if found else -1
    if found is None and (on := behind(data, lo, pos, _BACK_ON)):
        named = not any(is_common(w) for w in on[1].split())
        start = on.start(1) if named and len(word[0]) > 2 else -1
    end = word.end()
    if start < 0 and behind(data, lo, pos, _BACK_NAMELESS):
        run = ITEM.match(data, word.end() + 1, hi)  # 12 Rue Morgue, 5 Via Roma
        if run and word[0].lower() in (b"rue", b"calle", b"via", b"route", b"highway"):
            found_house = behind(data, lo, pos, _BACK_NAMELESS)
            assert found_house is not None
            start, end = found_house.start(), run.end()
    if start < 0:
        route = _ROUTE.match(data, end, hi)
        numbered = word[0].lower() in (b"highway", b"hwy", b"route")
        return [span(pos, route.end(), GEOGRAPHY)] if route and numbered else []
    unit = _UNIT.match(data, end, hi)
    end = unit.end() if unit else end
    if city := _CITY_AFTER.match(data, end, hi):
        words = city[1].split()
        if not is_common(words[0]) and not _STATE.fullmatch(city[1].strip()):
            end = city.start(1) + len(city[1].rstrip())
    return [span(start, end, GEOGRAPHY)]


def title_or_street(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Dr before a name, Dr after a house and a name."""
    word = data[pos : pos + 3].lower().rstrip(b". ")
    if word == b"dr" and (found := street(data, pos, lo, hi)):
        return found
    return after_title(data, pos, lo, hi)


def state(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Quillport, OR 97302: the city goes, the state stays, the code keeps three digits."""
    found = _STATE.match(data, pos, hi)
    if found is None:
        return []
    code = _ZIP_AFTER.match(data, found.end(), hi)
    result = [zip_span(code.start(1), code.end(), code[1])] if code else []
    city = behind(data, lo, pos, _BACK_CITY)
    if city is None or (b"," not in city[2] and code is None):
        return result
    words = city[1].split()
    while words and is_common(words[0].rstrip(b".")) and len(words) > 1:
        words.pop(0)
    first = words[0].rstrip(b".")
    known = flags_of(first) & kinds.KIND_MASK == kinds.CITY
    if not code and not known and flags_of(first) & kinds.ORDINARY:
        return result
    # The words that are left are the last ones of the match.
    start = city.start(1) + len(city[1]) - len(_tail(city[1], len(words)))
    return [span(start, city.end(1), GEOGRAPHY), *result]


def idaho(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """The state whose code reads as "identifier"."""
    if data[pos : pos + 2] != b"ID" or data[max(lo, pos - 2) : pos] != b", ":
        return []
    return state(data, pos, lo, hi)


def _tail(text: bytes, num_words: int) -> bytes:
    return text.split(maxsplit=len(text.split()) - num_words)[-1] if num_words else b""


def city(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Take a city of the gazetteer, unless it is part of a term."""
    word = _LETTERS.match(data, pos, hi)
    assert word is not None
    following = _LETTERS.match(data, word.end() + 1, hi)
    if following and following[0].lower() in (b"coma", b"criteria", b"scale", b"score", b"outcome"):
        return []
    return [span(pos, word.end(), GEOGRAPHY)]


def county(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Alder County; Precinct 12; County of Alder."""
    word = _LETTERS.match(data, pos, hi)
    assert word is not None
    if not word[0][:1].isupper():
        return []
    if found := behind(data, lo, pos, _BACK_WORDS):
        words = found[1].split()
        keep = [w for w in words if w.lower() not in _NOT_PART | STOP]
        if word[0].lower() in _HOSPITAL_WORDS:
            keep = [w for w in keep if not is_common(w)]
        if keep and keep[-1] == words[-1] and not (word[0].isupper() and flags_of(keep[-1]) == 0):
            start = found.end() - len(_tail(found[1], len(keep)))
            return [span(start, word.end(), GEOGRAPHY)]
        if keep and keep[-1] == words[-1]:
            return [span(found.start(1), word.end(), GEOGRAPHY)]
    if number := _NUMBER_AFTER.match(data, word.end(), hi):
        return [span(pos, number.end(), GEOGRAPHY)]
    if place := _OF_PLACE.match(data, word.end(), hi):
        return [span(pos, place.start(1) + len(place[1].rstrip()), GEOGRAPHY)]
    return []


def institution(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Alder Ridge Hospital, University of Quillport."""
    word = _LETTERS.match(data, pos, hi)
    assert word is not None
    if not word[0][:1].isupper():
        return []
    result: Spans = []
    if found := behind(data, lo, pos, _BACK_INSTITUTION):
        words = found[1].split()
        while words and (is_common(words[0].rstrip(b".")) or words[0].lower() in _NOT_PART):
            words.pop(0)
        if words and any(not is_common(w.rstrip(b".")) and w[:1].isupper() for w in words):
            start = found.end() - len(_tail(found[1], len(words)))
            result.append(span(start, word.end(), GEOGRAPHY))
    if place := _OF_PLACE.match(data, word.end(), hi):
        first = place[1].split()[0]
        if not is_common(first) and not _STATE.fullmatch(place[1].strip()):
            result.append(span(pos, place.start(1) + len(place[1].rstrip()), GEOGRAPHY))
    return result


def place_cue(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """City: Quillport; zip 02139; lives alone in Quillport."""
    word = _LETTERS.match(data, pos, hi)
    assert word is not None
    label = word[0].lower()
    if label in _ZIP_LABELS:
        code = _ZIP_VALUE.match(data, word.end(), hi)
        return [zip_span(code.start(1), code.end(1), code[1])] if code else []
    if field := _LABEL.match(data, word.end(), hi):
        return _field(data, field.end(), hi, whole=label in _FIELD_LABELS)
    if found := _IN.match(data, word.end(), hi):
        return _proper(data, found.end(), hi, labelled=False)
    return []


def _field(data: bytes, start: int, hi: int, *, whole: bool) -> Spans:
    """Take a labelled field: all of an address up to its state, the words of a city."""
    if not whole:
        return _proper(data, start, hi, labelled=True)
    rest = _REST_OF_FIELD.match(data, start, hi)
    if rest is None or rest[0].lstrip()[:1].islower() or rest[0].lstrip().startswith(b"["):
        return []
    end = rest.start() + len(rest[0].rstrip(b" ,.'"))
    for found in _STATE_ZIP.finditer(data, start, end):
        return [span(start, found.start(), GEOGRAPHY)]
    return [span(start, end, GEOGRAPHY)] if end > start else []


_STATE_ZIP = compiled(rb",?[ ][A-Z]{2}[ ,]{1,2}[0-9]{5}(?![0-9])")


def _proper(data: bytes, start: int, hi: int, *, labelled: bool) -> Spans:
    """Take capitalised words that are no state or country."""
    at = end = start
    for _ in range(3):
        item = ITEM.match(data, at, hi)
        if item is None or item[1].lower() in _COUNTRY:
            break
        if is_common(item[1]) and not (labelled and item[1].lower() not in STOP):
            break
        end = item.end(1)
        at = item.end() + 1
        if data[item.end() : at] != b" ":
            break
    if end == start or _STATE.fullmatch(data[start:end]):
        return []
    return [span(start, end, GEOGRAPHY)]


def post_box(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """P.O. Box 1234."""
    before, box = behind(data, lo, pos, _BACK_BOX), _BOX.match(data, pos, hi)
    return [span(before.start(), box.end(), GEOGRAPHY)] if before and box else []
