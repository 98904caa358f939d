"""The table of all rules, in the order in which they are asked; the first that fails is the reason.

Docs and reports are made from it. Gopher's rules judge all prose; the rules for pages judge prose
of web sources that has lines (layout.py); code and terms have their own.
"""

from __future__ import annotations

import polars as pl

from assets.corpora.cleaning.code import CODE_RULES
from assets.corpora.cleaning.gopher import QUALITY_RULES, REPETITION_RULES
from assets.corpora.cleaning.layout import LAYOUT_RULES
from assets.corpora.cleaning.rule import C4, Rule
from assets.corpora.cleaning.terms import TERM_RULES

PLACEHOLDER = Rule(
    name="placeholder_text",
    kind="prose",
    measures='"lorem ipsum" anywhere',
    threshold="any",
    source=C4,
    fails=pl.col("text").str.contains_any(["lorem ipsum"], ascii_case_insensitive=True),
)

RULES: tuple[Rule, ...] = (
    *QUALITY_RULES,
    PLACEHOLDER,
    *REPETITION_RULES,
    *LAYOUT_RULES,
    *TERM_RULES,
    *CODE_RULES,
)

NO_TEXT, NOT_ALLOWED, ONLY_BOILERPLATE = "no_text", "language_not_allowed", "only_boilerplate"
"""Reasons outside the table: an empty text, a language the source does not stand for, nothing left
when boilerplate is gone."""


def reason_of(rules: tuple[Rule, ...]) -> pl.Expr:
    """Return the name of the first rule that fails, empty if none does."""
    failed = [
        pl.when((pl.col("kind") == rule.kind) & _judged(rule) & rule.fails).then(pl.lit(rule.name))
        for rule in rules
    ]
    return pl.coalesce(*failed, pl.lit(""))


def _judged(rule: Rule) -> pl.Expr:
    return pl.col("page") if rule.layout_only else pl.lit(value=True)


def rules_table() -> str:
    """Return RULES as a Markdown table."""
    rows = [
        f"| {rule.name} | {rule.kind}{', pages' if rule.layout_only else ''} | {rule.measures} "
        f"| {rule.threshold} | {rule.source} |"
        for rule in RULES
    ]
    head = "| reason | judges | what is measured | dropped if | source |\n|---|---|---|---|---|"
    return "\n".join([head, *rows]) + "\n"
