"""What was read: tokens of every source and licence in every stage, and the credits owed for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assets.corpora.licence_table import LICENCES
from assets.corpora.licences import decide
from assets.lineage.tables import document, has_file
from assets.ports import Lake
from assets.releases.attributions import RECORD
from assets.releases.evidence.facts import Facts, tokens_of
from assets.releases.evidence.passport.artifacts import node_of
from assets.releases.evidence.shares import Share

NUM_COLOURS = 8
"""Colours of the style sheet; what comes after the largest seven shares the last one."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One of the things a total is made of, stage by stage."""

    name: str
    title: str
    note: str
    colour: int
    documents: int
    tokens: int
    share: float
    by_stage: tuple[float | None, ...]
    """Its share of each stage; None where the stage read nothing of it."""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A piece of a stage's bar, of 0 to 1."""

    start: float
    width: float
    colour: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Corpora:
    stages: tuple[str, ...]
    tokens: int
    sources: tuple[Part, ...]
    licences: tuple[Part, ...]
    bars: tuple[tuple[str, tuple[Slice, ...]], ...]
    unread: tuple[str, ...]
    """Sources that the recipe names and no stage has read."""
    refused: tuple[str, ...]
    """Licences read that the release's policy does not allow."""


def corpora_of(facts: Facts) -> Corpora:
    """Return the parts, largest first."""
    stages = tuple(node_of(m) for m in facts.trainings)
    entries = {entry["name"]: entry for entry in facts.sources}
    sources = _parts(facts, stages, lambda s: s.source, lambda name: _source(entries, facts, name))
    licences = _parts(facts, stages, lambda s: s.licence, _licence)
    policy = facts.release.config["policy"]
    return Corpora(
        stages=stages,
        tokens=tokens_of(facts.shares),
        sources=sources,
        licences=licences,
        bars=tuple((stage, _bar(sources, i)) for i, stage in enumerate(stages)),
        unread=tuple(sorted(set(entries) - {part.name for part in sources})),
        refused=tuple(p.name for p in licences if not decide(p.name, policy).allowed),
    )


def credits_owed(lake: Lake, facts: Facts) -> list[dict[str, Any]] | None:
    """Return the credits that the release itself records, or None when it has no record."""
    if not has_file(facts.release, RECORD):
        return None
    found: list[dict[str, Any]] = document(lake, facts.release, RECORD)["credits"]
    return found


def _parts(
    facts: Facts,
    stages: Sequence[str],
    key: Callable[[Share], str],
    told: Callable[[str], tuple[str, str]],
) -> tuple[Part, ...]:
    total = tokens_of(facts.shares)
    held: dict[str, list[Share]] = {}
    for share in facts.shares:
        held.setdefault(key(share), []).append(share)
    names = sorted(held, key=lambda name: (-tokens_of(held[name]), name))
    parts = []
    for place, name in enumerate(names):
        title, note = told(name)
        of_stage = [[s.share for s in held[name] if s.stage == stage] for stage in stages]
        parts.append(
            Part(
                name=name,
                title=title,
                note=note,
                colour=min(place, NUM_COLOURS - 1),
                documents=sum(share.documents for share in held[name]),
                tokens=tokens_of(held[name]),
                share=tokens_of(held[name]) / total if total else 0.0,
                by_stage=tuple(sum(found) if found else None for found in of_stage),
            )
        )
    return tuple(parts)


def _source(entries: dict[str, dict[str, Any]], facts: Facts, name: str) -> tuple[str, str]:
    entry = entries.get(name)
    if entry is None:
        return name, "not in the release's list of sources"
    licences = ", ".join(facts.licences(entry))
    return str(entry["title"]), f"{licences}; {entry['domain']}, {entry['language']}"


def _licence(name: str) -> tuple[str, str]:
    known = LICENCES.get(name)
    return (known.title, known.basis) if known else (name, "not one licence of the table")


def _bar(parts: Sequence[Part], stage: int) -> tuple[Slice, ...]:
    slices, start = [], 0.0
    for part in parts:
        width = part.by_stage[stage] or 0.0
        if width:
            slices.append(Slice(start=start, width=width, colour=part.colour, name=part.name))
            start += width
    return tuple(slices)
