"""From what a person types to an artifact: releases/release[tiny], or node@fingerprint."""

from __future__ import annotations

import re

from assets.lineage.manifest import Manifest
from assets.ports import Lake
from assets.recipes.code_versions import CODE_VERSIONS
from assets.recipes.resolve import resolve_step

_REFERENCE = re.compile(
    r"(?P<node>[a-z0-9._-]+/[a-z0-9._-]+)(\[(?P<partition>[a-z0-9._-]*)\]|@(?P<print>[0-9a-f]+))?"
)


def parse_reference(text: str) -> tuple[str, str, str]:
    """Return (node, partition, fingerprint prefix); raises ValueError with an example."""
    match = _REFERENCE.fullmatch(text)
    if match is None or match["node"] not in CODE_VERSIONS:
        raise ValueError(
            f"{text!r} names no artifact: write for example 'releases/release[tiny]'; "
            f"nodes are {', '.join(CODE_VERSIONS)}"
        )
    return match["node"], match["partition"] or "", match["print"] or ""


def find_artifact(text: str, lake: Lake) -> Manifest:
    """Return the artifact a reference stands for today, else the newest of that name.

    Raises ValueError when the reference is malformed, LookupError when nothing is committed.
    """
    node, partition, prefix = parse_reference(text)
    family, name = node.split("/")
    if not prefix:
        try:
            step = resolve_step(node, partition, lake)
        except ValueError:
            step = None
        current = lake.find(family, name, step.fingerprint) if step else None
        if current is not None:
            return current
    for address in reversed(lake.addresses(family, name)):
        if address.fingerprint.startswith(prefix) and (prefix or address.partition == partition):
            found = lake.find(family, name, address.fingerprint)
            if found is not None:
                return found
    raise LookupError(f"{text} is not in the lake {lake.root}: materialize it first")
