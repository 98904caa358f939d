"""The documents of a pack, each generated from lineage alone: name -> text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assets.lineage.manifest import Manifest
from assets.ports import Lake
from assets.releases.evidence.statements import reference


def documents(lake: Lake, release: Manifest, chain: Sequence[Manifest]) -> Mapping[str, str]:
    """Return every document of a release's pack."""
    return {"evidence.json": _text(overview(release, chain))}


def overview(release: Manifest, chain: Sequence[Manifest]) -> dict[str, Any]:
    """Return the table of contents: the release and the artifacts behind it."""
    return {
        "schema": "materia.evidence/1",
        "release": reference(release),
        "fingerprint": release.fingerprint,
        "digest": release.digest,
        "recipe": release.config["recipe"],
        "title": release.config["title"],
        "artifacts": [
            {"artifact": reference(m), "digest": m.digest, "files": len(m.files)} for m in chain
        ],
    }


def _text(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
