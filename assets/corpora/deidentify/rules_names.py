"""Names of persons in alphabetic scripts: by title, label, relation, credential, gazetteer.

Over-masks rather than misses: an unknown capitalised word next to a name belongs to it.
"""

from __future__ import annotations

from assets.corpora.deidentify import kinds
from assets.corpora.deidentify.classes import GEOGRAPHY, NAME
from assets.corpora.deidentify.lists.eponyms import HEADS
from assets.corpora.deidentify.lists.places import COUNTRIES
from assets.corpora.deidentify.patterns import LETTER, WORD, behind, compiled
from assets.corpora.deidentify.spans import Spans, span
from assets.corpora.deidentify.vocabulary import CUES, word_flags

_PARTICLE = (
    rb"(?:(?:van der|van den|van|von|de la|de los|de|del|della|di|da|dos|du|le|la|bin|ibn|al|"
    rb"el|ter) )?"
)
ITEM = compiled(_PARTICLE, rb"(", WORD, rb")\.?")
_LOWER = compiled(rb"[a-z]{2,30}+")
_SPACE = compiled(rb"[ \t]{1,3}|(?<=\.)(?=[A-Z])|\^")
_COMMA = compiled(rb"[ \t]?,[ \t]{0,3}|\^")
_AFTER_TITLE = compiled(rb"\.?[ \t]{0,3}\n?[ \t]{0,3}(?:\(?(?:Prof|Dr|Med)\.?[ \t]{1,2}){0,2}")
_LABEL_TAIL = compiled(
    rb"(?:'s)?(?:[ _-]?(?:names?|full|legal|first|last|middle|maiden|preferred|given|family|of|"
    rb"physician|provider|surgeon|doctor|contact|nurse|clinician|by|to|person|md|kin|"
    rb"practitioner|signature|\(last, ?first\)|\(s\))(?![A-Za-z])){0,4}"
    rb"([ \t]{0,3}\"?[ \t]{0,3}[:=|>][ \t]{0,3}\n?[ \t]{0,3}[\[{\"']{0,4}[ \t]{0,2}|[ \t]{1,"
    rb"3}(?:is|was)[ \t]|[ \t]{2,24})?",
    ignore_case=True,
)
_CUE_TAIL = compiled(rb"[ \t]{0,2}[:,]?[ \t]{0,2}\n{0,2}[ \t]{0,3}")
_BACK_NAME = compiled(
    rb"(?<![A-Za-z\x80-\xff])(?:", WORD, rb"\.?[ \t]{1,3}){0,3}", WORD, rb"\.?,?[ \t]{1,3}\Z"
)
_BACK_COMMA_NAME = compiled(
    rb"(?<![A-Za-z\x80-\xff])", WORD, rb",[ \t]{1,2}", WORD, rb"\.?,?[ \t]{1,3}\Z"
)
_BACK_WORD = compiled(rb"(?<![A-Za-z0-9\x80-\xff'-])(", WORD, rb")\.?[ \t]{1,2}\Z")
_NEXT_WORD = compiled(rb"(?:(?:'|\xe2\x80\x99)[sS])?[ \t-]{1,2}(", LETTER, rb"{2,20}+)")
_MORE_QUOTED = compiled(rb'"[ \t]{0,2},[ \t]{0,2}"')

_COUNTRIES = frozenset(COUNTRIES.encode().split())
_HEADS = frozenset(HEADS.encode().split())
_CREDENTIALS = frozenset(CUES[kinds.CREDENTIAL].encode().split())
_TITLES = frozenset(CUES[kinds.TITLE].encode().split())
_STRICT = frozenset(b"name surname forename firstname lastname family given patient".split())
_PREPOSITIONS = (b"by", b"with", b"to", b"via")
WORDS = compiled(LETTER, rb"{1,40}+")
_MAX_ACRONYM = 4
_MIN_UNKNOWN = 4
_MAX_INITIALS = 1
"""A point after a longer word ends the sentence."""
_POINTED = _TITLES | frozenset(b"jr sr st ste".split())
STOP = frozenset(
    b"dob mrn age sex gender date male female ssn address phone tel fax email account acct "
    b"admission admitted discharge discharged visit unit room bed ward dept department service id "
    b"no number hospital clinic center centre street avenue road st ave rd apt suite box medical "
    b"record history exam chief complaint plan assessment diagnosis allergies medications labs "
    b"vital vitals signs electronically signed dictated reviewed re dear mr mrs ms dr cc icu ed er "
    b"or ct mri ecg ekg iv po bid tid prn icd cpt primary attending physician provider note report "
    b"patient name npi dea birth time summary the this he she they pt his her we on in at for and "
    b"was is has had with from to of by not none unknown self n/a na".split()
)


def flags_of(word: bytes) -> int:
    return word_flags().get(word.lower(), 0)


def is_common(word: bytes) -> bool:
    """Return whether a word is ordinary and no name."""
    flags = flags_of(word)
    named = flags & (kinds.GIVEN | kinds.FAMILY)
    return word.lower() in STOP or bool(flags & kinds.ORDINARY and not named)


def is_known_word(word: bytes) -> bool:
    """Return whether a lower-case word means something besides a name."""
    flags = flags_of(word)
    named = flags & (kinds.GIVEN | kinds.FAMILY)
    return word in STOP or bool(flags & (kinds.ORDINARY | kinds.KIND_MASK) and not named)


def name_run(data: bytes, pos: int, hi: int, limit: int = 4) -> tuple[int, list[bytes]]:
    """Return the end and the words of a run of capitalised words that may be a name."""
    words: list[bytes] = []
    end = at = pos
    while len(words) < limit:
        item = ITEM.match(data, at, hi)
        if item is None:
            break
        word = item[1]
        if is_common(word) or (words and word.lower() in _CREDENTIALS and word.isupper()):
            break
        if not (not words and word.lower() in _TITLES):
            words.append(word)
            end = item.end() if len(word) == 1 else item.end(1)
        gap = _SPACE.match(data, item.end(), hi)
        pointed = item.end() > item.end(1) and word.lower() not in _POINTED
        if gap is None or (pointed and len(word) > _MAX_INITIALS):
            break
        at = gap.end()
    return end, words


def full_name(data: bytes, pos: int, hi: int) -> tuple[int, list[bytes]]:
    """Return the same with "Last, First Middle"."""
    end, words = name_run(data, pos, hi)
    if words and len(words) <= 2 and (comma := _COMMA.match(data, end, hi)):
        last, more = name_run(data, comma.end(), hi, 3)
        if more and more[0].lower() not in _CREDENTIALS:
            return last, words + more
    return end, words


def after_title(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Dr. Okafor, Mrs Jane Roe."""
    title = WORDS.match(data, pos, hi)
    assert title is not None
    end = title.end()
    gap = _AFTER_TITLE.match(data, end, hi)
    start = gap.end() if gap else end
    last, words = name_run(data, start, hi)
    if words:
        return [span(start, last, NAME)]
    first = ITEM.match(data, start, hi)
    short = data[pos:end].lower() in (b"dr", b"mr", b"mrs", b"ms", b"prof", b"doctor")
    if first and short and start > end and first[1].lower() not in STOP and not first[1].isupper():
        return [span(start, first.end(1), NAME)]  # a title makes even Dr. Cough a person
    lower = _LOWER.match(data, start, hi)
    if lower and short and data[end : end + 1] == b"." and not is_common(lower[0]):
        return [span(start, lower.end(), NAME)]
    return []


def after_label(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Name: Roe, Jane. "family": "Roe", "given": ["Jane", "A"]."""
    word = WORDS.match(data, pos, hi)
    assert word is not None
    tail = _LABEL_TAIL.match(data, word.end(), hi)
    assert tail is not None
    if tail[1] is None:
        gap = _CUE_TAIL.match(data, tail.end(), hi)
        start = gap.end() if gap else tail.end()
        return [] if start == tail.end() else _by_cue(data, start, hi, alone=False)
    start = tail.end()
    end, words = full_name(data, start, hi)
    found = [span(start, end, NAME)] if words else []
    while words and (more := _MORE_QUOTED.match(data, end, hi)):
        end, words = name_run(data, more.end(), hi)
        found += [span(more.end(), end, NAME)] if words else []
    if not found and tail[1].strip() and word[0].lower() in _STRICT:
        found = _lower_name(data, start, hi)
    return found


def _lower_name(data: bytes, start: int, hi: int) -> Spans:
    """name: jane roe."""
    at = end = start
    for _ in range(3):
        lower = _LOWER.match(data, at, hi)
        if lower is None or is_common(lower[0]) or flags_of(lower[0]) & kinds.KIND_MASK:
            break
        end = lower.end()
        gap = _SPACE.match(data, end, hi) or _COMMA.match(data, end, hi)
        if gap is None:
            break
        at = gap.end()
    return [span(start, end, NAME)] if end > start else []


def after_cue(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Seen by Jane Roe; Dear Jane; her daughter Kemi."""
    word = WORDS.match(data, pos, hi)
    assert word is not None
    gap = _CUE_TAIL.match(data, word.end(), hi)
    start = gap.end() if gap else word.end()
    return _by_cue(data, start, hi, alone=word[0].lower() not in _PREPOSITIONS)


def _by_cue(data: bytes, start: int, hi: int, *, alone: bool) -> Spans:
    """Take a run where nothing but a cue says that it is a name; `alone`: one word is enough."""
    end, words = full_name(data, start, hi)
    longer = [word for word in words if len(word) > 1]
    if not longer or is_term(data, end, hi):
        return []
    known = any(flags_of(word) & (kinds.GIVEN | kinds.FAMILY) for word in longer)
    cased = all(not word.isupper() for word in longer)
    if known and (cased or len(longer) > 1 or (alone and _is_name(longer[0]))):
        return [span(start, end, NAME)]
    if cased and (len(words) > 1 or alone):
        return [span(start, end, NAME)]
    # In capitals, words that nobody has seen, after "daughter".
    unseen = [word for word in longer if not flags_of(word) and len(word) > _MAX_ACRONYM]
    if not alone and len(words) < 2:
        return []
    return [span(start, end, NAME)] if unseen else []


def before_credential(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Jane Roe, MD."""
    word = WORDS.match(data, pos, hi)
    assert word is not None
    written = word[0].isupper() or word[0] in (b"PhD", b"PharmD", b"PsyD")
    if not written or data[word.end() : word.end() + 1].isdigit():
        return []
    found = behind(data, lo, pos, _BACK_NAME)
    comma = behind(data, lo, pos, _BACK_COMMA_NAME)
    if comma and (found is None or comma.start() < found.start()):
        found = comma
    if found is None:
        return []
    at, words = found.start(), list[tuple[int, int, bytes]]()
    while at < pos and (item := ITEM.match(data, at, pos)):
        words.append((item.start(1), item.end(1), item[1]))
        gap = _SPACE.match(data, item.end(), pos) or _COMMA.match(data, item.end(), pos)
        if gap is None:
            break
        at = gap.end()
    while words and (is_common(words[0][2]) or words[0][2].lower() in _TITLES):
        words.pop(0)
    if not words or any(is_common(word) for _, _, word in words):
        return []
    if flags_of(words[-1][2]) & kinds.KIND_MASK == kinds.CITY:
        return [span(words[0][0], words[-1][1], GEOGRAPHY)]
    if len(words) == 1 and words[0][2].isupper():
        return []
    return [span(words[0][0], words[-1][1], NAME)]


def known_name(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Take a word of the gazetteer with the capitalised words around it."""
    end, words = full_name(data, pos, hi)
    if not words or (len(words) == 1 and words[0].lower() in _COUNTRIES):
        return []
    if is_term(data, end, hi) and len(words) == 1:
        return []
    if words[0].isupper() and not any(_is_name(word) for word in words[1:]):
        return []
    start = pos
    before = behind(data, lo, pos, _BACK_WORD)
    if before and not is_common(before[1]) and before[1].lower() not in _TITLES:
        same_case = len(before[1]) == 1 or before[1].isupper() == words[0].isupper()
        kind = flags_of(before[1]) & kinds.KIND_MASK
        if same_case and not kind and not flags_of(before[1]) & kinds.ORDINARY:
            start = before.start(1)
    return [span(start, end, NAME)]


def weak_name(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Rose Okafor: an ordinary word that is a given name, before an unknown capital."""
    end, words = full_name(data, pos, hi)
    if len(words) < 2 or is_term(data, end, hi):
        return []
    last = words[1]
    flags = flags_of(last)
    named = flags & (kinds.GIVEN | kinds.FAMILY) and not flags & kinds.ORDINARY
    unknown = not flags and len(last) > 2 and not last.isupper()
    return [span(pos, end, NAME)] if named or unknown else []


def unknown_pair(data: bytes, pos: int, lo: int, hi: int) -> Spans:
    """Thraido Kelmanko: two capitalised words that are in no list are taken for a name."""
    end, words = name_run(data, pos, hi)
    unknown = [word for word in words[:2] if not flags_of(word) and not word.isupper()]
    if len(unknown) < 2 or min(map(len, unknown)) < _MIN_UNKNOWN or is_term(data, end, hi):
        return []
    return [span(pos, end, NAME)]


def _is_name(word: bytes) -> bool:
    flags = flags_of(word)
    return bool(flags & (kinds.GIVEN | kinds.FAMILY)) and not flags & kinds.ORDINARY


def is_term(data: bytes, end: int, hi: int) -> bool:
    """Return whether a noun of eponyms follows: Crohn's disease, Foley catheter."""
    following = _NEXT_WORD.match(data, end, hi)
    return bool(following and following[1].lower() in _HEADS)
