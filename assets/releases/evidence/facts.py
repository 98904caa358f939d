"""What the documents of a pack are written from: lineage, gathered once, read by all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assets.lineage.manifest import Manifest
from assets.lineage.tables import document
from assets.ports import Lake
from assets.releases.evidence.shares import Share, token_shares
from model.config import ModelConfig


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One release, all that went into it, and who signs for it."""

    release: Manifest
    chain: tuple[Manifest, ...]
    shares: tuple[Share, ...]
    scores: tuple[dict[str, Any], ...]
    """Rows of the scorecard."""
    signer: str

    @classmethod
    def gathered(
        cls, lake: Lake, release: Manifest, chain: Sequence[Manifest], signer: str
    ) -> Facts:
        """Read what is needed from the lake; raises LineageError when shares do not add up."""
        shares = token_shares(lake, chain, release.config["sources"])
        cards = [m for m in chain if (m.family, m.name) == ("reports", "scorecard")]
        scores = [row for m in cards for row in document(lake, m, "scorecard.json")["scores"]]
        return cls(
            release=release,
            chain=tuple(chain),
            shares=shares,
            scores=tuple(scores),
            signer=signer,
        )

    @property
    def sources(self) -> list[dict[str, Any]]:
        """Catalogue entries of every source that the recipe names, by name."""
        return sorted(self.release.config["sources"], key=lambda entry: str(entry["name"]))

    @cached_property
    def model(self) -> ModelConfig:
        return ModelConfig.from_dict(self.release.config["model"])

    @cached_property
    def raw(self) -> dict[str, Manifest]:
        """The raw artifact of each source."""
        return {m.config["source"]["name"]: m for m in self.all("corpora/raw")}

    def all(self, node: str) -> list[Manifest]:
        return [m for m in self.chain if f"{m.family}/{m.name}" == node]

    @property
    def trainings(self) -> list[Manifest]:
        """The artifacts that training made, in the order of the stages."""
        found = [m for m in self.chain if m.family in ("checkpoints", "models")]
        depth = {m.fingerprint: self._depth(m) for m in found}
        return sorted(found, key=lambda m: depth[m.fingerprint])

    def of_source(self, name: str) -> list[Share]:
        return [share for share in self.shares if share.source == name]

    def licences(self, entry: dict[str, Any]) -> list[str]:
        """Return the licences of what was read of a source, else the one it declares."""
        return sorted({s.licence for s in self.of_source(entry["name"])}) or [entry["licence"]]

    def _depth(self, manifest: Manifest) -> int:
        known = {m.fingerprint: m for m in self.chain}
        before = [
            known[record.fingerprint]
            for record in manifest.inputs
            if record.family in ("checkpoints", "models") and record.fingerprint in known
        ]
        return 1 + max((self._depth(m) for m in before), default=0)


def tokens_of(shares: Sequence[Share]) -> int:
    return sum(share.tokens_read for share in shares)


def share_properties(shares: Sequence[Share]) -> list[tuple[str, str]]:
    """Return names and values that both bills of materials give: tokens and share per stage."""
    rows: list[tuple[str, str]] = []
    for share in shares:
        name = f"materia:{share.stage}:{share.licence}"
        rows += [
            (f"{name}:documents", str(share.documents)),
            (f"{name}:tokens_read", str(share.tokens_read)),
            (f"{name}:share", f"{share.share:.6f}"),
        ]
    return rows
