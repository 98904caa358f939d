"""A step: what an artifact is asked to be, and therefore its fingerprint. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from assets.lineage.canonical import sha256_of
from assets.lineage.manifest import FINGERPRINT_CHARS, artifact_key


@dataclass(frozen=True, kw_only=True)
class Step:
    """One node of the graph for one partition, with all that stands above it."""

    family: str
    name: str
    partition: str
    code_version: str
    config: Mapping[str, Any]
    """JSON literals only; they are the identity."""
    inputs: tuple[Step, ...] = field(default=())

    @property
    def key(self) -> str:
        return artifact_key(self.family, self.name, self.partition)

    @property
    def node(self) -> str:
        return f"{self.family}/{self.name}"

    @property
    def short(self) -> str:
        return self.fingerprint[:FINGERPRINT_CHARS]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of {node, config literals, code version, fingerprints of inputs}."""
        return fingerprint_of(
            self.node,
            self.config,
            self.code_version,
            [(step.node, step.fingerprint) for step in self.inputs],
        )


def fingerprint_of(
    node: str,
    config: Mapping[str, Any],
    code_version: str,
    inputs: Sequence[tuple[str, str]],
) -> str:
    """Return the identity of an artifact; inputs are (node, fingerprint) in declared order."""
    return sha256_of(
        {
            "node": node,
            "config": config,
            "code_version": code_version,
            "inputs": [list(pair) for pair in inputs],
        }
    )
