"""corpora/raw[source]: the snapshot's files, byte for byte, under files/."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from assets.lineage.workspace import Outcome, Workspace

FILES_DIR = "files"
"""Folder of the artifact below which each file keeps the path it has in its snapshot."""

_CHUNK_BYTES = 1 << 20


class SnapshotChanged(RuntimeError):
    """A file is no longer what it was when its snapshot was taken."""


def make_raw(files: Mapping[str, Path]) -> Callable[[Workspace], Outcome]:
    """Return the work of corpora/raw over a snapshot's local paths (`Snapshot.paths`)."""

    def work(ws: Workspace) -> Outcome:
        source, entries = ws.config["source"], ws.config["snapshot"]["files"]
        if not entries:
            raise ValueError(
                f"source {source['name']} has no file like {' or '.join(source['files'])}: put one "
                "into its folder"
            )
        for entry in entries:
            name = entry["path"]
            if name not in files:
                raise SnapshotChanged(f"{source['name']}: no local path for {name}: resolve again")
            ws.progress(f"{source['name']}: copying {name} ({entry['size_bytes']:,} bytes)")
            try:
                found = _copy(files[name], ws.out(f"{FILES_DIR}/{name}"))
            except FileNotFoundError:
                found = "gone"
            if found != entry["sha256"]:
                raise SnapshotChanged(
                    f"{source['name']}: {name} has changed since its snapshot "
                    f"(sha256 {found[:12]}, was {entry['sha256'][:12]}): materialize it again"
                )
        total = sum(entry["size_bytes"] for entry in entries)
        return Outcome(
            counts={"files": len(entries), "bytes": total},
            summary=_summary(ws, total),
        )

    return work


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(_CHUNK_BYTES):
            digest.update(chunk)
            writing.write(chunk)
    return digest.hexdigest()


def _summary(ws: Workspace, total: int) -> str:
    source, snapshot = ws.config["source"], ws.config["snapshot"]
    origin = f"{source['package'] or source['origin']} {snapshot['version']}".strip()
    rows = [f"| {f['path']} | {f['size_bytes']:,} |" for f in snapshot["files"][:20]]
    return "\n".join(
        [
            f"**{source['title']}** ({source['licence']}), {len(snapshot['files'])} files, "
            f"{total:,} bytes, from {origin}.",
            "",
            source["citation"],
            "",
            "| file | bytes |",
            "| --- | ---: |",
            *rows,
        ]
    )
