"""Which licences a policy lets into a recipe: SPDX expressions, decided by a pure function.

`research`: kept inside, not for money. `commercial`: used for money, weights kept inside.
`weights-public`: weights given to anyone. What is not in the table is refused under all three.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, get_args

import polars as pl

from assets.corpora.licence_table import LICENCES, Licence
from assets.recipes.data import LicencePolicy

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

POLICIES: tuple[LicencePolicy, ...] = get_args(LicencePolicy)
MAX_EXPRESSION_CHARS = 512
"""A longer one is no licence but a text (our choice)."""
_MAX_DEPTH = 16

_TOKEN = re.compile(r"[()]|[A-Za-z0-9][A-Za-z0-9.+-]*")
_FOLDED = {name.casefold(): licence for name, licence in LICENCES.items()}
_SHOWN_CHARS = 80


class LicenceViolation(ValueError):
    """Documents whose licence the recipe's policy does not allow."""

    def __init__(self, message: str, *, count: int, doc_id: str, licence: str) -> None:
        super().__init__(message)
        self.count, self.doc_id, self.licence = count, doc_id, licence


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether a policy allows a licence expression, and why."""

    allowed: bool
    reason: str
    terms: tuple[Licence, ...] = ()
    """Licences whose obligations are taken on; the chosen side of an OR. Empty when refused."""


def decide(expression: str, policy: LicencePolicy) -> Decision:
    """Decide an SPDX expression: every side of an AND must be allowed, one side of an OR.

    Never raises for what a document may hold; raises ValueError for a policy there is not.
    """
    if policy not in POLICIES:
        raise ValueError(f"no licence policy {policy!r}: choose from {', '.join(POLICIES)}")
    if not expression.strip():
        return Decision(allowed=False, reason="no licence is stated")
    tokens = _TOKEN.findall(expression) if len(expression) <= MAX_EXPRESSION_CHARS else []
    if not tokens or "".join(tokens) != "".join(expression.split()):
        return Decision(allowed=False, reason="not a licence expression")
    try:
        return _Parser(tokens, policy).whole()
    except _NoExpression as fault:
        return Decision(allowed=False, reason=f"not a licence expression: {fault}")


def decide_one(licence: Licence, policy: LicencePolicy) -> Decision:
    """Decide a single known licence."""
    allowed = {
        "research": True,
        "commercial": licence.commercial,
        "weights-public": licence.weights_public,
    }[policy]
    verb = "allows" if allowed else "does not allow"
    return Decision(
        allowed=allowed,
        reason=f"{licence.id} {verb} {policy} ({licence.basis})",
        terms=(licence,) if allowed else (),
    )


def enforce(documents: pl.DataFrame | pl.LazyFrame, policy: LicencePolicy) -> pl.DataFrame:
    """Return documents per source and licence when the policy allows them all.

    Raises LicenceViolation with how many it does not allow, and one of them.
    """
    return enforce_held(held_licences(documents), policy)


def held_licences(documents: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Return source, licence, documents, doc_id (the first one): what a part of a corpus holds."""
    return (
        documents.lazy()
        .group_by("source", pl.col("licence").fill_null(""))
        .agg(pl.len().cast(pl.Int64).alias("documents"), pl.col("doc_id").min())
        .sort("source", "licence")
        .collect(engine="streaming")
    )


def enforce_held(held: pl.DataFrame, policy: LicencePolicy) -> pl.DataFrame:
    """Judge what the parts of a corpus hold, put one below the other; see enforce."""
    held = (
        held.group_by("source", "licence")
        .agg(pl.col("documents").sum(), pl.col("doc_id").min())
        .sort("source", "licence")
    )
    decisions = {name: decide(name, policy) for name in held["licence"].unique().to_list()}
    names = [name for name, decision in decisions.items() if not decision.allowed]
    refused = held.filter(pl.col("licence").is_in(names))
    if refused.height:
        _raise(refused, int(held["documents"].sum()), policy, decisions)
    return held.drop("doc_id")


def select(documents: Frame, accepted: Sequence[str]) -> tuple[Frame, Frame]:
    """Return the documents under the licences a recipe accepts from a source, and the others."""
    check_accepted(accepted)
    is_accepted = pl.col("licence").is_in(list(accepted)).fill_null(False)
    return documents.filter(is_accepted), documents.filter(~is_accepted)


def check_accepted(accepted: Sequence[str]) -> None:
    """Raise ValueError for a licence that a recipe accepts and the table does not describe."""
    unknown = [name for name in accepted if not decide(name, "research").allowed]
    if unknown:
        raise ValueError(
            f"the recipe accepts {', '.join(map(_shown, unknown))}, which no row of "
            "assets/corpora/licence_table.py describes: add it there or correct the name"
        )


def _raise(
    refused: pl.DataFrame,
    total: int,
    policy: LicencePolicy,
    decisions: dict[str, Decision],
) -> None:
    count, first = int(refused["documents"].sum()), refused.row(0, named=True)
    licence = str(first["licence"])
    groups = ", ".join(
        f"{row['documents']:,} of {row['source']} under {_shown(row['licence'])}"
        for row in refused.head(5).iter_rows(named=True)
    )
    raise LicenceViolation(
        f"policy {policy} does not allow {count:,} of {total:,} documents ({groups}); for example "
        f"{first['doc_id']} of {first['source']} under {_shown(licence)}: "
        f"{decisions[licence].reason}. Name the licences to take from that source in the recipe, "
        "leave the source out, or choose another policy",
        count=count,
        doc_id=str(first["doc_id"]),
        licence=licence,
    )


def _shown(licence: str) -> str:
    text = licence if len(licence) <= _SHOWN_CHARS else licence[:_SHOWN_CHARS] + "..."
    return text if text.isascii() and text.isprintable() and text else repr(text)


class _NoExpression(ValueError):
    """The tokens are not an expression of the SPDX grammar."""


class _Parser:
    """Recursive descent over `or := and (OR and)*; and := one (AND one)*; one := id [WITH id]`."""

    def __init__(self, tokens: Sequence[str], policy: LicencePolicy) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0
        self._policy = policy

    def whole(self) -> Decision:
        decision = self._either()
        if self._at < len(self._tokens):
            raise _NoExpression(f"{self._tokens[self._at]!r} is one word too many")
        return decision

    def _either(self) -> Decision:
        sides = [self._both()]
        while self._take("OR"):
            sides.append(self._both())
        allowed = [side for side in sides if side.allowed]
        if allowed:
            # Of several, the one that asks for least; the first of those.
            return min(allowed, key=lambda side: sum(term.share_alike for term in side.terms))
        return Decision(allowed=False, reason="; ".join(side.reason for side in sides))

    def _both(self) -> Decision:
        sides = [self._one()]
        while self._take("AND"):
            sides.append(self._one())
        refused = [side for side in sides if not side.allowed]
        if refused:
            return Decision(allowed=False, reason="; ".join(side.reason for side in refused))
        terms = dict.fromkeys(term for side in sides for term in side.terms)
        reason = "; ".join(side.reason for side in sides)
        return Decision(allowed=True, reason=reason, terms=tuple(terms))

    def _one(self) -> Decision:
        if self._take("("):
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise _NoExpression("too many brackets")
            inner = self._either()
            if not self._take(")"):
                raise _NoExpression("a bracket is not closed")
            self._depth -= 1
            return inner
        name = self._name()
        if self._take("WITH"):
            self._name()  # an exception only adds to what the licence allows
        licence = _FOLDED.get(name.casefold())
        if licence is None:
            return Decision(
                allowed=False,
                reason=f"{_shown(name)} is not in assets/corpora/licence_table.py: nobody has said "
                "what it allows",
            )
        return decide_one(licence, self._policy)

    def _name(self) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at] in {"(", ")", "AND", "OR"}:
            raise _NoExpression("a licence is missing")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == word:
            self._at += 1
            return True
        return False
