"""What an asset check is here: a named truth about a committed artifact, and its verdict.

Pure: reads the artifact through the lake. Each family lists its own in its checks.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assets.lineage.manifest import Manifest
from assets.ports import Lake


@dataclass(frozen=True, kw_only=True)
class Verdict:
    passed: bool
    reason: str
    facts: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One asset check, named by the truth that holds when it passes."""

    name: str
    description: str
    run: Callable[[Manifest, Lake], Verdict]
    blocking: bool = True
    """A failing one stops everything downstream in the same run."""
