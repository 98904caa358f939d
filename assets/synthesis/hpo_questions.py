"""Questions from the Human Phenotype Ontology: definition, synonym, broader term, findings."""

from __future__ import annotations

import random
from functools import partial

from assets.synthesis.hpo import SOURCE, HpoFacts
from assets.synthesis.item import Draft, Kind, choice

MAX_DEFINITION_CHARS = 400
"""Longer definitions do not fit beside their question in a small context (our choice)."""

MIN_FINDINGS = 3
NUM_FINDINGS_ASKED = 3


def hpo_kinds(facts: HpoFacts) -> tuple[Kind, ...]:
    """Return the ways to ask about phenotypic abnormalities and diseases."""
    terms = sorted(facts.terms)
    defined = [t for t in terms if 0 < len(facts.terms[t].definition) <= MAX_DEFINITION_CHARS]
    # A definition that says the name would give the answer away.
    blind = [t for t in defined if not _says(facts.terms[t].definition, facts.terms[t].name)]
    known = [t for t in terms if facts.terms[t].synonyms]
    placed = [t for t in terms if set(facts.terms[t].parents) <= facts.terms.keys()]
    diseases = [d for d, v in facts.diseases.items() if len(v.findings) >= MIN_FINDINGS]
    templates = {
        "hpo_definition": (defined, _ask_definition),
        "hpo_term": (blind, _ask_term),
        "hpo_term_choice": (blind, _choose_term),
        "hpo_synonym": (known, _ask_synonym),
        "hpo_synonym_choice": (known, _choose_synonym),
        "hpo_parent": (placed, _ask_parent),
        "hpo_parent_choice": (placed, _choose_parent),
        "hpo_findings": (diseases, _ask_findings),
        "hpo_finding_choice": (diseases, _choose_finding),
    }
    return tuple(
        Kind(
            name=name,
            domain="medical",
            source=SOURCE,
            subjects=subjects,
            write=partial(write, facts),
            document=lambda term_or_disease: term_or_disease,
        )
        for name, (subjects, write) in templates.items()
    )


def _ask_definition(facts: HpoFacts, term_id: str, rng: random.Random) -> Draft:
    term = facts.terms[term_id]
    stem = rng.choice(
        (
            f'Define the clinical finding "{term.name}".',
            f'What is meant by "{term.name}" in a clinical description?',
        )
    )
    return Draft(question=stem, answer=term.definition)


def _ask_term(facts: HpoFacts, term_id: str, rng: random.Random) -> Draft:
    term = facts.terms[term_id]
    return Draft(question=f"Name the clinical finding: {term.definition}", answer=term.name)


def _choose_term(facts: HpoFacts, term_id: str, rng: random.Random) -> Draft | None:
    term = facts.terms[term_id]
    stem = f"Which clinical finding does this describe? {term.definition}"
    return choice(stem, term.name, _names(facts, facts.siblings(term_id)), rng)


def _ask_synonym(facts: HpoFacts, term_id: str, rng: random.Random) -> Draft:
    term = facts.terms[term_id]
    stem = f'Give another name for the clinical finding "{term.name}".'
    return Draft(question=stem, answer=rng.choice(term.synonyms))


def _choose_synonym(facts: HpoFacts, term_id: str, rng: random.Random) -> Draft | None:
    term = facts.terms[term_id]
    stem = f'Which of these is another name for "{term.name}"?'
    others = [s for t in facts.siblings(term_id) for s in facts.terms[t].synonyms]
    return choice(stem, rng.choice(term.synonyms), sorted(set(others) - set(term.synonyms)), rng)


def _ask_parent(facts: HpoFacts, term_id: str, rng: random.Random) -> Draft:
    term = facts.terms[term_id]
    stem = f'Of which broader finding is "{term.name}" a kind?'
    return Draft(question=stem, answer=facts.terms[rng.choice(term.parents)].name)


def _choose_parent(facts: HpoFacts, term_id: str, rng: random.Random) -> Draft | None:
    term = facts.terms[term_id]
    parent = rng.choice(term.parents)
    above = facts.ancestors([term_id])
    beside = [t for t in facts.siblings(parent) if t not in above and t != term_id]
    stem = f'Which of these is a broader finding that includes "{term.name}"?'
    return choice(stem, facts.terms[parent].name, _names(facts, beside), rng)


def _ask_findings(facts: HpoFacts, disease_id: str, rng: random.Random) -> Draft:
    disease = facts.diseases[disease_id]
    chosen = rng.sample(sorted(disease.findings), NUM_FINDINGS_ASKED)
    stem = f"Name {NUM_FINDINGS_ASKED} clinical findings of {disease.name} ({disease_id})."
    return Draft(question=stem, answer="; ".join(_names(facts, chosen)))


def _choose_finding(facts: HpoFacts, disease_id: str, rng: random.Random) -> Draft | None:
    """Distractors stand beside the right finding and are neither above nor below any other."""
    disease = facts.diseases[disease_id]
    right = rng.choice(sorted(disease.findings))
    covered = facts.ancestors(disease.findings) | disease.findings
    wrong = [
        term_id
        for term_id in facts.siblings(right)
        if term_id not in covered and not (facts.ancestors([term_id]) & disease.findings)
    ]
    stem = f"Which finding is described in {disease.name} ({disease_id})?"
    return choice(stem, facts.terms[right].name, _names(facts, wrong), rng)


def _names(facts: HpoFacts, term_ids: list[str]) -> list[str]:
    return [facts.terms[term_id].name for term_id in term_ids]


def _says(definition: str, name: str) -> bool:
    return name.casefold() in definition.casefold()
