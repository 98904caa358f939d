"""Places beyond this machine's packages: the folders of an installation, S3 prefixes, data sets.

Lists and identifies; raw.py copies. Listings are never cached: somebody may have written since.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from assets.corpora.catalogue.entry import Source
from assets.lineage.canonical import sha256_of_file

SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""Names of given files become names in a lake and in logs: no spaces, no leading dash."""


class SourceUnavailable(ValueError):
    """The files of a source are not to be had as the catalogue asks for them."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where an installation keeps what it is given; execution, not identity."""

    inbox: Path
    """Folder with one sub-folder per watched source."""
    fetched: Path
    """Folder with one sub-folder per source that `materia fetch` has downloaded."""
    s3_endpoint: str = ""
    """Address of an S3 server other than AWS; credentials come from the environment."""


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """One object of a bucket as it was listed."""

    uri: str
    size_bytes: int
    etag: str
    endpoint: str


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A data set that the `datasets` library loads."""

    name: str
    """owner/name on the hub, or the name of a folder."""
    revision: str
    split: str
    folder: Path | None
    """Where it lies on this machine; None for the hub. Execution, not identity."""
    files: Mapping[str, str]
    """Of a folder: path -> sha256, which is its identity; empty for the hub."""

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "revision": self.revision,
            "split": self.split,
            "files": dict(self.files),
        }


def check_name(source: str, name: str) -> None:
    """Raise SourceUnavailable unless every part of a path is safe to pass on."""
    if not all(SAFE_NAME.fullmatch(part) for part in PurePosixPath(name).parts):
        raise SourceUnavailable(
            f"source {source}: file name {name!r} must match {SAFE_NAME.pattern}: rename it"
        )


def list_bucket(source: Source, places: Places) -> dict[str, RemoteFile]:
    """Return the objects below the source's prefix by their path there."""
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

    store = open_bucket(places.s3_endpoint)
    prefix = source.location.removeprefix("s3://").rstrip("/")
    try:
        listed: Mapping[str, Mapping[str, Any]] = store.find(prefix, detail=True)
    except (OSError, ValueError, BotoCoreError) as error:
        raise SourceUnavailable(
            f"source {source.name}: {source.location} cannot be listed ({error}): check the "
            "bucket, MATERIA_S3_ENDPOINT and the credentials AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY"
        ) from None
    found = {}
    for full, info in listed.items():
        name = str(full).removeprefix(f"{prefix}/")
        if info.get("type") != "file" or name == str(full) or name.endswith("/"):
            continue
        if any(part.startswith(".") for part in PurePosixPath(name).parts):
            continue  # hidden, as in a folder: an upload in progress
        check_name(source.name, name)
        found[name] = RemoteFile(
            uri=f"s3://{full}",
            size_bytes=int(info["size"]),
            etag=etag_of(info),
            endpoint=places.s3_endpoint,
        )
    return found


def etag_of(info: Mapping[str, Any]) -> str:
    """Return what a server says identifies an object's content, without the quotes."""
    return str(info.get("ETag", "")).strip('"')


def open_bucket(endpoint: str) -> Any:
    """Return a file system over S3 without a listing cache."""
    import s3fs

    return s3fs.S3FileSystem(
        endpoint_url=endpoint or None, use_listings_cache=False, skip_instance_cache=True
    )


def resolve_dataset(source: Source, places: Places) -> Dataset:
    """Return the data set a source stands for, a folder's with the hashes of its files."""
    if not source.location.startswith("./"):
        return Dataset(
            name=source.location,
            revision=source.revision,
            split=source.split,
            folder=None,
            files={},
        )
    name = source.location.removeprefix("./")
    folder = places.inbox / name
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() or path.is_symlink()
    }
    if not files:
        raise SourceUnavailable(
            f"source {source.name}: the data-set folder {folder} does not exist or is empty: put "
            "the data set there"
        )
    for path in files.values():
        if path.is_symlink():
            raise SourceUnavailable(
                f"source {source.name}: {path} is a link: put a copy of the file there"
            )
    return Dataset(
        name=source.location,
        revision="",
        split=source.split,
        folder=folder,
        files={name: sha256_of_file(path) for name, path in files.items()},
    )
