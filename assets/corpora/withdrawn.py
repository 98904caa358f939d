"""corpora/withdrawn: which documents may no longer be used, as people have written it down.

Lists (.csv, .tsv, .jsonl) lie in the folder inbox/withdrawn. A row names a document by source and
native id, by doc_id, or by the hash of its text, and says why. What cannot be read is quarantined
and fails a check: a withdrawal that is overlooked is worse than one too many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from assets.corpora.snapshot import Snapshot, resolve
from assets.corpora.sources import SOURCES
from assets.corpora.withdrawal_lists import QUARANTINE_SCHEMA, ROW_SCHEMA, read_list
from assets.lineage.canonical import sha256_of_file
from assets.lineage.workspace import Outcome, Workspace

FOLDER = "withdrawn"
"""Below the inbox, beside the folders of sources."""
PATTERNS = ("*.csv", "*.tsv", "*.jsonl")

WITHDRAWN_SCHEMA = ROW_SCHEMA
"""Columns of withdrawn.parquet, all text; an empty one names nothing."""


def resolve_withdrawn(inbox_root: Path) -> Snapshot:
    """List and hash the lists there are; none is a valid snapshot."""
    folder = replace(SOURCES["inbox"], name=FOLDER, files=PATTERNS)
    return resolve(folder, inbox_root)


def make_withdrawn(files: Mapping[str, object]) -> Callable[[Workspace], Outcome]:
    """Return the work of corpora/withdrawn over a snapshot's local paths (`Snapshot.paths`)."""

    def work(ws: Workspace) -> Outcome:
        rows: list[dict[str, str]] = []
        faults: list[dict[str, str | int]] = []
        read = 0
        for entry in ws.config["snapshot"]["files"]:
            name = entry["path"]
            path = files.get(name)
            if not isinstance(path, Path) or sha256_of_file(path) != entry["sha256"]:
                raise ValueError(
                    f"the list of withdrawn documents {name} has changed since its snapshot: "
                    "materialize corpora/withdrawn again"
                )
            found = read_list(path, name)
            read += found.read
            rows += found.rows
            faults += found.faults
        withdrawn = pl.DataFrame(rows, schema=ROW_SCHEMA).sort(
            "source", "native_id", "doc_id", "text_hash", "file", "line"
        )
        quarantine = pl.DataFrame(faults, schema=QUARANTINE_SCHEMA).sort("file", "line")
        assert read == withdrawn.height + quarantine.height, "a row was lost"
        withdrawn.write_parquet(ws.out("withdrawn.parquet"), compression="zstd")
        quarantine.write_parquet(ws.out("quarantine.parquet"), compression="zstd")
        return Outcome(
            counts={
                "files": len(ws.config["snapshot"]["files"]),
                "read": read,
                "withdrawn": withdrawn.height,
                "quarantined": quarantine.height,
            },
            summary=_summary(withdrawn, quarantine),
        )

    return work


def _summary(withdrawn: pl.DataFrame, quarantine: pl.DataFrame) -> str:
    sources = withdrawn.group_by("source").len().sort("source").iter_rows()
    faults = [
        f"| {row['file']} | {row['line']} | {row['reason']} |"
        for row in quarantine.head(20).iter_rows(named=True)
    ]
    return "\n".join(
        [
            f"{withdrawn.height:,} rows withdraw documents; {quarantine.height:,} rows could not "
            "be understood.",
            "",
            "| source | rows |",
            "| --- | ---: |",
            *[f"| {source or 'by doc_id or text_hash'} | {count:,} |" for source, count in sources],
            *(["", "| file | line | fault |", "| --- | ---: | --- |", *faults] if faults else []),
        ]
    )
