"""Ontologies as the cellxgene guide ships them: a JSON object of terms by identifier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assets.corpora.readers.json_items import json_items
from assets.corpora.readers.labelled import MAX_FIELD_CHARS
from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad

_MARKUP = re.compile(r"</?(?:b|element|em|greek|i|ital|locant|protein|small|stereo|sub|sup)>")


def read_ontology_json(
    path: Path, name: str, how: Reading = DEFAULT_READING
) -> Iterator[Record | Bad]:
    for item in json_items(path, name, how.limits):
        if isinstance(item, Bad):
            yield item
            continue
        term = item.value if isinstance(item.value, dict) else {}
        label = term.get("label")
        if label in (None, "") and term.get("deprecated") is True:
            label = item.key  # some ontologies take the name from a term they have merged
        if not isinstance(label, str) or not label or not 0 < len(item.key) <= MAX_FIELD_CHARS:
            yield bad(name, item.offset, "no_id_or_label", item.key)
            continue
        yield _record(term, label[:MAX_FIELD_CHARS], item.key, name, item.offset)


def _record(term: dict[str, Any], label: str, key: str, file: str, offset: int) -> Record:
    definition = term.get("description")
    definition = _MARKUP.sub("", definition) if isinstance(definition, str) else ""
    synonyms = _texts(term.get("synonyms"))
    comments = _texts(term.get("comments"))
    parts = [
        f"{label} ({key})",
        definition,
        f"Also called: {'; '.join(synonyms)}." if synonyms else "",
        *comments,
    ]
    unusable = "" if definition else "no_definition"
    if term.get("deprecated") is True:
        unusable = "obsolete_term"
    return Record(
        native_id=key,
        title=label,
        text="\n".join(part for part in parts if part),
        file=file,
        offset=offset,
        unusable=unusable,
        metadata={"id": key},
    )


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
