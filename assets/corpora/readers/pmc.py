"""PubMed Central full text (JATS XML): title, abstract and body as text with headings.

The licence is the article's own, as an SPDX identifier where its statement is a known one.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.xml_records import Element, xml_records

NO_LICENCE = "LicenseRef-Publisher-Copyright"
"""Of an article that states none: it is to be read, not to be used."""

_HREF = "{http://www.w3.org/1999/xlink}href"
_LICENCE_REF = "{http://www.niso.org/schemas/ali/1.0/}license_ref"
_DEED = re.compile(
    r"creativecommons\.org/(licenses/(by(?:-nc)?(?:-nd|-sa)?)/([0-9]\.[0-9])"
    r"|publicdomain/(zero|mark)/(1\.0))",
    re.IGNORECASE,
)
_SKIPPED = frozenset(
    {"alternatives", "disp-formula", "fig", "fig-group", "floats-group", "fn", "graphic", "media",
     "object-id", "ref-list", "supplementary-material", "table-wrap", "xref"}
)  # fmt: skip
"""Elements whose text does not read as running text; formulas, figures, tables, references."""
_BLOCKS = frozenset({"disp-quote", "list-item", "p", "verse-group"})


def read_pmc(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    for item in xml_records(path, name, "article", how.limits):
        if isinstance(item, Bad):
            yield item
        else:
            yield _record(item, name, how.limits.max_nesting)


def _record(item: Element, name: str, max_nesting: int) -> Record | Bad:
    meta = item.root.find("front/article-meta")
    if meta is None:
        return bad(name, item.offset, "no_article_meta", item.excerpt)
    identifiers = {
        found.get("pub-id-type", ""): (found.text or "").strip()
        for found in meta.findall("article-id")
    }
    native_id = next(
        (identifiers[kind] for kind in ("pmcid", "pmc", "pmid", "doi") if identifiers.get(kind)), ""
    )
    if not native_id:
        return bad(name, item.offset, "no_article_id", item.excerpt)
    try:
        title = " ".join(_inline(meta.find("title-group/article-title"), max_nesting).split())
        parts = [title]
        for abstract in meta.findall("abstract"):
            parts += _section(abstract, max_nesting, "Abstract")
        body = item.root.find("body")
        main = [] if body is None else _section(body, max_nesting, "")
    except _TooDeep:
        return bad(name, item.offset, "nested_too_deep", item.excerpt)
    return Record(
        native_id=native_id,
        title=title,
        text="\n\n".join(part for part in (*parts, *main) if part),
        file=name,
        offset=item.offset,
        unusable=_unusable(item.root, bool(main or len(parts) > 1)),
        licence=_licence(meta),
        metadata=_metadata(item.root, meta, identifiers),
    )


class _TooDeep(Exception):
    pass


def _section(element: ET.Element, depth: int, heading: str) -> list[str]:
    """Return the headings and paragraphs of a section, in the order they are read."""
    if depth < 0:
        raise _TooDeep
    own = element.find("title")
    if own is not None:
        heading = " ".join(_inline(own, depth - 1).split()) or heading
    parts = list[str]()
    for child in element:
        if child.tag in _SKIPPED or child is own:
            continue
        if child.tag in _BLOCKS:
            text = " ".join(_inline(child, depth - 1).split())
            parts += [text] if text else []
        else:
            parts += _section(child, depth - 1, "")
    # A section of figures only has no text, and then its heading says nothing.
    return [heading, *parts] if heading and parts else parts


def _inline(element: ET.Element | None, depth: int) -> str:
    if element is None:
        return ""
    if depth < 0:
        raise _TooDeep
    parts = [element.text or ""]
    for child in element:
        if child.tag not in _SKIPPED:
            # Blocks within blocks (a list in a paragraph) must not run into their neighbours.
            space = " " if child.tag in _BLOCKS or child.tag == "title" else ""
            parts.append(space + _inline(child, depth - 1) + space)
        parts.append(child.tail or "")
    return "".join(parts)


def _licence(meta: ET.Element) -> str:
    """Return the SPDX identifier of the first licence statement that is known."""
    statements = list[str]()
    for licence in meta.findall("permissions/license"):
        statements.append(licence.get(_HREF, ""))
        statements += [found.text or "" for found in licence.iter(_LICENCE_REF)]
        statements += [found.get(_HREF, "") for found in licence.iter("ext-link")]
    statements += [found.text or "" for found in meta.findall(f"permissions/{_LICENCE_REF}")]
    for statement in statements:
        found = _DEED.search(statement)
        if found and found[2]:
            return f"CC-{found[2].upper()}-{found[3]}"
        if found:
            return "CC0-1.0" if found[4].lower() == "zero" else "CC-PDM-1.0"
    return "LicenseRef-PMC-Stated" if any(statements) else NO_LICENCE


def _unusable(root: ET.Element, has_text: bool) -> str:
    kind = root.get("article-type", "")
    if kind == "retraction":
        return "retraction_notice"
    if kind == "retracted-article":
        return "retracted"
    return "" if has_text else "no_text"


def _metadata(root: ET.Element, meta: ET.Element, identifiers: dict[str, str]) -> dict[str, str]:
    copyright_line = " ".join(
        "".join(found.itertext()).strip()
        for found in meta.findall("permissions/copyright-statement")
    )
    found = {
        "pmid": identifiers.get("pmid", ""),
        "doi": identifiers.get("doi", ""),
        "journal": root.findtext("front/journal-meta/journal-title-group/journal-title", ""),
        "year": meta.findtext("pub-date/year", ""),
        "article_type": root.get("article-type", ""),
        "copyright": copyright_line[:200],
    }
    return {key: " ".join(value.split())[:200] for key, value in found.items() if value.strip()}
