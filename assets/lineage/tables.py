"""Read a committed artifact's tables through the lake, for checks and audits."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from assets.lineage.checks import Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.workspace import table_paths
from assets.ports import Lake


def table(
    lake: Lake, manifest: Manifest, name: str, columns: list[str] | None = None
) -> pl.DataFrame:
    """Return a table of an artifact, in one file or in parts; raises KeyError when it has none."""
    frame = scan(lake, manifest, name)
    return (frame if columns is None else frame.select(columns)).collect()


def scan(lake: Lake, manifest: Manifest, name: str) -> pl.LazyFrame:
    """Return a table that is not yet loaded; raises KeyError when there is none."""
    paths = table_paths(manifest, name.removesuffix(".parquet"))
    return pl.scan_parquet([lake.fetch(manifest, manifest.file(path)) for path in paths])


def has_table(manifest: Manifest, name: str) -> bool:
    return any(
        entry.path == f"{name}.parquet" or entry.path.startswith(f"{name}/")
        for entry in manifest.files
    )


def document(lake: Lake, manifest: Manifest, name: str) -> Any:
    """Return a JSON file of an artifact."""
    return json.loads(lake.fetch(manifest, manifest.file(name)).read_text())


def has_file(manifest: Manifest, name: str) -> bool:
    return any(entry.path == name for entry in manifest.files)


def sums_to(manifest: Manifest, whole: str, *parts: str) -> Verdict:
    """Return whether a count equals the sum of others; one that nobody counted fails."""
    missing = [name for name in (whole, *parts) if name not in manifest.counts]
    if missing:
        return Verdict(passed=False, reason=f"not counted: {', '.join(missing)}")
    counts = {name: manifest.counts[name] for name in (whole, *parts)}
    total = sum(counts[name] for name in parts)
    return Verdict(
        passed=counts[whole] == total,
        reason=f"{whole} {counts[whole]} against {' + '.join(parts)} = {total}",
        facts=counts,
    )
