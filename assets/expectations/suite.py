"""What a suite is: a table of expectations in words and in arguments, and what came of them.

Pure data. The engine that evaluates them is in engine.py; nothing here imports it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning"]

_COLUMN_KEYS = ("column", "column_A", "column_B")
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """One thing that is expected of a table."""

    type: str
    """Class name in great_expectations.expectations."""
    says: str
    """The same in words, with the source of a threshold."""
    severity: Severity = "critical"
    """A critical one stops what comes after; a warning is shown."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it is about; none for the whole table."""
        return tuple(str(self.kwargs[key]) for key in _COLUMN_KEYS if key in self.kwargs)

    @property
    def name(self) -> str:
        """Its name as people know it from Great Expectations, without the first word."""
        words = _CAPITAL.sub("_", self.type.removeprefix("Expect")).lower()
        return f"{words}({', '.join(self.columns)})"


@dataclass(frozen=True, kw_only=True)
class Suite:
    """The expectations of one stored table."""

    name: str
    title: str
    table: str
    """Name of the table in its artifact, without the ending."""
    text_columns: tuple[str, ...] = ()
    """Columns whose values never reach the engine: measures.py turns them into numbers."""
    expectations: tuple[Expectation, ...]

    def __post_init__(self) -> None:
        names = [(e.name, repr(sorted(e.kwargs.items()))) for e in self.expectations]
        if len(set(names)) != len(names):
            raise ValueError(f"suite {self.name} expects the same thing twice: remove one of them")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What came of one expectation: counts and numbers, never a value of the table."""

    name: str
    says: str
    severity: Severity
    columns: tuple[str, ...]
    success: bool
    evaluated: int
    """Rows that were looked at."""
    unexpected: int
    """Rows among them that are not as expected; 0 for an expectation of the whole table."""
    observed: float | None = None
    """A number that the engine observed over the whole column, such as a mean."""
    note: str = ""
    """Why it could not be evaluated; such a finding is no success."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A suite's findings over one table."""

    suite: str
    title: str
    table: str
    rows: int
    rows_validated: int
    """Fewer than rows when the table is larger than the engine's cap."""
    findings: tuple[Finding, ...]

    def unsuccessful(self, severity: Severity | None = None) -> tuple[Finding, ...]:
        return tuple(
            finding
            for finding in self.findings
            if not finding.success and severity in (None, finding.severity)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the plain dictionary that results.json holds."""
        return asdict(self)
