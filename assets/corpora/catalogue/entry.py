"""One corpus of the catalogue: all that is known of it before a file is read.

Every field is identity and enters fingerprints; where files lie on a machine is found by
snapshot.py and never does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from assets.corpora.readers.limits import DEFAULT_LIMITS, ReadLimits
from assets.corpora.readers.record import DEFAULT_FIELDS, Fields, Reading

ANY_LANGUAGE = "mul"
"""ISO 639-2 code for several languages: such a source is not filtered by language, and its prose is
in the one that is likeliest."""

_FETCHED_PACKAGE = re.compile(
    r"deb:[a-z0-9][a-z0-9+.-]{1,99}|npm:(?:@[a-z0-9._-]{1,60}/)?[a-z0-9][a-z0-9._-]{0,99}"
    r"|pypi:[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~:!-]{0,79}")
_LOCATIONS = {
    "s3": re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9._=-]{1,200}){0,20}"),
    "hub": re.compile(
        r"(?:\./)?[A-Za-z0-9][A-Za-z0-9._-]{0,95}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Source:
    """One corpus."""

    name: str
    """Partition key."""
    title: str
    reader: str
    """Format, a name in readers/catalogue.py."""
    domain: Literal["medical", "general", "code"]
    kind: Literal["prose", "term", "code"]
    """Which quality rules judge it: running text, terms of an ontology, program text."""
    language: str
    """ISO 639-1 code that is declared and allowed, or ANY_LANGUAGE."""
    licence: str
    """SPDX identifier or LicenseRef-*, of the documents (not of the package that ships them)."""
    citation: str
    description: str
    origin: Literal["package", "interpreter", "folder", "s3", "hub", "fetched"]
    """Files of an installed package, of the running Python, dropped into a local folder, below an
    S3 prefix, rows of a data set, or files that `materia fetch` has put on this machine."""
    package: str
    """Distribution name for origin package; deb:NAME, npm:NAME or pypi:NAME for origin fetched."""
    version: str
    """Exact version of the package; empty where the snapshot says which one was found."""
    files: tuple[str, ...]
    """Patterns (fnmatch, `*` crosses folders) of files that hold documents."""
    extra_files: tuple[str, ...]
    """Files kept in the raw artifact for synthesis or for the reader, not read as documents."""
    max_file_bytes: int | None
    """Files are taken in the order of their path's hash until this many bytes; None takes all."""
    max_records: int | None
    """Records read, in file order; None reads all."""
    location: str = ""
    """s3://bucket/prefix for origin s3. For origin hub the data set's owner/name, or ./NAME, a
    data-set folder below the inbox. Empty for the others."""
    revision: str = ""
    """Of a hub data set: a commit, required there, since a branch's content changes."""
    split: str = ""
    """Of a hub data set: train, say."""
    fields: Fields = DEFAULT_FIELDS
    """Columns of tabular formats."""
    limits: ReadLimits = DEFAULT_LIMITS
    """What one file may cost to read."""
    deidentify: Literal["safe_harbor", "none"] = "none"
    """How persons are made unrecognisable. safe_harbor for text nobody has published: the 18
    classes of the HIPAA Safe Harbor method are removed. none for published text: it tells of no
    patient who could be recognised, and its names, dates and places (authors, eponyms, history)
    are what is to be learnt."""
    web: bool = False
    """Scraped pages, judged by the rules for pages as well (C4, FineWeb)."""
    templated: bool = False
    """The sentences are a program's, from a table's facts: mixtures may weigh it down."""

    def __post_init__(self) -> None:
        self._check_package()
        if self.kind == "term" and self.language == ANY_LANGUAGE:
            raise ValueError(
                f"source {self.name}: terms are too short to tell their language by: declare it "
                f"instead of {ANY_LANGUAGE!r}"
            )
        pattern = _LOCATIONS.get(self.origin)
        if pattern is None and self.location:
            raise ValueError(
                f"source {self.name}: location is for origins s3 and hub, got {self.location!r} "
                f"with origin {self.origin!r}"
            )
        if pattern is not None and not pattern.fullmatch(self.location):
            raise ValueError(
                f"source {self.name}: location {self.location!r} is no {self.origin} location: use "
                "s3://bucket/prefix, owner/name or ./folder"
            )
        if self.origin == "hub" and not self.split:
            raise ValueError(f"source {self.name}: a data set is read by split: name one")
        remote = self.origin == "hub" and not self.location.startswith("./")
        if remote != bool(self.revision):
            raise ValueError(
                f"source {self.name}: revision is for data sets of the hub and required there "
                f"(a commit: branches change), got {self.revision!r}"
            )

    def _check_package(self) -> None:
        if (self.origin == "package") != bool(self.package and self.version) and (
            self.origin != "fetched"
        ):
            raise ValueError(
                f"source {self.name}: package and version are for origin 'package' and required "
                f"there, got origin {self.origin!r}, package {self.package!r}, {self.version!r}"
            )
        if self.origin == "fetched" and not _FETCHED_PACKAGE.fullmatch(self.package):
            raise ValueError(
                f"source {self.name}: package {self.package!r} of origin 'fetched' is none of "
                "deb:NAME, npm:NAME, pypi:NAME"
            )
        pinned = self.origin != "fetched" or self.package.startswith("deb:")
        if not pinned and not self.version:
            raise ValueError(f"source {self.name}: {self.package} needs its exact version")
        if self.version and not _VERSION.fullmatch(self.version):
            raise ValueError(f"source {self.name}: version {self.version!r} is no version")

    @property
    def reading(self) -> Reading:
        """How its files are read."""
        return Reading(fields=self.fields, limits=self.limits)

    def to_dict(self) -> dict[str, Any]:
        """Return the literals, as they stand in manifests."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Source:
        literals: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in data.items()
        }
        literals["fields"] = Fields(**literals.get("fields", {}))
        literals["limits"] = ReadLimits(**literals.get("limits", {}))
        return cls(**literals)


def package_source(**literals: Any) -> Source:
    """Return a source of an installed package; what it does not say is plain."""
    plain = {"origin": "package", "extra_files": (), "max_file_bytes": None, "max_records": None}
    return Source(**{**plain, **literals})


def fetched_source(**literals: Any) -> Source:
    """Return a source that `materia fetch` downloads; what it does not say is plain."""
    return package_source(**{"origin": "fetched", "version": "", **literals})
