"""A draft in which every statement names the artifact it comes from, and every gap is a gap.

What lineage does not know is asked of the provider; it is never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.lineage.manifest import Manifest
from assets.releases.evidence.statements import reference

TO_FILL_IN = "**To fill in by the provider:**"
MAX_NAMED = 12
"""Artifacts named after one statement; the pack has them all (our choice)."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One sentence and what proves it."""

    text: str
    evidence: tuple[Manifest, ...]

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"statement without an artifact it comes from: {self.text!r}")

    def line(self) -> str:
        named = [f"[{reference(m)}]" for m in self.evidence[:MAX_NAMED]]
        more = len(self.evidence) - MAX_NAMED
        return f"- {_one_line(self.text)} {' '.join(named)}" + (
            f" and {more} more of its kind in `manifests/`" if more > 0 else ""
        )


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What only the provider knows."""

    text: str

    def line(self) -> str:
        return f"- {TO_FILL_IN} {_one_line(self.text)}"


@dataclass(frozen=True, kw_only=True)
class Section:
    heading: str
    lines: tuple[Statement | Gap, ...]


def state(text: str, *evidence: Manifest) -> Statement:
    return Statement(text=text, evidence=evidence)


def render(title: str, intro: str, sections: Sequence[Section]) -> str:
    """Return Markdown: the title, what this is and is not, then statements and gaps."""
    parts = [f"# {title}", intro]
    for section in sections:
        if not section.lines:
            raise ValueError(f"section {section.heading!r} says nothing, not even what is missing")
        parts += [f"## {section.heading}", "\n".join(line.line() for line in section.lines)]
    return "\n\n".join(parts) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())
