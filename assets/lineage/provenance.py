"""Who, where and with what an artifact was made; gathered once per process, passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Provenance:
    git_commit: str
    git_dirty: bool
    packages: Mapping[str, str]
    host: str
    dagster_run_id: str
    machine: str = ""
    """Processor and number of cores."""
    code_digest: str = ""
    """Hash of the program's source files."""
