"""The facts once more, read by other means than the ones that wrote the questions.

The generators parse XML and OBO into structures; here plain text is scanned line by line, and a
code's place follows from the code itself. An error in either reader shows as a disagreement.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

_NAMED = re.compile(r"<name>\s*([^<]+?)\s*</name>\s*<desc>\s*([^<]+?)\s*</desc>")
_CHAPTER = re.compile(r"(.+) \(([0-9A-Z]{3})-([0-9A-Z]{3})\)")


class IcdLookUp:
    """Titles by code, and chapters by the range of codes that their heading states."""

    def __init__(self, xml: str) -> None:
        self.titles: dict[str, str] = {}
        self._ranges: list[tuple[str, str, str]] = []
        for name, title in _NAMED.findall(xml):
            title = html.unescape(title)
            chapter = _CHAPTER.fullmatch(title)
            if name.isdigit() and chapter:
                self._ranges.append((chapter[2], chapter[3], chapter[1]))
            else:
                self.titles[name] = title
        self._codes = _inverted(self.titles)

    def codes_of(self, title: str) -> frozenset[str]:
        return frozenset(self._codes.get(title, ()))

    def category(self, code: str) -> str:
        return f"{code[:3]} ({self.titles[code[:3]]})"

    def chapter(self, code: str) -> str:
        """Return the chapter whose range holds a code; digits sort before letters, as in C4A."""
        found = [title for first, last, title in self._ranges if first <= code[:3] <= last]
        return found[0] if len(found) == 1 else ""


class HpoLookUp:
    """Names, definitions, exact synonyms, parents and findings, by identifier."""

    def __init__(self, obo: str, annotations: str) -> None:
        self.names: dict[str, str] = {}
        self.definitions: dict[str, str] = {}
        self.synonyms: dict[str, set[str]] = defaultdict(set)
        self.findings: dict[str, set[str]] = defaultdict(set)
        self.diseases: dict[str, set[str]] = defaultdict(set)
        self._parents: dict[str, set[str]] = defaultdict(set)
        self._scan_terms(obo.splitlines())
        self._scan_annotations(annotations.splitlines())
        self._ids = _inverted(self.names)

    def ids_of(self, name: str) -> frozenset[str]:
        return frozenset(self._ids.get(name, ()))

    def parents(self, term_id: str) -> set[str]:
        return {self.names[parent] for parent in self._parents[term_id]}

    def names_above(self, term_ids: Iterable[str]) -> set[str]:
        """Return the names of all terms above the given ones."""
        level = {parent for term_id in term_ids for parent in self._parents[term_id]}
        above = set(level)
        while level:
            level = {p for term_id in level for p in self._parents[term_id]} - above
            above |= level
        return {self.names[term_id] for term_id in above}

    def findings_of(self, disease_id: str) -> set[str]:
        return {self.names[t] for t in self.findings[disease_id] if t in self.names}

    def _scan_terms(self, lines: Iterable[str]) -> None:
        term_id = ""
        for line in lines:
            if line.startswith("id: "):
                term_id = line[4:]
            elif line.startswith("name: "):
                self.names[term_id] = line[6:]
            elif line.startswith('def: "'):
                self.definitions[term_id] = _unescape(line[6 : line.rindex('" [')])
            elif line.startswith('synonym: "') and '" EXACT' in line:
                self.synonyms[term_id].add(_unescape(line[10 : line.index('" EXACT')]))
            elif line.startswith("is_a: "):
                self._parents[term_id].add(line[6:16])
            elif line == "is_obsolete: true":
                del self.names[term_id]

    def _scan_annotations(self, lines: Iterable[str]) -> None:
        for line in lines:
            fields = line.split("\t")
            # database_id, name, qualifier, hpo_id, ..., aspect (column 11)
            if len(fields) > 10 and fields[10] == "P" and fields[2] != "NOT":
                self.findings[fields[0]].add(fields[3])
                self.diseases[fields[0]].add(fields[1].strip())


def _inverted(names: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for key, name in names.items():
        found[name].add(key)
    return found


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).strip()
