"""corpora/raw[source]: the snapshot's files, byte for byte, under files/.

Everything is copied in pieces: memory does not depend on the size of a file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from assets.corpora.places import Dataset, RemoteFile, etag_of, open_bucket
from assets.corpora.readers.record import Fields
from assets.corpora.stored_datasets import export_dataset
from assets.lineage.workspace import Outcome, Workspace

FILES_DIR = "files"
"""Folder of the artifact below which each file keeps the path it has in its snapshot."""

_CHUNK_BYTES = 1 << 20
_MD5 = re.compile(r"[0-9a-f]{32}")
"""An ETag of this form is the content's MD5; that of an upload in parts is not."""


class SnapshotChanged(RuntimeError):
    """A file is no longer what it was when its snapshot was taken."""


def make_raw(
    files: Mapping[str, Path | RemoteFile], dataset: Dataset | None = None
) -> Callable[[Workspace], Outcome]:
    """Return the work of corpora/raw over `Snapshot.paths` and, if there is one, its data set."""

    def work(ws: Workspace) -> Outcome:
        source, entries = ws.config["source"], ws.config["snapshot"]["files"]
        if source["origin"] == "hub":
            return _export(ws, dataset)
        if not entries:
            where = "prefix" if source["origin"] == "s3" else "folder"
            raise ValueError(
                f"source {source['name']} has no file like {' or '.join(source['files'])}: put one "
                f"into its {where}"
            )
        for entry in entries:
            name = entry["path"]
            if name not in files:
                raise SnapshotChanged(f"{source['name']}: no local path for {name}: resolve again")
            ws.progress(f"{source['name']}: copying {name} ({entry['size_bytes']:,} bytes)")
            origin, target = files[name], ws.out(f"{FILES_DIR}/{name}")
            if isinstance(origin, RemoteFile):
                _download(source["name"], name, origin, target)
            else:
                _check_copy(source["name"], entry, _copy(origin, target))
        total = sum(entry["size_bytes"] for entry in entries)
        return Outcome(
            counts={"files": len(entries), "bytes": total},
            summary=_summary(ws, [(f["path"], f["size_bytes"]) for f in entries]),
        )

    return work


def _export(ws: Workspace, dataset: Dataset | None) -> Outcome:
    source = ws.config["source"]
    if dataset is None or dataset.identity != ws.config["snapshot"].get("dataset"):
        raise SnapshotChanged(f"{source['name']}: not the data set of its snapshot: resolve again")
    rows, written = 0, list[tuple[str, int]]()
    out = ws.out(f"{FILES_DIR}/00000.arrow").parent
    scratch = ws.job_dir / "datasets"
    for path, count in export_dataset(dataset, Fields(**source["fields"]), out, scratch):
        rows += count
        written.append((path.name, path.stat().st_size))
        ws.progress(f"{source['name']}: {rows:,} rows read")
    if not rows:
        raise ValueError(
            f"source {source['name']}: split {source['split']!r} of {source['location']} has no "
            "rows: name another split"
        )
    total = sum(size for _, size in written)
    return Outcome(
        counts={"files": len(written), "rows": rows, "bytes": total},
        summary=_summary(ws, written),
    )


def _check_copy(source: str, entry: Mapping[str, Any], found: str) -> None:
    if found != entry["sha256"]:
        raise SnapshotChanged(
            f"{source}: {entry['path']} has changed since its snapshot "
            f"(sha256 {found[:12]}, was {entry['sha256'][:12]}): materialize it again"
        )


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reading, target.open("wb") as writing:
            while chunk := reading.read(_CHUNK_BYTES):
                digest.update(chunk)
                writing.write(chunk)
    except FileNotFoundError:
        return "gone"
    return digest.hexdigest()


def _download(source: str, name: str, remote: RemoteFile, target: Path) -> None:
    """Stream an object and hold it against what its listing said."""
    store = open_bucket(remote.endpoint)
    digest, size = hashlib.md5(usedforsecurity=False), 0
    try:
        with target.open("wb") as writing:
            for chunk in _chunks(store, remote.uri):
                digest.update(chunk)
                size += len(chunk)
                writing.write(chunk)
        etag = etag_of(store.info(remote.uri))
    except FileNotFoundError:
        size, etag = -1, "gone"
    if _MD5.fullmatch(remote.etag) and etag == remote.etag:
        etag = digest.hexdigest()
    if size != remote.size_bytes or etag != remote.etag:
        raise SnapshotChanged(
            f"{source}: {name} has changed since its snapshot (etag {etag[:12]}, was "
            f"{remote.etag[:12]}; {size:,} of {remote.size_bytes:,} bytes): materialize it again"
        )


def _chunks(store: Any, uri: str) -> Iterator[bytes]:
    # No read-ahead cache: the file is read once, from its beginning.
    with store.open(uri, "rb", cache_type="none", block_size=8 * _CHUNK_BYTES) as reading:
        while chunk := reading.read(8 * _CHUNK_BYTES):
            yield chunk


def _summary(ws: Workspace, files: list[tuple[str, int]]) -> str:
    source, snapshot = ws.config["source"], ws.config["snapshot"]
    origin = source["package"] or source.get("location") or source["origin"]
    origin = f"{origin} {snapshot['version']}".strip()
    total = sum(size for _, size in files)
    rows = [f"| {path} | {size:,} |" for path, size in files[:20]]
    return "\n".join(
        [
            f"**{source['title']}** ({source['licence']}), {len(files)} files, "
            f"{total:,} bytes, from {origin}.",
            "",
            source["citation"],
            "",
            "| file | bytes |",
            "| --- | ---: |",
            *rows,
        ]
    )
