"""Facts of the ICD-10-CM tabular list and their questions: code, title, category, chapter."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from assets.synthesis.item import Draft, Kind, choice

SOURCE = "icd10cm"
CATEGORY_CHARS = 3
MAX_CODE_CHARS = 6
"""Deeper codes only add a side or an encounter to the title (our choice, as in the corpus)."""

_RANGE = re.compile(r" \([0-9A-Z]+-[0-9A-Z]+\)$")


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    code: str
    title: str
    parent: str
    """Code one level up; empty for a category."""
    chapter: str


@dataclass(frozen=True, kw_only=True)
class IcdFacts:
    """Every diagnosis of the list by its code."""

    diagnoses: Mapping[str, Diagnosis]

    @cached_property
    def siblings(self) -> Mapping[str, list[str]]:
        """Parent code (for categories: chapter) -> codes below it."""
        below: dict[str, list[str]] = defaultdict(list)
        for diagnosis in self.diagnoses.values():
            below[diagnosis.parent or diagnosis.chapter].append(diagnosis.code)
        return below

    @cached_property
    def chapters(self) -> list[str]:
        return sorted({diagnosis.chapter for diagnosis in self.diagnoses.values()})

    @cached_property
    def unique_titles(self) -> frozenset[str]:
        counts = Counter(diagnosis.title for diagnosis in self.diagnoses.values())
        return frozenset(title for title, count in counts.items() if count == 1)


def read_icd10cm(path: Path) -> IcdFacts:
    """Read the tabular list from its XML."""
    diagnoses: dict[str, Diagnosis] = {}
    root = ElementTree.parse(path).getroot()
    for chapter in root.iter("chapter") if root is not None else ():
        name = _RANGE.sub("", chapter.findtext("desc", "").strip())
        for section in chapter.findall("section"):
            for diagnosis in _below(section, parent="", chapter=name):
                diagnoses[diagnosis.code] = diagnosis
    if not diagnoses:
        raise ValueError(f"{path.name} holds no diagnoses: is it the ICD-10-CM tabular XML?")
    return IcdFacts(diagnoses=diagnoses)


def icd10cm_kinds(facts: IcdFacts) -> tuple[Kind, ...]:
    """Return the ways to ask about diagnoses."""
    asked = [code for code in sorted(facts.diagnoses) if len(code) <= MAX_CODE_CHARS]
    below = [code for code in asked if len(code) > CATEGORY_CHARS]
    named = [code for code in below if facts.diagnoses[code].title in facts.unique_titles]
    templates = {
        "icd10cm_title": (asked, _ask_title),
        "icd10cm_title_choice": (below, _choose_title),
        "icd10cm_code": (named, _ask_code),
        "icd10cm_code_choice": (named, _choose_code),
        "icd10cm_category": (below, _ask_category),
        "icd10cm_chapter_choice": (asked, _choose_chapter),
    }
    return tuple(
        Kind(
            name=name,
            domain="medical",
            source=SOURCE,
            subjects=subjects,
            write=partial(write, facts),
            document=lambda code: code[:CATEGORY_CHARS],
        )
        for name, (subjects, write) in templates.items()
    )


def _ask_title(facts: IcdFacts, code: str, rng: random.Random) -> Draft:
    stem = rng.choice(
        (
            f"What does the ICD-10-CM code {code} stand for?",
            f"Which diagnosis does {code} denote in ICD-10-CM?",
        )
    )
    return Draft(question=stem, answer=facts.diagnoses[code].title)


def _choose_title(facts: IcdFacts, code: str, rng: random.Random) -> Draft | None:
    stem = f"Which diagnosis does the ICD-10-CM code {code} denote?"
    siblings = [facts.diagnoses[sibling].title for sibling in _siblings(facts, code)]
    return choice(stem, facts.diagnoses[code].title, siblings, rng)


def _ask_code(facts: IcdFacts, code: str, rng: random.Random) -> Draft:
    title = facts.diagnoses[code].title
    stem = rng.choice(
        (
            f'Give the ICD-10-CM code of "{title}".',
            f'Which ICD-10-CM code denotes the diagnosis "{title}"?',
        )
    )
    return Draft(question=stem, answer=code)


def _choose_code(facts: IcdFacts, code: str, rng: random.Random) -> Draft | None:
    stem = f'Choose the ICD-10-CM code of "{facts.diagnoses[code].title}".'
    return choice(stem, code, _siblings(facts, code), rng)


def _ask_category(facts: IcdFacts, code: str, rng: random.Random) -> Draft:
    category = facts.diagnoses[code[:CATEGORY_CHARS]]
    title = facts.diagnoses[code].title
    stem = f'Under which three-character ICD-10-CM category does {code}, "{title}", fall?'
    return Draft(question=stem, answer=f"{category.code} ({category.title})")


def _choose_chapter(facts: IcdFacts, code: str, rng: random.Random) -> Draft | None:
    diagnosis = facts.diagnoses[code]
    stem = f'Which chapter of ICD-10-CM holds {code}, "{diagnosis.title}"?'
    return choice(stem, diagnosis.chapter, facts.chapters, rng)


def _siblings(facts: IcdFacts, code: str) -> list[str]:
    """Codes beside this one: the nearest wrong answers there are."""
    diagnosis = facts.diagnoses[code]
    beside = facts.siblings[diagnosis.parent or diagnosis.chapter]
    return [sibling for sibling in beside if sibling != code]


def _below(element: Element, parent: str, chapter: str) -> Iterator[Diagnosis]:
    for node in element.findall("diag"):
        code, title = node.findtext("name", "").strip(), node.findtext("desc", "").strip()
        if code and title:
            yield Diagnosis(code=code, title=title, parent=parent, chapter=chapter)
            yield from _below(node, code, chapter)
