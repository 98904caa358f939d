"""passport.html: one release on one page that asks no network, for people who have only a browser.

A view of the lake: the same lake, key and factors give the same bytes. Templates escape everything
they are given; style and program are the two files beside them, allowed by their hashes and nothing
else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assets.lineage.factors import Factors
from assets.lineage.manifest import Manifest
from assets.ports import Lake
from assets.releases.card import TOY_PARAMETERS
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.passport import curves, scores
from assets.releases.evidence.passport.artifacts import Lineage, compact, operations
from assets.releases.evidence.passport.corpora import Corpora, corpora_of, credits_owed
from assets.releases.evidence.passport.costs import costs_of
from assets.releases.evidence.passport.decisions import decisions_of
from assets.releases.evidence.passport.proof import Proof
from assets.releases.evidence.passport.rosette import SIZE, rosette
from assets.releases.evidence.passport.trainings import trainings_of
from assets.releases.evidence.statements import reference, timestamp

PASSPORT = "passport.html"
TEMPLATES = Path(__file__).parent / "templates"
NOT_RECORDED = "not recorded"
MAX_CREDITS = 300
"""Rows of the page; the release's attributions.json has them all (our choice)."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence at the head of the page that was computed, with what it rests on."""

    holds: bool
    title: str
    text: str


def passport(lake: Lake, facts: Facts, proof: Proof, factors: Factors | None = None) -> str:
    """Return the page of a release."""
    lineage, corpora = Lineage.of(facts.chain), corpora_of(facts)
    style, program = asset("passport.css"), asset("passport.js")
    return environment().get_template("page.html").render(
        policy=content_policy(style, program),
        style=Markup(style),
        program=Markup(program),
        data=embedded({"artifacts": lineage.records()}),
        release=facts.release,
        reference=reference(facts.release),
        made=timestamp(facts.release.finished_at),
        model=facts.model,
        is_toy=facts.model.num_parameters() < TOY_PARAMETERS,
        claims=claims(facts, lineage, corpora),
        lineage=lineage,
        corpora=corpora,
        trainings=trainings_of(lake, facts, lineage.places),
        curves=curves,
        benchmarks=scores.benchmarks_of(lake, facts),
        score_width=scores.WIDTH,
        costs=costs_of(lineage.artifacts, factors),
        decisions=decisions_of(lake, facts, lineage.places),
        owed=credits_owed(lake, facts),
        max_credits=MAX_CREDITS,
        proof=proof,
        rosette=list(rosette(facts.release.digest)),
        rosette_size=SIZE,
    )  # fmt: skip


def claims(facts: Facts, lineage: Lineage, corpora: Corpora) -> tuple[Claim, ...]:
    """Return what an auditor asks first; a claim that does not hold is shown as that."""
    raw, misread = facts.all("corpora/raw"), lineage.misread()
    policy = facts.release.config["policy"]
    return (
        Claim(
            holds=not misread,
            title="Chain to the corpora",
            text="; ".join(misread[:3])
            or f"{len(facts.chain):,} artifacts down to {len(raw):,} raw corpora; every input was "
            "read with the digest it has.",
        ),
        Claim(
            holds=not corpora.refused,
            title="Licences",
            text=f"policy {policy} does not allow {', '.join(corpora.refused)}"
            if corpora.refused
            else f"Policy {policy} allows all {len(corpora.licences):,} licences that were read.",
        ),
        _decontaminated(facts),
        _scored(facts),
    )


def _decontaminated(facts: Facts) -> Claim:
    searched: list[Manifest] = facts.all("mixtures/decontaminated")
    removed = sum(m.counts["removed"] for m in searched)
    alarms = sum(m.counts.get("alarms", 0) for m in searched)
    return Claim(
        holds=bool(searched) and not alarms,
        title="Benchmarks kept out",
        text=f"{removed:,} documents that hold benchmark items were removed; {alarms:,} alarms."
        if searched
        else "The corpus was not searched for benchmark items.",
    )


def _scored(facts: Facts) -> Claim:
    near = [row for row in facts.scores if row.get("above_chance") is False]
    told = f"{len(near):,} of {len(facts.scores):,} scores are no better than guessing."
    if not facts.scores:
        told = "No scores are recorded."
    elif not near:
        told = "Every score that has a chance level is better than guessing."
    return Claim(holds=bool(facts.scores) and not near, title="Scores", text=told)


def content_policy(style: str, program: str) -> str:
    """Return a policy that allows our style and our program, by hash, and nothing else at all."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(program)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def embedded(value: object) -> Markup:
    """Return JSON that no text in it can break out of."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


@cache
def environment() -> Environment:
    """Return the templates: everything is escaped, and a name that is missing is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "compact": compact,
        "operations": operations,
        "share": _share,
        "number": _number,
        "or_gap": _or_gap,
        "score": _score,
    }
    return made


@cache
def asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _share(value: float | None) -> str:
    if value is None:
        return "\N{EN DASH}"
    if value == 0:
        return "0"
    return "<0.1%" if 0 < value < 0.0005 else f"{value:.1%}"


def _score(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _number(value: float | None) -> str:
    return NOT_RECORDED if value is None else f"{value:,.4g}" if value % 1 else f"{value:,.0f}"


def _or_gap(value: Any) -> Any:
    return value if value not in (None, "") else NOT_RECORDED
