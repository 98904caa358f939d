"""Artifacts written by hand, file by file, to be judged by asset checks."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from assets.fakes import FakeLake, commit_folder
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import InputRecord, Manifest


@dataclass(frozen=True, kw_only=True)
class Case:
    """One artifact and what one check has to say about it."""

    check: str
    passes: bool
    says: str
    """Part of the verdict's reason."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.check}: {self.says}"


def judge(folder: Path, node: str, checks: Sequence[Check], case: Case) -> Verdict:
    """Commit the case's artifact and return the verdict of the check that the case names."""
    lake = FakeLake(folder / "lake")
    manifest = commit_folder(lake, node, case.files, **case.config)
    (check,) = [check for check in checks if check.name == case.check]
    return check.run(replace(manifest, counts=case.counts, metrics=case.metrics), lake)


def both_ways(cases: Sequence[Case]) -> set[str]:
    """Return the checks that some case passes and another fails."""
    passed = {case.check for case in cases if case.passes}
    failed = {case.check for case in cases if not case.passes}
    return passed & failed


def link(lake: FakeLake, consumer: Manifest, *inputs: Manifest) -> Manifest:
    """Commit an artifact again as one that read others."""
    records = tuple(
        InputRecord(
            family=each.family,
            name=each.name,
            partition=each.partition,
            fingerprint=each.fingerprint,
            digest=each.digest,
            files_read=each.files,
        )
        for each in inputs
    )
    linked = replace(consumer, inputs=records)
    lake.committed[consumer.family, consumer.name, consumer.fingerprint] = linked
    return linked


def parquet(rows: Sequence[Mapping[str, Any]], **types: Any) -> bytes:
    """Return a table's bytes; `types` are those of columns whose values do not tell."""
    buffer = io.BytesIO()
    pl.DataFrame(rows, schema_overrides=types).write_parquet(buffer)
    return buffer.getvalue()


def encoded(content: Any) -> bytes:
    """Return a JSON file's bytes."""
    return json.dumps(content).encode()
