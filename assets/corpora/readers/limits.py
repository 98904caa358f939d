"""What one input file may cost: limits that hold for every reader.

They are literals of a source: raising one makes new documents under a new fingerprint.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class ReadLimits:
    """Sizes are of content after decompression. All values are our choice, with the reason."""

    max_line_bytes: int = 16 << 20
    """One line of JSONL, TSV or OBO: above the longest book of common corpora (10 MB)."""
    max_record_bytes: int = 16 << 20
    """One document, XML element or JSON item: the largest in the catalogue, an ICD section, has
    1.9 MB."""
    max_nesting: int = 64
    """Depth of JSON or XML: records of the catalogue reach 12; a parser's stack ends at 1,000."""
    max_expansion: int = 100
    """Decompressed over compressed size: the catalogue has 4 to 25, a bomb has 1,000 and more."""
    max_rows: int = 50_000_000
    """Records of one file: the largest file in the catalogue has 225,000; more belong into parts,
    which are read side by side."""
    max_stream_bytes: int = 64 << 30
    """Content of one file: ten times the largest parts of public web corpora (6 GB)."""
    max_memory_bytes: int = 2 << 30
    """Data memory of the process that decodes Parquet and Arrow, whose sizes a file only claims."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if type(value) is not int or value < 1:
                raise ValueError(f"limit {item.name} is {value!r}: use a whole number above 0")


DEFAULT_LIMITS = ReadLimits()
