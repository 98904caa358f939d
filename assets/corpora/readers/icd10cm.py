"""ICD-10-CM tabular XML: one record per three-character category, verbalised."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.xml_records import xml_records

MAX_CODE_CHARS = 6
"""Codes up to one decimal below the subcategory (S52.12). The sixth and seventh characters only
repeat the title with a side and an encounter: 30,000 near-identical lines. Our choice."""

_NOTES = (
    ("includes", "Includes"),
    ("inclusionTerm", "Also known as or including"),
    ("codeFirst", "Code first"),
    ("codeAlso", "Code also"),
    ("useAdditionalCode", "Use an additional code"),
    ("excludes1", "Never coded together with"),
    ("excludes2", "Does not include"),
)
"""Element -> how its notes are introduced; the order is the order in the text."""


def read_icd10cm(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    for item in xml_records(path, name, "section", how.limits):
        if isinstance(item, Bad):
            yield item
            continue
        section = item.root.findtext("desc", "").strip()
        for category in item.root.findall("diag"):
            code = category.findtext("name", "").strip()
            title = category.findtext("desc", "").strip()
            if not code or not title:
                yield bad(name, item.offset, "no_code_or_title", title or code)
                continue
            yield Record(
                native_id=code,
                title=title,
                text=_verbalise(category, section),
                file=name,
                offset=item.offset,
                metadata={"code": code, "section": section},
            )


def _verbalise(category: ET.Element, section: str) -> str:
    lines = []
    for diagnosis in category.iter("diag"):
        code = diagnosis.findtext("name", "").strip()
        title = diagnosis.findtext("desc", "").strip()
        if not code or not title or len(code) > MAX_CODE_CHARS:
            continue
        if diagnosis is category:
            lines.append(f"{title} (ICD-10-CM category {code})")
            if section:
                lines.append(f"Section: {section}.")
        else:
            lines.append(f"{code} {title}.")
        lines += _notes(diagnosis)
    return "\n".join(lines)


def _notes(diagnosis: ET.Element) -> list[str]:
    lines = []
    for tag, heading in _NOTES:
        notes = [(note.text or "").strip() for note in diagnosis.findall(f"{tag}/note")]
        if any(notes):
            lines.append(f"{heading}: {'; '.join(note for note in notes if note)}.")
    return lines
