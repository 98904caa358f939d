"""All readers by the name that the catalogue uses, and how a source's file is read by its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from assets.corpora.readers.columnar import read_columnar
from assets.corpora.readers.files import read_files
from assets.corpora.readers.hpoa import read_hpoa
from assets.corpora.readers.icd10cm import read_icd10cm
from assets.corpora.readers.json_array import read_json_array
from assets.corpora.readers.jsonl import read_jsonl
from assets.corpora.readers.line_documents import read_fortunes, read_line_documents
from assets.corpora.readers.manpage import read_manpage
from assets.corpora.readers.obo import read_obo
from assets.corpora.readers.ontology_json import read_ontology_json
from assets.corpora.readers.plain_text import read_plain_text
from assets.corpora.readers.pmc import read_pmc
from assets.corpora.readers.poetry import read_poetry
from assets.corpora.readers.pubmed import read_pubmed
from assets.corpora.readers.python_source import read_python
from assets.corpora.readers.radiology import read_radiology
from assets.corpora.readers.record import Bad, Reader, Reading, Record, bad
from assets.corpora.readers.tsv import read_tsv
from assets.corpora.readers.wikipedia import read_wikipedia
from assets.corpora.readers.word_lists import read_edict, read_gcide, read_wordnet

READERS: Mapping[str, Reader] = {
    "columnar": read_columnar,
    "edict": read_edict,
    "files": read_files,
    "fortunes": read_fortunes,
    "gcide": read_gcide,
    "hpoa": read_hpoa,
    "icd10cm": read_icd10cm,
    "json_array": read_json_array,
    "jsonl": read_jsonl,
    "line_documents": read_line_documents,
    "manpage": read_manpage,
    "obo": read_obo,
    "ontology_json": read_ontology_json,
    "plain_text": read_plain_text,
    "pmc": read_pmc,
    "poetry": read_poetry,
    "pubmed": read_pubmed,
    "python": read_python,
    "radiology": read_radiology,
    "tsv": read_tsv,
    "wikipedia": read_wikipedia,
    "wordnet": read_wordnet,
}


def read_file(
    reader: str, path: Path, name: str, how: Reading, extra: Mapping[str, Path] | None = None
) -> Iterator[Record | Bad]:
    """Stream what one file of a source holds, never more than its limits allow."""
    if extra:
        how = replace(how, extra=extra)
    limits = how.limits
    for number, item in enumerate(READERS[reader](path, name, how)):
        if number == limits.max_rows:
            yield bad(name, item.offset, "too_many_rows", "")
            return
        if isinstance(item, Record) and len(item.text) > limits.max_record_bytes:
            yield bad(name, item.offset, "record_too_large", item.text)
        else:
            yield item
