"""Find the spans of many texts: scan once for places, then try the rule of each place.

Work is linear: the scan consumes each byte once and every rule looks at a bounded stretch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from assets.corpora.deidentify import (
    kinds,
    rules_cjk,
    rules_dates,
    rules_labels,
    rules_names,
    rules_numbers,
    rules_places,
    rules_records,
    rules_tables,
    rules_web,
)
from assets.corpora.deidentify.classes import NAME
from assets.corpora.deidentify.spans import INDEX, Spans, merged, span
from assets.corpora.deidentify.vocabulary import hash_of, hash_table

I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]

Rule = Callable[[bytes, int, int, int], Spans]
"""Data, the place, begin and end of its unit -> spans."""


def _either(*rules: Rule) -> Rule:
    def tried(data: bytes, pos: int, lo: int, hi: int) -> Spans:
        return next((found for rule in rules if (found := rule(data, pos, lo, hi))), [])

    return tried


RULES: dict[int, Rule] = {
    kinds.NAME: rules_names.known_name,
    kinds.WEAK_NAME: rules_names.weak_name,
    kinds.UNKNOWN: rules_names.unknown_pair,
    kinds.TITLE: _either(
        rules_places.title_or_street, rules_labels.after_label, rules_places.state
    ),
    kinds.NAME_LABEL: rules_names.after_label,
    kinds.NAME_CUE: rules_names.after_cue,
    kinds.CREDENTIAL: _either(rules_names.before_credential, rules_places.state),
    kinds.MONTH: _either(rules_dates.at_month, rules_names.known_name),
    kinds.STREET: rules_places.street,
    kinds.COUNTY: rules_places.county,
    kinds.STATE: rules_places.state,
    kinds.PLACE_CUE: rules_places.place_cue,
    kinds.CITY: rules_places.city,
    kinds.FACILITY: _either(rules_places.institution, rules_labels.after_label),
    kinds.ID_LABEL: _either(rules_places.idaho, rules_labels.after_label),
    kinds.PHONE_LABEL: rules_labels.telephone,
    kinds.AGE_CUE: rules_dates.age_in_words,
    kinds.WEB: rules_web.web,
    kinds.TOP_DOMAIN: rules_web.domain,
    kinds.IMAGE_FILE: rules_web.image_file,
    kinds.DATA_URI: rules_web.data_uri,
    kinds.BIOMETRIC: rules_labels.biometric,
    kinds.SEGMENT: _either(rules_records.segment, rules_places.state),
    kinds.BOX: rules_places.post_box,
    kinds.ERA: rules_dates.era_date,
    kinds.NUMBER: rules_numbers.number,
    kinds.SLASHED: rules_dates.slashed,
    kinds.AGE: rules_dates.old_age,
    kinds.COLONS: rules_numbers.colons,
    kinds.CODE: rules_numbers.code,
    kinds.BLOB: rules_numbers.blob,
    kinds.AT_SIGN: rules_web.at_sign,
    kinds.SCHEME: rules_web.scheme,
    kinds.CJK_LABEL: rules_cjk.label,
    kinds.CJK_HONORIFIC: rules_cjk.honorific,
    kinds.CJK_NUMBER: rules_dates.cjk_number,
    kinds.CJK_PLACE: rules_cjk.place,
}
_SWALLOWING = frozenset((kinds.BLOB, kinds.WEB, kinds.SCHEME, kinds.TOP_DOMAIN, kinds.IMAGE_FILE))
"""Kinds whose spans are long and hold many places of the same kind: begun once."""


def find_spans(data: bytes, bounds: I64) -> list[Spans]:
    """Return the spans of every unit data[bounds[u]:bounds[u + 1]], merged and in order."""
    from assets.corpora.deidentify.scan_kernels import scan

    keys, values = hash_table()
    array = np.frombuffer(data, dtype=np.uint8)
    # Every byte begins at most one place, and every line one more.
    places = np.empty(2 * len(data) + 1, dtype=np.int64)
    found = np.empty(2 * len(data) + 1, dtype=np.uint8)
    count = scan(array, bounds, keys, values, places, found)
    owner = np.searchsorted(bounds, places[:count], side="right") - 1
    result: list[Spans] = [[] for _ in range(len(bounds) - 1)]
    edges = bounds.tolist()
    unit_before, covered, table_end = -1, 0, 0
    for pos, kind, unit in zip(
        places[:count].tolist(), found[:count].tolist(), owner.tolist(), strict=True
    ):
        lo, hi = edges[unit], edges[unit + 1]
        if unit != unit_before:
            unit_before, covered, table_end = unit, lo, lo
        if pos < covered and kind in _SWALLOWING:
            continue
        if kind != kinds.HEADER:
            spans = RULES[kind](data, pos, lo, hi)
        elif pos >= table_end:
            spans, table_end = rules_tables.table(data, pos, lo, hi)
        else:
            continue
        if spans:
            covered = max(covered, spans[-1][1])
            result[unit] += spans
    return [merged(spans) for spans in result]


def repeated_names(data: bytes, bounds: I64, groups: I64, found: list[Spans]) -> list[Spans]:
    """Add every other place where a name of a document stands again, capitalised, in it.

    `groups` holds the document of each unit: its title and its text share their names.
    """
    from assets.corpora.deidentify.repeat_kernels import build, repeat

    pairs = [
        (int(group), hash_of(word))
        for group, spans in zip(groups.tolist(), found, strict=True)
        for word in _name_words(data, spans)
    ]
    if not pairs:
        return found
    keys = build(
        np.array([group for group, _ in pairs], dtype=np.int64),
        np.array([value for _, value in pairs], dtype=np.uint64),
    )
    places = np.empty(len(data) + 1, dtype=np.int64)
    ends = np.empty(len(data) + 1, dtype=np.int64)
    array = np.frombuffer(data, dtype=np.uint8)
    count = repeat(array, bounds, groups, keys, places, ends)
    owner = np.searchsorted(bounds, places[:count], side="right") - 1
    for pos, end, unit in zip(
        places[:count].tolist(), ends[:count].tolist(), owner.tolist(), strict=True
    ):
        word = data[pos:end]
        plain = word.isupper() and rules_names.flags_of(word) & kinds.ORDINARY
        if not plain and not rules_names.is_term(data, end, int(bounds[unit + 1])):
            found[unit].append(span(pos, end, NAME))
    return [merged(spans) for spans in found]


def _name_words(data: bytes, spans: Spans) -> set[bytes]:
    """Return the lower-case words of names that mean nothing else."""
    name = INDEX[NAME]
    words = {
        word.lower()
        for start, end, kind, _ in spans
        if kind == name
        for word in rules_names.WORDS.findall(data, start, end)
    }
    return {w for w in words if len(w) >= 3 and not rules_names.is_known_word(w)}
