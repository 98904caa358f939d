"""Counts what audits got right: claims that were made and are true, invented, and missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Score:
    """One audit, over all that it was asked."""

    audit: str
    asked: int = 0
    right: int = 0
    invented: list[Any] = field(default_factory=list)
    missing: list[Any] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, about: str, said: Iterable[Any], true: Iterable[Any]) -> None:
        """Hold what an audit said of something against the truth."""
        claims, wanted = set(said), set(true)
        self.asked += 1
        self.right += len(claims & wanted)
        self.kinds.update(str(claim[0]) for claim in claims & wanted)
        self.invented += [(about, claim) for claim in claims - wanted]
        self.missing += [(about, claim) for claim in wanted - claims]

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.invented))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missing))

    def settle(self) -> None:
        """Print what came out; fails unless every claim is right and none is missing."""
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.kinds.items()))
        print(
            f"\n{self.audit}: asked {self.asked:,}; claims {self.right:,}, recall "
            f"{self.recall:.2%}, precision {self.precision:.2%} ({kinds})"
        )
        assert self.right, f"{self.audit} said nothing that is true"
        assert not self.invented, f"{len(self.invented)} invented, first {self.invented[:3]}"
        assert not self.missing, f"{len(self.missing)} missing, first {self.missing[:3]}"
