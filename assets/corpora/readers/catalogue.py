"""All readers by the name that sources.py uses."""

from __future__ import annotations

from collections.abc import Mapping

from assets.corpora.readers.icd10cm import read_icd10cm
from assets.corpora.readers.obo import read_obo
from assets.corpora.readers.pubmed import read_pubmed
from assets.corpora.readers.python_source import read_python
from assets.corpora.readers.record import Reader
from assets.corpora.readers.text_files import read_text_files
from assets.corpora.readers.wikipedia import read_wikipedia

READERS: Mapping[str, Reader] = {
    "icd10cm": read_icd10cm,
    "obo": read_obo,
    "pubmed": read_pubmed,
    "python": read_python,
    "text_files": read_text_files,
    "wikipedia": read_wikipedia,
}
