"""A clean lake above another: writes go to the clean one, some inputs are read from the other.

Only artifacts that were allowed by fingerprint are seen below, so that nothing is reused that was
to be rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from assets.lineage.manifest import Address, Attempt, FileEntry, Manifest
from assets.lineage.storage import StoredFile
from assets.ports import Lake


class OverlayLake:
    """The Lake of assets/ports.py over two others."""

    def __init__(self, clean: Lake, below: Lake) -> None:
        self._clean, self._below = clean, below
        self.taken: set[str] = set()
        """Fingerprints that may be read from below."""

    @property
    def root(self) -> str:
        return self._clean.root

    def find(self, family: str, name: str, fingerprint: str) -> Manifest | None:
        found = self._clean.find(family, name, fingerprint)
        if found is None and fingerprint in self.taken:
            return self._below.find(family, name, fingerprint)
        return found

    def manifests(self, family: str | None = None, name: str | None = None) -> Iterator[Manifest]:
        yield from self._clean.manifests(family, name)

    @property
    def derived(self) -> Path:
        return self._clean.derived

    def addresses(self, family: str | None = None, name: str | None = None) -> list[Address]:
        return self._clean.addresses(family, name)

    def revision(self) -> str:
        return self._clean.revision()

    def consumers(self, fingerprints: Sequence[str]) -> dict[str, list[Address]]:
        return self._clean.consumers(fingerprints)

    def source(self, manifest: Manifest, entry: FileEntry) -> Path | BinaryIO:
        return self._holder(manifest).source(manifest, entry)

    def begin(self, family: str, name: str, fingerprint: str) -> Attempt:
        return self._clean.begin(family, name, fingerprint)

    def commit(self, attempt: Attempt, manifest: Manifest) -> None:
        self._clean.commit(attempt, manifest)

    def abandon(self, attempt: Attempt) -> None:
        self._clean.abandon(attempt)

    def fetch(self, manifest: Manifest, entry: FileEntry) -> Path:
        return self._holder(manifest).fetch(manifest, entry)

    def stored(self, manifest: Manifest, entry: FileEntry) -> StoredFile:
        return self._holder(manifest).stored(manifest, entry)

    def uri(self, manifest: Manifest) -> str:
        return self._holder(manifest).uri(manifest)

    def _holder(self, manifest: Manifest) -> Lake:
        is_taken = manifest.fingerprint in self.taken
        return self._below if is_taken else self._clean
