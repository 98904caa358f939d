"""The documents of a pack, each generated from lineage alone: name -> text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from assets.lineage.factors import Factors
from assets.ports import Lake
from assets.releases.evidence.annex_iv import annex_iv
from assets.releases.evidence.annex_xi import annex_xi
from assets.releases.evidence.cyclonedx import cyclonedx
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.passport.page import PASSPORT, passport
from assets.releases.evidence.passport.proof import Proof
from assets.releases.evidence.shares import shares_record
from assets.releases.evidence.spdx import spdx
from assets.releases.evidence.statements import reference
from assets.releases.evidence.training_summary import training_summary


def documents(
    lake: Lake, facts: Facts, proof: Proof, factors: Factors | None = None
) -> Mapping[str, str]:
    """Return every document of a release's pack."""
    return {
        "evidence.json": _text(overview(facts)),
        "bom.cdx.json": _text(cyclonedx(facts)),
        "bom.spdx3.json": _text(spdx(facts)),
        "training-content-summary.md": training_summary(facts),
        "annex-xi-draft.md": annex_xi(facts),
        "annex-iv-draft.md": annex_iv(facts),
        PASSPORT: passport(lake, facts, proof, factors),
    }


def overview(facts: Facts) -> dict[str, Any]:
    """Return the table of contents: the release, the artifacts behind it, tokens per source."""
    release = facts.release
    return {
        "schema": "materia.evidence/1",
        "release": reference(release),
        "fingerprint": release.fingerprint,
        "digest": release.digest,
        "recipe": release.config["recipe"],
        "title": release.config["title"],
        "artifacts": [
            {"artifact": reference(m), "digest": m.digest, "files": len(m.files)}
            for m in facts.chain
        ],
        "token_shares": shares_record(facts.shares),
    }


def _text(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
