"""Watched folders: what the owner of an installation puts there."""

from __future__ import annotations

from typing import Literal

from assets.corpora.catalogue.entry import ANY_LANGUAGE, Source
from assets.corpora.readers.files import FILE_PATTERNS

_FORMATS = (
    "Files of .jsonl (plain, .gz, .zst), .parquet, .arrow and .tsv (a row: text, and optionally "
    "id, title, language, domain, licence), .txt and .md (one document a file) and .xml (articles "
    "as PubMed Central has them)"
)


def _folder(name: str, title: str, what: str, deidentify: Literal["safe_harbor", "none"]) -> Source:
    return Source(
        name=name,
        title=title,
        reader="files",
        domain="general",
        kind="prose",
        language=ANY_LANGUAGE,
        licence="LicenseRef-User-Provided",
        citation="The owner of the files",
        description=(
            f"{_FORMATS} dropped into the folder inbox/{name} of the platform's home. {what} "
            "Whoever puts them there answers for the right to use them, unless a record states its "
            "own licence."
        ),
        origin="folder",
        package="",
        version="",
        files=FILE_PATTERNS,
        extra_files=(),
        max_file_bytes=None,
        max_records=None,
        deidentify=deidentify,
    )


FOLDERS = (
    _folder(
        "inbox",
        "Your own files",
        "They may tell of patients: the Safe Harbor classes of identifiers are removed.",
        "safe_harbor",
    ),
    _folder(
        "inbox_public",
        "Your own files, published text",
        "For text that has been published: names, dates and places stay as they are.",
        "none",
    ),
)
