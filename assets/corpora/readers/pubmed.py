"""PubMed XML: one record per citation, its text the title and the abstract.

A publisher's copyright statement is the record's licence; what may be done with it is a policy's
decision. Retracted articles and their notices are no documents.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.xml_records import xml_records

PUBLISHER_COPYRIGHT = "LicenseRef-Publisher-Copyright"
"""NLM's terms leave an abstract that carries a copyright statement to its publisher."""

RETRACTED, RETRACTION_NOTICE = "retracted", "retraction_notice"

MAX_MESH = 40
"""MeSH headings kept in a record's provenance; a citation has 10 to 15. Our choice."""

MAX_COPYRIGHT_CHARS = 200
"""Of a statement kept in provenance: enough to name who owns it. Our choice."""

_YEAR = re.compile(r"\b(?:18|19|20)[0-9]{2}\b")
_NOTICES = frozenset({"Retraction of Publication", "Retraction Notice"})


def read_pubmed(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    for item in xml_records(path, name, "MedlineCitation", how.limits):
        if isinstance(item, Bad):
            yield item
            continue
        pmid = item.root.findtext("PMID", "").strip()
        article = item.root.find("Article")
        if not pmid.isdigit() or article is None:
            yield bad(name, item.offset, "no_pmid_or_article", item.excerpt)
            continue
        title = _flat(article.find("ArticleTitle"))
        abstract = article.find("Abstract")
        text = _abstract(abstract) if abstract is not None else ""
        owner = _flat(article.find("Abstract/CopyrightInformation"))
        retraction = _retraction(item.root, article)
        yield Record(
            native_id=pmid,
            title=title,
            text=f"{title}\n\n{text}" if title and text else title or text,
            file=name,
            offset=item.offset,
            unusable=retraction.pop("unusable", "") or ("" if text else "no_abstract"),
            licence=PUBLISHER_COPYRIGHT if owner else "",
            metadata={
                **_metadata(item.root, article, pmid),
                **({"copyright": owner[:MAX_COPYRIGHT_CHARS]} if owner else {}),
                **retraction,
            },
        )


def _retraction(root: ET.Element, article: ET.Element) -> dict[str, str]:
    """Return what a citation says of retraction: the articles it names, and why it is unusable."""
    types = {_flat(found) for found in article.findall("PublicationTypeList/PublicationType")}
    named: dict[str, list[str]] = {"RetractionIn": [], "RetractionOf": []}
    for comment in root.findall("CommentsCorrectionsList/CommentsCorrections"):
        kind = comment.get("RefType", "")
        if kind in named:
            named[kind].append(comment.findtext("PMID", "").strip() or "unknown")
    found = {}
    if named["RetractionIn"] or "Retracted Publication" in types:
        found["unusable"] = RETRACTED
    elif named["RetractionOf"] or types & _NOTICES:
        found["unusable"] = RETRACTION_NOTICE
    if named["RetractionIn"]:
        found["retracted_in"] = "; ".join(named["RetractionIn"])
    if named["RetractionOf"]:
        found["retraction_of"] = "; ".join(named["RetractionOf"])
    return found


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
    types = article.findall("PublicationTypeList/PublicationType")
    found = {
        "pmid": pmid,
        "journal": article.findtext("Journal/Title", "").strip(),
        "year": year[0] if year else "",
        "original_language": article.findtext("Language", "").strip(),
        "publication_types": "; ".join(kind.text or "" for kind in types[:MAX_MESH]),
        "mesh": "; ".join(heading.text or "" for heading in mesh[:MAX_MESH]),
    }
    return {key: value for key, value in found.items() if value}


def _flat(element: ET.Element | None) -> str:
    """Return the text of an element without its inline markup (i, sub, sup, MathML)."""
    if element is None:
        return ""
    return " ".join("".join(element.itertext()).split())
