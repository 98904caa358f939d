"""What a receipt of forgotten documents says: every search, what it found, and what stays.

It claims no more than was looked at: what keeps the documents by design (mode `restart`), what was
not searched, and what older artifacts still hold, stands in it by name.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Search:
    """One search of one artifact."""

    artifact: str
    digest: str
    kind: str
    """documents (ids and hashes of texts), tokens, near copies, readings, attributions."""
    looked_at: int
    """Rows, texts or tokens read."""
    found: int
    told: tuple[str, ...]
    by_design: bool = False
    """Mode `restart` leaves the documents here: named, and no failure."""


@dataclass(kw_only=True)
class Receipt:
    """What a receipt says; `is_clean` is its verdict."""

    recipe: str
    requests: list[dict[str, Any]]
    num_documents: int
    searches: list[Search] = field(default_factory=list)
    not_searched: list[str] = field(default_factory=list)
    residual: list[dict[str, Any]] = field(default_factory=list)
    older: list[dict[str, Any]] = field(default_factory=list)
    """Artifacts that are no part of the recipe as it stands and hold the documents still."""
    controls: list[dict[str, Any]] = field(default_factory=list)
    """The same search for tokens in older shards that do hold them: it has to find them there."""
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        return {
            **vars(self),
            "searches": [asdict(search) for search in self.searches],
            "is_clean": self.is_clean,
        }
