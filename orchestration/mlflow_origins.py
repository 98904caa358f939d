"""Where an artifact's content comes from, as tags to search runs by: sources and licences.

    materia.source.hpo = "true"
    materia.licence.CC-BY-SA-3.0 = "true"

Read from the lineage alone: the raw corpora above an artifact, with the licences their catalogue
entries state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from assets.lineage.manifest import Manifest
from assets.ports import Lake

Origins = Callable[[Manifest], Mapping[str, str]]

SOURCE_PREFIX = "materia.source."
LICENCE_PREFIX = "materia.licence."
_RAW = ("corpora", "raw")
_OPERATORS = frozenset({"AND", "OR", "WITH"})
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")


def no_origins(manifest: Manifest) -> Mapping[str, str]:
    """Say nothing: for a tracker that has no lake at hand."""
    return {}


def origins_in(lake: Lake) -> Origins:
    """Return a function from an artifact to its tags; what it learns it keeps, as lineage is
    never rewritten."""
    known: dict[str, Mapping[str, str]] = {}

    def find(manifest: Manifest) -> Mapping[str, str]:
        if manifest.fingerprint not in known:
            found = dict(_own(manifest))
            for record in manifest.inputs:
                above = lake.find(record.family, record.name, record.fingerprint)
                # An input that is gone takes its origins with it; `materia verify` says so.
                found |= find(above) if above is not None else {}
            known[manifest.fingerprint] = dict(sorted(found.items()))
        return known[manifest.fingerprint]

    return find


def licence_names(expression: str) -> list[str]:
    """Return the identifiers of an SPDX expression, each once."""
    names = _IDENTIFIER.findall(expression)
    return list(dict.fromkeys(name for name in names if name not in _OPERATORS))


def licence_tag(name: str) -> str:
    # MLflow's keys have no plus sign, which SPDX puts after a version: GPL-2.0+.
    return LICENCE_PREFIX + name.replace("+", "-or-later")


def _own(manifest: Manifest) -> dict[str, str]:
    if (manifest.family, manifest.name) != _RAW:
        return {}
    source = manifest.config["source"]
    licences = {licence_tag(name): "true" for name in licence_names(source["licence"])}
    return {f"{SOURCE_PREFIX}{source['name']}": "true", **licences}
