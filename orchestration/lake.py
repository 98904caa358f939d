"""The lake: immutable artifacts behind exclusively created manifests, on a folder or on S3.

    {root}/{family}/{name}/{fingerprint12}/manifest.json   written last; without it nothing exists
                                          /a{token}/...    the files of one attempt
                                          /attempts/000001 one empty object per attempt begun

Each attempt writes its own folder, so two writers can never mix bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from assets.lineage.canonical import HashMeter
from assets.lineage.manifest import (
    FINGERPRINT_CHARS,
    Address,
    Attempt,
    CommitConflict,
    FileEntry,
    Manifest,
    StaleAttempt,
)
from assets.lineage.storage import Folder, StoredFile
from orchestration.catalogue import Catalogue
from orchestration.settings import Settings
from orchestration.stores import AlreadyExists, FileStore, S3Store, sync_folder

_SHARED = ".shared"
"""Below the root, so that workers reach it as they reach the lake; no family has this name."""

_SYNCS = 16
"""Files that are waited for at the same time (our choice)."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")


class ObjectLake:
    """The lake of assets/ports.py on one store."""

    def __init__(self, store: FileStore | S3Store, cache: Path) -> None:
        self._store = store
        self._cache = cache
        """Local copies of remote files, by hash."""
        self.root = store.root
        # One folder per lake: several installations may share a home folder.
        self.derived = cache / "derived" / hashlib.sha256(self.root.encode()).hexdigest()[:16]
        self._catalogue = Catalogue(store, self.derived / "catalogue.sqlite")

    def find(self, family: str, name: str, fingerprint: str) -> Manifest | None:
        path = f"{_folder(family, name, fingerprint)}/manifest.json"
        content = self._store.read(path)
        if content is None:
            return None
        manifest = _parsed(path, content)
        return manifest if manifest.fingerprint == fingerprint else None

    def manifests(self, family: str | None = None, name: str | None = None) -> Iterator[Manifest]:
        found = []
        for path in self._store.glob(f"{family or '*'}/{name or '*'}/*/manifest.json"):
            content = self._store.read(path)
            if content is not None:
                found.append(_parsed(path, content))
        yield from sorted(found, key=lambda manifest: manifest.finished_at)

    def addresses(self, family: str | None = None, name: str | None = None) -> list[Address]:
        return self._catalogue.addresses(family, name)

    def revision(self) -> str:
        return self._catalogue.revision()

    def consumers(self, fingerprints: Sequence[str]) -> dict[str, list[Address]]:
        return self._catalogue.consumers(fingerprints)

    def misplaced(self) -> Iterator[tuple[str, Manifest]]:
        """Iterate over the manifests that lie in another artifact's folder."""
        for path, content in self.records():
            manifest = _parsed(path, content)
            own = _folder(manifest.family, manifest.name, manifest.fingerprint)
            if path != f"{own}/manifest.json":
                yield path, manifest

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Iterate over all manifests as they lie there: where, and their very bytes."""
        for path in self._store.glob("*/*/*/manifest.json"):
            content = self._store.read(path)
            if content is not None:
                yield path, content

    def begin(self, family: str, name: str, fingerprint: str) -> Attempt:
        folder = _folder(family, name, fingerprint)
        token = self._last_token(folder) + 1
        while True:
            try:
                self._store.create(f"{folder}/attempts/{token:06d}", b"")
                break
            except AlreadyExists:
                token += 1
        if isinstance(self._store, FileStore):
            scratch = self._store.folder / folder / f"a{token}"
        else:
            scratch = self._cache / "scratch" / folder / f"a{token}"
        scratch.mkdir(parents=True, exist_ok=True)
        return Attempt(
            family=family,
            name=name,
            fingerprint=fingerprint,
            token=token,
            scratch=scratch,
            out=self._shared(f"{folder}/a{token}"),
            shared=replace(
                self._shared(
                    f"{_SHARED}/{family}.{name}.{fingerprint[:FINGERPRINT_CHARS]}.{token}"
                ),
                is_scratch=True,
            ),
        )

    def commit(self, attempt: Attempt, manifest: Manifest) -> None:
        folder = _folder(attempt.family, attempt.name, attempt.fingerprint)
        self._refuse_late(folder, attempt, manifest)
        if isinstance(self._store, FileStore):
            _make_all_durable(attempt.scratch, manifest)
        else:
            for entry in manifest.files:
                local = attempt.scratch / entry.path
                if local.is_file():  # otherwise a worker has put it there already
                    self._store.upload(local, f"{folder}/{manifest.data_dir}/{entry.path}")
        # Checked again: uploading may have taken hours.
        self._refuse_late(folder, attempt, manifest)
        try:
            self._store.create(f"{folder}/manifest.json", manifest.to_json().encode())
        except AlreadyExists as error:
            winner = self.find(attempt.family, attempt.name, attempt.fingerprint)
            raise CommitConflict(manifest.key, winner.digest if winner else "unknown") from error
        attempt.shared.delete()
        if isinstance(self._store, S3Store):
            shutil.rmtree(attempt.scratch, ignore_errors=True)

    def abandon(self, attempt: Attempt) -> None:
        shutil.rmtree(attempt.scratch, ignore_errors=True)
        attempt.shared.delete()
        if isinstance(self._store, S3Store):
            folder = _folder(attempt.family, attempt.name, attempt.fingerprint)
            self._store.delete_tree(f"{folder}/a{attempt.token}")

    def fetch(self, manifest: Manifest, entry: FileEntry) -> Path:
        folder = _folder(manifest.family, manifest.name, manifest.fingerprint)
        path = f"{folder}/{manifest.data_dir}/{_inside(entry.path)}"
        if isinstance(self._store, FileStore):
            return self._store.folder / path
        # The digest in the name keeps a cached copy from outliving its artifact.
        local = self._cache / "files" / manifest.digest[:16] / path
        if not local.is_file():
            self._store.download(path, local)
        return local

    def source(self, manifest: Manifest, entry: FileEntry) -> Path | BinaryIO:
        folder = _folder(manifest.family, manifest.name, manifest.fingerprint)
        path = f"{folder}/{manifest.data_dir}/{_inside(entry.path)}"
        if isinstance(self._store, FileStore):
            return self._store.folder / path
        return self._store.open(path)

    def stored(self, manifest: Manifest, entry: FileEntry) -> StoredFile:
        folder = _folder(manifest.family, manifest.name, manifest.fingerprint)
        _inside(entry.path)
        return StoredFile(folder=self._shared(f"{folder}/{manifest.data_dir}"), entry=entry)

    def measure(
        self, manifest: Manifest, entry: FileEntry, meter: HashMeter | None = None
    ) -> tuple[int, str] | None:
        """Return (size, sha256) of the stored bytes themselves, or None when they are gone."""
        folder = _folder(manifest.family, manifest.name, manifest.fingerprint)
        path = f"{folder}/{manifest.data_dir}/{_inside(entry.path)}"
        return self._store.measure(path, meter)

    def stored_files(self, manifest: Manifest) -> set[str]:
        """Return the paths that really lie in the artifact's data folder."""
        folder = _folder(manifest.family, manifest.name, manifest.fingerprint)
        return set(self._store.walk(f"{folder}/{manifest.data_dir}"))

    def uri(self, manifest: Manifest) -> str:
        folder = _folder(manifest.family, manifest.name, manifest.fingerprint)
        return self._store.uri(f"{folder}/{manifest.data_dir}")

    def manifest_uri(self, manifest: Manifest) -> str:
        folder = _folder(manifest.family, manifest.name, manifest.fingerprint)
        return self._store.uri(f"{folder}/manifest.json")

    def _shared(self, path: str) -> Folder:
        return Folder(uri=self._store.uri(path), endpoint=self._store.endpoint)

    def _last_token(self, folder: str) -> int:
        tokens = [int(path[-6:]) for path in self._store.glob(f"{folder}/attempts/*")]
        return max(tokens, default=0)

    def _refuse_late(self, folder: str, attempt: Attempt, manifest: Manifest) -> None:
        winner = self.find(attempt.family, attempt.name, attempt.fingerprint)
        if winner is not None:
            raise CommitConflict(manifest.key, winner.digest)
        newest = self._last_token(folder)
        if newest > attempt.token:
            raise StaleAttempt(
                f"{manifest.key}: attempt {newest} has begun since attempt {attempt.token}; "
                "the later one decides, this one's files are dropped"
            )


def open_lake(settings: Settings) -> ObjectLake:
    """Return the lake the settings name; raises ValueError for an unknown scheme."""
    cache = settings.home / "cache"
    if settings.lake.startswith("s3://"):
        return ObjectLake(S3Store(settings.lake, settings.s3_endpoint), cache)
    if "://" in settings.lake and not settings.lake.startswith("file://"):
        raise ValueError(f"MATERIA_LAKE={settings.lake!r}: use a folder or s3://bucket/prefix")
    return ObjectLake(FileStore(Path(settings.lake.removeprefix("file://"))), cache)


def _parsed(path: str, content: bytes) -> Manifest:
    try:
        return Manifest.from_json(content.decode())
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} is no manifest, or was damaged: {error}") from error


def _folder(family: str, name: str, fingerprint: str) -> str:
    for part in (family, name):
        if not _NAME.fullmatch(part):
            raise ValueError(f"artifact name {part!r} must match {_NAME.pattern}")
    return f"{family}/{name}/{fingerprint[:FINGERPRINT_CHARS]}"


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in Path(path).parts:
        raise ValueError(f"file path {path!r} leaves its artifact: the manifest is not ours")
    return path


def _make_all_durable(folder: Path, manifest: Manifest) -> None:
    """Wait until all files are on the disk, then their folders: at once, so that a file system with
    a journal writes it a few times and not once for each."""
    with ThreadPoolExecutor(_SYNCS) as pool:
        list(pool.map(lambda entry: _make_durable(folder / entry.path), manifest.files))
        folders = {path.parent for path in folder.rglob("*")} | {folder}
        list(pool.map(sync_folder, folders))


def _make_durable(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.chmod(0o444)
