"""PubMed XML: one record per citation, its text the title and the abstract."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.record import Bad, Record, bad
from assets.corpora.readers.xml_records import xml_records

MAX_MESH = 40
"""MeSH headings kept in a record's provenance; a citation has 10 to 15. Our choice."""

_YEAR = re.compile(r"\b(?:18|19|20)[0-9]{2}\b")


def read_pubmed(path: Path, name: str) -> Iterator[Record | Bad]:
    for item in xml_records(path, name, "MedlineCitation"):
        if isinstance(item, Bad):
            yield item
            continue
        pmid = item.root.findtext("PMID", "").strip()
        article = item.root.find("Article")
        if not pmid.isdigit() or article is None:
            yield bad(name, item.offset, "no_pmid_or_article", ET.tostring(item.root))
            continue
        title = _flat(article.find("ArticleTitle"))
        abstract = article.find("Abstract")
        text = _abstract(abstract) if abstract is not None else ""
        unusable = ""
        if not text:
            unusable = "no_abstract"
        elif abstract is not None and abstract.findtext("CopyrightInformation", "").strip():
            # NLM's terms leave such abstracts to their publishers.
            unusable = "publisher_copyright"
        yield Record(
            native_id=pmid,
            title=title,
            text=f"{title}\n\n{text}" if title and text else title or text,
            file=name,
            offset=item.offset,
            unusable=unusable,
            metadata=_metadata(item.root, article, pmid),
        )


def _abstract(abstract: ET.Element) -> str:
    """Join the parts; a structured abstract keeps its labels."""
    parts = []
    for part in abstract.findall("AbstractText"):
        text, label = _flat(part), part.get("Label", "").strip()
        if text:
            parts.append(f"{label}: {text}" if label and label != "UNLABELLED" else text)
    return "\n".join(parts)


def _metadata(root: ET.Element, article: ET.Element, pmid: str) -> dict[str, str]:
    date = article.find("Journal/JournalIssue/PubDate")
    year = _YEAR.search(_flat(date)) if date is not None else None
    mesh = root.findall("MeshHeadingList/MeshHeading/DescriptorName")
    found = {
        "pmid": pmid,
        "journal": article.findtext("Journal/Title", "").strip(),
        "year": year[0] if year else "",
        "original_language": article.findtext("Language", "").strip(),
        "mesh": "; ".join(heading.text or "" for heading in mesh[:MAX_MESH]),
    }
    return {key: value for key, value in found.items() if value}


def _flat(element: ET.Element | None) -> str:
    """Return the text of an element without its inline markup (i, sub, sup, MathML)."""
    if element is None:
        return ""
    return " ".join("".join(element.itertext()).split())
