"""A question with its answer, where it came from, and how choices are written and read back."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assets.lineage.canonical import sha256_of
from model.chat import DEFAULT_SYSTEM

LETTERS = "ABCD"
_OPTION = re.compile(rf"^([{LETTERS}])\. (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question made from a fact or a document."""

    domain: str
    kind: str
    question: str
    answer: str
    source: str
    seed_native_id: str
    """The fact's own identifier in its source: a code, a term, a disease, a function."""
    seed_doc_id: str
    """The training document that tells the same, or empty."""
    system: str = DEFAULT_SYSTEM

    @property
    def item_id(self) -> str:
        return sha256_of([self.kind, self.system, self.question, self.answer])[:32]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Question and answer as a template wrote them."""

    question: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way of asking: the subjects it can ask about, and the template."""

    name: str
    domain: str
    source: str
    subjects: Sequence[str]
    """Native ids, in a fixed order."""
    write: Callable[[str, random.Random], Draft | None]
    """Returns None when the subject does not give a fair question."""
    document: Callable[[str], str]
    """Native id of the document, in the same source, that tells what a subject is about."""


def choice(stem: str, right: str, wrong: Sequence[str], rng: random.Random) -> Draft | None:
    """Write a question with lettered options; None when there are too few distractors."""
    distractors = sorted(set(wrong) - {right})
    if len(distractors) < len(LETTERS) - 1:
        return None
    options = [right, *rng.sample(distractors, len(LETTERS) - 1)]
    rng.shuffle(options)
    lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=True)]
    return Draft(
        question="\n".join([stem, *lines]),
        answer=f"{LETTERS[options.index(right)]}. {right}",
    )


def options_of(question: str) -> dict[str, str]:
    """Return letter -> option as a reader sees them."""
    return dict(_OPTION.findall(question))
