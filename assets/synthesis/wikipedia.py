"""Questions from encyclopaedia articles: what the lead sentence says of the title."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from functools import partial

from assets.synthesis.item import Draft, Kind

BLANK = "____"
MIN_PARAGRAPH_CHARS = 60
MAX_SENTENCE_CHARS = 400
"""Both our choice: shorter paragraphs are captions, longer sentences miss a small context."""

_SENTENCE_END = re.compile(r"[.!?](?=\s+[\"'(]?[A-Z]|\s*$)")
_ABBREVIATION = re.compile(r"(?:\b[A-Z]|\b(?:St|Dr|Mr|Mrs|Ms|Jr|Sr|Mt|No|ca|c|vs|approx|lit))$")
_LIFE = re.compile(r"\((?=[^()]*\b\d{3,4})[^()]*(?:born|[\u2013-])[^()]*\)")
_COPULA = re.compile(r"\b(is|are|was|were)\b")
_DISAMBIGUATION = re.compile(r" \([^()]*\)$")


def wikipedia_kinds(source: str, articles: Iterable[tuple[str, str, str]]) -> tuple[Kind, ...]:
    """Return the ways to ask about (native id, title, text) of one source's articles."""
    leads = {}
    for native_id, title, text in articles:
        name = _DISAMBIGUATION.sub("", title)
        sentence = lead_sentence(text)
        if sentence and _COPULA.search(sentence) and _mention(name, sentence):
            leads[native_id] = (name, sentence)
    templates = {"wikipedia_lead": _ask_lead, "wikipedia_subject": _ask_subject}
    return tuple(
        Kind(
            name=name,
            domain="general",
            source=source,
            subjects=sorted(leads),
            write=partial(write, leads),
            document=lambda native_id: native_id,
        )
        for name, write in templates.items()
    )


def lead_sentence(text: str) -> str:
    """Return the first sentence of the first real paragraph below the title, or nothing."""
    for paragraph in text.split("\n")[1:]:
        if len(paragraph) >= MIN_PARAGRAPH_CHARS:
            return _first_sentence(paragraph)
    return ""


def _first_sentence(paragraph: str) -> str:
    for match in _SENTENCE_END.finditer(paragraph):
        sentence = paragraph[: match.end()]
        is_open = sentence.count("(") > sentence.count(")")
        if not is_open and not _ABBREVIATION.search(sentence[:-1]):
            return sentence if len(sentence) <= MAX_SENTENCE_CHARS else ""
    return ""


def _ask_lead(
    leads: dict[str, tuple[str, str]], native_id: str, rng: random.Random
) -> Draft | None:
    name, sentence = leads[native_id]
    verb = _COPULA.search(sentence)
    assert verb is not None, "leads hold only sentences with a copula"
    word = "Who" if _LIFE.search(sentence[: verb.start()]) else "What"
    return Draft(question=f"{word} {verb[1]} {name}?", answer=sentence)


def _ask_subject(
    leads: dict[str, tuple[str, str]], native_id: str, rng: random.Random
) -> Draft | None:
    """Ask the other way round; None when the sentence still names what it is about."""
    name, sentence = leads[native_id]
    mention = _mention(name, sentence)
    assert mention is not None, "leads hold only sentences that name their subject"
    blanked = sentence[: mention.start()] + BLANK + sentence[mention.end() :]
    if name.casefold() in blanked.casefold():
        return None
    return Draft(question=f"Fill in the blank: {blanked}", answer=name)


def _mention(name: str, sentence: str) -> re.Match[str] | None:
    return re.search(rf"\b{re.escape(name)}\b", sentence, re.IGNORECASE)
