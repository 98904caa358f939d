"""Files of a folder, a bucket or a data set, each read by its suffix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from assets.corpora.readers.columnar import read_columnar
from assets.corpora.readers.json_array import read_json_array
from assets.corpora.readers.jsonl import read_jsonl
from assets.corpora.readers.plain_text import read_plain_text
from assets.corpora.readers.pmc import read_pmc
from assets.corpora.readers.record import DEFAULT_READING, Bad, Reader, Reading, Record
from assets.corpora.readers.streams import base_name
from assets.corpora.readers.tsv import read_tsv

_BY_SUFFIX: Mapping[str, Reader] = {
    ".arrow": read_columnar,
    ".json": read_json_array,
    ".jsonl": read_jsonl,
    ".md": read_plain_text,
    ".ndjson": read_jsonl,
    ".nxml": read_pmc,
    ".parquet": read_columnar,
    ".rst": read_plain_text,
    ".tsv": read_tsv,
    ".txt": read_plain_text,
    ".xml": read_pmc,
}

FILE_PATTERNS = (
    "*.jsonl", "*.jsonl.gz", "*.jsonl.zst", "*.json", "*.parquet", "*.arrow", "*.tsv", "*.tsv.gz",
    "*.md", "*.txt", "*.txt.gz", "*.xml", "*.xml.gz",
)  # fmt: skip
"""What a folder source takes."""


def read_files(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    """Read a file by the suffix of its name; any that is not known is plain text."""
    suffix = PurePosixPath(base_name(name)).suffix
    return _BY_SUFFIX.get(suffix, read_plain_text)(path, name, how)
