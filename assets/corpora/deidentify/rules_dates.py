"""Dates and ages: all elements of a date but the year, and ages above 89.

A year of four digits stays; one of two digits goes, since its century would be a guess.
"""

from __future__ import annotations

from assets.corpora.deidentify import kinds
from assets.corpora.deidentify.classes import DATE, MAX_AGE_KEPT, OLD_AGE
from assets.corpora.deidentify.patterns import DIGIT_END, behind, compiled
from assets.corpora.deidentify.spans import INDEX, Spans, date_span, span
from assets.corpora.deidentify.vocabulary import CUES

_WEEKDAY = (
    rb"(?:(?:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)(?:day|sday|nesday|rsday|urday)?"
    rb"\.?,?[ \t]{1,2})?"
)
_ORDINAL = rb"(?:st|nd|rd|th)?"
_BACK_DAY = compiled(
    rb"(?<![0-9A-Za-z.,/-])", _WEEKDAY, rb"(?:the[ ])?([0-3]?[0-9])", _ORDINAL,
    rb"(?:[ ](?:day[ ])?of)?[ \t]{0,2}[-/.,]?[ \t]{0,2}\Z", ignore_case=True,
)  # fmt: skip
_BACK_YEAR = compiled(rb"(?<![0-9A-Za-z])((?:19|20)[0-9]{2})[-/ .]\Z")
_BACK_WEEKDAY = compiled(
    rb"(?<![A-Za-z])(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?[ \t]{1,2}\Z", ignore_case=True
)
_DAY_YEAR = compiled(
    rb"\.?[ \t]{0,2}[-/.,]?[ \t]{0,2}([0-3]?[0-9])", _ORDINAL,
    rb"(?:[ ]?(?:-|\xe2\x80\x93|to|and)[ ]?[0-3]?[0-9]", _ORDINAL, rb")?", DIGIT_END,
    rb"(?:[ \t]{0,2}[-/., \t][ \t]{0,2}((?:18|19|20)[0-9]{2}|'[0-9]{2}|(?<=[-/])[0-9]{2}))?",
    rb"(?![0-9:])", ignore_case=True,
)  # fmt: skip
_YEAR = compiled(
    rb"\.?,?(?:[ \t]{0,2}[-/,]?[ \t]{0,2}| of )((?:18|19|20)[0-9]{2}|'[0-9]{2})(?![0-9])"
)
_SHORT_YEAR = compiled(rb"\.?[ \t]{0,2}[-/,]?[ \t]{0,2}([0-9]{2})(?![0-9A-Za-z:./])")
_MONTH_CUE = compiled(
    rb"(?<![A-Za-z])(?:in|since|last|until|till|early|mid|late|this|next|of|by|during|through|"
    rb"from|to|and|before|after|around)[ -]\Z",
    ignore_case=True,
)
_ISO = compiled(
    rb"([0-9]{4})[ ]?([-/.])[ ]?([0-9]{1,2})[ ]?\2[ ]?([0-9]{1,2})(?![0-9])"
    rb"(?:[T ]?[0-2][0-9]:[0-5][0-9](?::[0-5][0-9])?(?:\.[0-9]{1,9})?(?:Z|"
    rb"[+-][0-9]{2}:?[0-9]{2})?)?"
)
_NUMERIC = compiled(
    rb"([0-9]{1,2})[ ]?([-/.])[ ]?([0-9]{1,2})[ ]?\2[ ]?((?:18|19|20)[0-9]{2}|"
    rb"[0-9]{2})(?![0-9]|[.][0-9])"
)
_COMPACT = compiled(
    rb"((?:19|20)[0-9]{2})([01][0-9])([0-3][0-9])(?:[0-2][0-9][0-5][0-9](?:[0-5][0-9](?:\.[0-9]{1,4})?)?(?:[+-][0-9]{4})?)?",
    DIGIT_END,
)
_MONTH_YEAR = compiled(rb"([0-9]{1,2})[ ]?/[ ]?((?:19|20)[0-9]{2})(?![0-9/])")
_YEAR_MONTH = compiled(rb"((?:19|20)[0-9]{2})/([0-9]{1,2})(?![0-9/])")
_MONTH_DAY = compiled(rb"([0-9]{1,2})[ ]?/[ ]?([0-9]{1,2})(?![ ]?[/%]|[0-9]|\.[0-9])")
_DAY_CUE = compiled(
    rb"(?<![A-Za-z])(?:on|since|until|till|dated?|date:|dates:|through|starting|started|ended|"
    rb"effective|due|dos:|dob:|admitted|discharged|d/c|seen|visit)[ ]{1,2}\Z",
    ignore_case=True,
)
_AGE = compiled(
    rb"([0-9]{2,3})(?:[ \t]{0,2}[- ]?[ \t]{0,2}(?:years?|yrs?)[. -]{0,2}(?:olds?|of[ -]age|young)"
    rb"|[ -]{0,2}(?:years?|yrs?|y)[ /.]{0,2}o(?:ld)?(?![a-z])|[ -]?y\.o\.?|[ -]?(?:years?|"
    rb"yrs?)(?=[ ,.;)]))"
    rb"|([0-9]{2,3})[ ]?(?:yo)?[MF](?=[ ]?(?:with|who|w/|s/p|h/o|presents|presented|admitted|,))",
    ignore_case=True,
)
_AGE_NUMBER = compiled(rb"([0-9]{2,3})(?![0-9.%/]| or older)")
_AGE_CUE = compiled(
    rb"(?<![A-Za-z])age[ds]?(?:[ \t]{0,2}\"?[:=|,][ \t\"]{0,3}|[ \t]{1,2}(?:of[ ]|is[ ])?|\|)\Z",
    ignore_case=True,
)
_AGE_WORDS = compiled(
    rb"(?:ninety(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one[ -])?hundred"
    rb"(?:[ -]and)?(?:[ -](?:one|two|three|four|five|six|seven|eight|nine|ten|eleven))?)"
    rb"[ -](?:years?|yrs?)(?:[ -](?:olds?|of[ -]age))?|(?:non|cent)ena?genarians?|nonagenarians?"
    rb"|centenarians?",
    ignore_case=True,
)
_CJK_DATE = compiled(
    rb"([0-9]{4})[ ]?\xe5\xb9\xb4[ ]?([0-9]{1,2})[ ]?\xe6\x9c\x88(?:[ ]?([0-9]{1,2})[ "
    rb"]?(?:\xe6\x97\xa5|\xe5\x8f\xb7))?"
    rb"|([0-9]{1,2})[ ]?\xe6\x9c\x88(?:[ ]?[0-9]{1,2}[ ]?(?:\xe6\x97\xa5|\xe5\x8f\xb7))?"
)
_CJK_AGE = compiled(rb"([0-9]{2,3})[ ]?(?:\xe5\x91\xa8)?(?:\xe5\xb2\x81|\xe6\xad\xb3)")
_ERA = compiled(
    rb"(?:\xe4\xbb\xa4\xe5\x92\x8c|\xe5\xb9\xb3\xe6\x88\x90|\xe6\x98\xad\xe5\x92\x8c|"
    rb"\xe5\xa4\xa7\xe6\xad\xa3"
    rb"|\xe6\x98\x8e\xe6\xb2\xbb)[ ]?(?:\xe5\x85\x83|[0-9]{1,2})[ ]?\xe5\xb9\xb4[ ]?[0-9]{1,"
    rb"2}[ ]?\xe6\x9c\x88"
    rb"(?:[ ]?[0-9]{1,2}[ ]?\xe6\x97\xa5)?"
)
_LETTERS = compiled(rb"[A-Za-z]{3,9}+")
_FULL_MONTHS = frozenset(word for word in CUES[kinds.MONTH].encode().split() if len(word) > 3)
_LAST_AGE = 125
"""Nobody lived longer; what is above is no age."""


def at_month(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """March 3rd, 2019; 3 March; 03-MAR-2019; Mar '19; in March."""
    word = _LETTERS.match(data, pos, hi)
    if word is None or data[word.end() : word.end() + 1].isalpha():
        return []
    capital = word[0][:1].isupper()
    end, start, year = word.end(), pos, None
    day = behind(data, lo, pos, _BACK_DAY)
    if day:
        start = day.start()
    elif back := behind(data, lo, pos, _BACK_YEAR):
        start, year = back.start(), back[1]
    elif weekday := behind(data, lo, pos, _BACK_WEEKDAY):
        start = weekday.start()
    after = _YEAR.match(data, end, hi)
    if after is None and day:
        after = _SHORT_YEAR.match(data, end, hi)
    if after is None and (after := _DAY_YEAR.match(data, end, hi)):
        return [date_span(start, after.end(), after[2] or year)] if capital or after[2] else []
    if after:
        return [date_span(start, after.end(), after[1])] if capital or day else []
    if start < pos:
        return [date_span(start, end, year)] if capital or word[0] not in (b"may", b"mar") else []
    cued = behind(data, lo, pos, _MONTH_CUE)
    return [span(pos, end, DATE)] if cued and capital and word[0].lower() in _FULL_MONTHS else []


def numeric_date(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """2019-03-14T08:30, 3/14/2019, 14.03.19, 20190314083000."""
    if (found := _ISO.match(data, pos, hi)) and _is_date(found[1], found[3], found[4]):
        return [date_span(pos, found.end(), found[1])]
    if found := _NUMERIC.match(data, pos, hi):
        first, second = found[1], found[3]
        # 1.2.10 is a section; dates with points and two digits of year write every digit.
        whole = len(found[4]) == 4 or found[2] != b"." or len(first) == len(second) == 2
        if whole and (_is_day(first, second) or _is_day(second, first)):
            return [date_span(pos, found.end(), found[4])]
    if (found := _COMPACT.match(data, pos, hi)) and _is_date(found[1], found[2], found[3]):
        return [date_span(pos, found.end(), found[1])]
    return []


def slashed(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """03/2019 anywhere, 3/14 after a word that asks for a day."""
    if found := numeric_date(data, pos, lo, hi):
        return found
    if (pair := _MONTH_YEAR.match(data, pos, hi)) and 1 <= int(pair[1]) <= 12:
        return [date_span(pos, pair.end(), pair[2])]
    if (pair := _YEAR_MONTH.match(data, pos, hi)) and 1 <= int(pair[2]) <= 12:
        return [date_span(pos, pair.end(), pair[1])]
    pair = _MONTH_DAY.match(data, pos, hi)
    if pair and _is_day(pair[1], pair[2]) and behind(data, lo, pos, _DAY_CUE):
        return [span(pos, pair.end(), DATE)]
    return []


def old_age(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """92-year-old, 94 y/o, aged 101."""
    found = _AGE.match(data, pos, hi)
    if found is None:
        found = _AGE_NUMBER.match(data, pos, hi)
        if found is None or not behind(data, lo, pos, _AGE_CUE):
            return []
    digits = found[1] or found[2]
    return _aged(pos, found.end()) if MAX_AGE_KEPT < int(digits) <= _LAST_AGE else []


def age_in_words(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Ninety-two-year-old, nonagenarian."""
    found = _AGE_WORDS.match(data, pos, hi)
    return _aged(pos, found.end()) if found else []


def cjk_number(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Dates with the characters of year, month and day; ages with that of years lived."""
    if found := _CJK_DATE.match(data, pos, hi):
        return [date_span(pos, found.end(), found[1])]
    age = _CJK_AGE.match(data, pos, hi)
    if age and MAX_AGE_KEPT < int(age[1]) <= _LAST_AGE:
        return _aged(pos, age.end())
    return []


def era_date(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Reiwa, Heisei, Showa, Taisho, Meiji with month and day."""
    found = _ERA.match(data, pos, hi)
    return [span(pos, found.end(), DATE)] if found else []


def _aged(start: int, end: int) -> Spans:
    return [(start, end, INDEX[DATE], OLD_AGE.encode())]


def _is_date(year: bytes, month: bytes, day: bytes) -> bool:
    return 1800 <= int(year) <= 2099 and _is_day(month, day)


def _is_day(month: bytes, day: bytes) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31
