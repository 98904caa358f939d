"""Facts of the Human Phenotype Ontology: its terms, and the findings of annotated diseases."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

SOURCE = "hpo"
ROOT = "HP:0000118"
"""Phenotypic abnormality: what a patient can have, as against modes of inheritance and the like."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(\w*)')


@dataclass(frozen=True, kw_only=True)
class Term:
    term_id: str
    name: str
    definition: str
    synonyms: tuple[str, ...]
    """Exact ones only, and none that is the name itself."""
    parents: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Disease:
    disease_id: str
    name: str
    findings: frozenset[str]
    """Terms annotated as present."""


@dataclass(frozen=True, kw_only=True)
class HpoFacts:
    """Phenotypic abnormalities and the diseases annotated with them."""

    terms: Mapping[str, Term]
    diseases: Mapping[str, Disease]

    @cached_property
    def children(self) -> Mapping[str, list[str]]:
        below: dict[str, list[str]] = defaultdict(list)
        for term in self.terms.values():
            for parent in term.parents:
                below[parent].append(term.term_id)
        return below

    def siblings(self, term_id: str) -> list[str]:
        """Return the other children of a term's parents, sorted."""
        parents = self.terms[term_id].parents
        beside = {child for parent in parents for child in self.children.get(parent, ())}
        return sorted(beside - {term_id})

    def ancestors(self, term_ids: Iterable[str]) -> set[str]:
        """Return all terms above the given ones, themselves left out unless above another."""
        found: set[str] = set()
        queue = [p for term_id in term_ids for p in self.terms[term_id].parents]
        while queue:
            term_id = queue.pop()
            if term_id not in found and term_id in self.terms:
                found.add(term_id)
                queue.extend(self.terms[term_id].parents)
        return found

    def descendants(self, term_id: str) -> set[str]:
        """Return all terms below a term, itself left out."""
        found: set[str] = set()
        queue = [term_id]
        while queue:
            below = set(self.children.get(queue.pop(), ())) - found
            found |= below
            queue.extend(below)
        return found


def read_hpo(obo: Path, annotations: Path) -> HpoFacts:
    """Read the terms below ROOT, and the diseases annotated with at least one of them."""
    everything = {term.term_id: term for term in _terms(obo.read_text())}
    if ROOT not in everything:
        raise ValueError(f"{obo.name} has no {ROOT}: is it the Human Phenotype Ontology?")
    whole = HpoFacts(terms=everything, diseases={})
    terms = {term_id: everything[term_id] for term_id in sorted(whole.descendants(ROOT))}
    return HpoFacts(terms=terms, diseases=_diseases(annotations, terms))


def _terms(text: str) -> Iterator[Term]:
    for stanza in text.split("\n\n"):
        head, *lines = stanza.strip().splitlines() or [""]
        if head != "[Term]" or "is_obsolete: true" in lines:
            continue
        tags: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            tag, _, value = line.partition(": ")
            tags[tag].append(value)
        name = tags["name"][0]
        synonyms = [_quoted(value) for value in tags["synonym"]]
        exact = {text for text, scope in synonyms if scope == "EXACT"}
        yield Term(
            term_id=tags["id"][0],
            name=name,
            definition=_quoted(tags["def"][0])[0] if tags["def"] else "",
            synonyms=tuple(sorted(s for s in exact if s.casefold() != name.casefold())),
            parents=tuple(sorted(value.split(" ! ")[0].split()[0] for value in tags["is_a"])),
        )


def _quoted(value: str) -> tuple[str, str]:
    """Return the quoted text of a value and the word behind it."""
    match = _QUOTED.match(value)
    if match is None:
        return "", ""
    return re.sub(r"\\(.)", r"\1", match[1]).strip(), match[2]


def _diseases(path: Path, terms: Mapping[str, Term]) -> dict[str, Disease]:
    rows = (
        pl.read_csv(path, separator="\t", comment_prefix="#", quote_char=None, infer_schema=False)
        .filter(
            (pl.col("aspect") == "P")
            & (pl.col("qualifier").fill_null("") != "NOT")
            & pl.col("hpo_id").is_in(sorted(terms))
        )
        .group_by("database_id")
        .agg(pl.col("disease_name").min(), pl.col("hpo_id").unique())
        .sort("database_id")
    )
    return {
        row["database_id"]: Disease(
            disease_id=row["database_id"],
            name=row["disease_name"].strip(),
            findings=frozenset(row["hpo_id"]),
        )
        for row in rows.iter_rows(named=True)
    }
