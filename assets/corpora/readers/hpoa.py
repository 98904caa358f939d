"""HPO annotations: one record per disease, its phenotypes put into sentences.

Templated text: the sentences are ours, the facts and their frequencies the annotators'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, islice
from pathlib import Path

from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.obo import read_obo
from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.streams import UnreadableStream, lines, open_stream

MAX_ANNOTATIONS = 20_000
"""Of one disease; the most in the release of 2025 are 400. Our choice."""

_COLUMNS = ("database_id", "disease_name", "qualifier", "hpo_id", "frequency", "aspect")
_FREQUENCIES = {
    "HP:0040280": "always",
    "HP:0040281": "very often",
    "HP:0040282": "often",
    "HP:0040283": "sometimes",
    "HP:0040284": "very rarely",
    "HP:0040285": "never",
}
"""HPO's own frequency terms: obligate, very frequent, frequent, occasional, very rare, excluded."""
_COUNTED = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
_INHERITANCE, _COURSE = "I", "C"


@dataclass
class _Row:
    offset: int
    cells: dict[str, str] = field(default_factory=dict)


def read_hpoa(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    ontology = [found for found in how.extra if found.endswith("/hp.obo")]
    if len(ontology) != 1:
        raise ValueError(
            f"{name} names phenotypes by their identifiers: the source needs hp.obo as its one "
            f"extra file of that name, and has {sorted(how.extra)}"
        )
    names = _names(how.extra[ontology[0]], how.limits)
    rows = _rows(path, name, how.limits)
    for disease, group in groupby(rows, key=_disease):
        if disease is None:
            yield from (item for item in group if isinstance(item, Bad))
            continue
        found = [row for row in islice(group, MAX_ANNOTATIONS + 1) if isinstance(row, _Row)]
        if len(found) > MAX_ANNOTATIONS:
            yield bad(name, found[0].offset, "record_too_large", disease)
        else:
            yield _record(found, names, name)


def _disease(item: _Row | Bad) -> str | None:
    return None if isinstance(item, Bad) else item.cells["database_id"]


def _record(rows: list[_Row], names: dict[str, str], file: str) -> Record:
    first = rows[0].cells
    seen, features, excluded, other = set[str](), list[str](), list[str](), list[str]()
    for row in rows:
        label = names.get(row.cells["hpo_id"], "")
        if not label or label in seen:
            continue  # a term the ontology has since merged, or one annotated by two papers
        seen.add(label)
        often = _often(row.cells["frequency"])
        if row.cells["qualifier"] == "NOT" or often == "never":
            excluded.append(label)
        elif row.cells["aspect"] in (_INHERITANCE, _COURSE):
            other.append(label)
        else:
            features.append(f"{label} ({often})" if often else label)
    disease = first["disease_name"]
    parts = [
        f"{disease} ({first['database_id']})",
        f"{disease} is characterised by: {'; '.join(features)}." if features else "",
        f"Inheritance and course: {'; '.join(other)}." if other else "",
        f"It does not cause: {'; '.join(excluded)}." if excluded else "",
    ]
    return Record(
        native_id=first["database_id"],
        title=disease[:500],
        text="\n".join(part for part in parts if part),
        file=file,
        offset=rows[0].offset,
        unusable="" if features else "no_phenotypes",
        metadata={"id": first["database_id"], "annotations": str(len(rows))},
    )


def _often(frequency: str) -> str:
    counted = _COUNTED.fullmatch(frequency)
    if counted and not int(counted[1]):
        return "never"
    if counted:
        return f"{counted[1]} of {counted[2]} patients"
    if frequency.endswith("%") and frequency[:-1].replace(".", "", 1).isdigit():
        return f"{frequency[:-1]} percent of patients"
    return _FREQUENCIES.get(frequency, "")


def _rows(path: Path, name: str, limits: ReadLimits) -> Iterator[_Row | Bad]:
    header: list[str] = []
    try:
        with open_stream(path, limits) as stream:
            for offset, line in lines(stream, limits.max_line_bytes):
                if line is not None and (not line or line.startswith(b"#")):
                    continue
                cells = _cells(line)
                if not header and cells is not None and set(_COLUMNS) <= set(cells):
                    header = cells
                elif not header:
                    yield bad(name, offset, "no_header", line or b"")
                    return
                elif cells is None or len(cells) != len(header):
                    yield bad(name, offset, "wrong_number_of_columns", line or b"")
                else:
                    yield _Row(offset, dict(zip(header, cells, strict=True)))
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")


def _cells(line: bytes | None) -> list[str] | None:
    try:
        return None if line is None else line.decode().split("\t")
    except UnicodeDecodeError:
        return None


@lru_cache(maxsize=2)
def _names(ontology: Path, limits: ReadLimits) -> dict[str, str]:
    """Return term names by identifier (20,000 of them: 3 MB)."""
    found = read_obo(ontology, ontology.name, Reading(limits=limits))
    return {item.native_id: item.title for item in found if isinstance(item, Record)}
