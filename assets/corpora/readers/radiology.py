"""The radiology dictionary: concepts with definition and synonyms, findings of one pathology."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from assets.corpora.readers.json_items import Item, json_items
from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad

MAX_FINDINGS = 1000
"""Of one pathology, those behind them are left out; the most there are is 40. Our choice."""


def read_radiology(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    """Read an array of concepts (with `definition`) or of findings (with `pathology_name`)."""
    items = enumerate(json_items(path, name, how.limits))
    for key, group in groupby(items, key=lambda pair: _key(*pair)):
        found = [item for _, item in islice(group, MAX_FINDINGS)]
        first = found[0]
        if isinstance(first, Bad):
            yield first
        elif not key[0]:
            yield bad(name, first.offset, "no_name", "")
        else:
            whole = [item for item in found if isinstance(item, Item)]
            yield _concept(first, name) if key[1] >= 0 else _findings(key[0], whole, name)


def _key(number: int, item: Item | Bad) -> tuple[str, int]:
    """Findings of one pathology stand together and are one record; all else stands alone."""
    if isinstance(item, Item) and isinstance(item.value, dict):
        pathology = _text(item.value, "pathology_name")
        if pathology:
            return pathology, -1
        if _text(item.value, "name"):
            return _text(item.value, "name"), number
    return "", number


def _concept(item: Item, file: str) -> Record:
    term = item.value
    name, system = _text(term, "name"), _text(term, "body_system")
    synonyms = term.get("synonyms")
    found = [x for x in synonyms if isinstance(x, str)] if isinstance(synonyms, list) else []
    parts = [
        name,
        _text(term, "definition"),
        f"Also called: {'; '.join(found)}." if found else "",
    ]
    return Record(
        native_id=f"concept:{name}:{item.offset}",
        title=name,
        text="\n".join(part for part in parts if part),
        file=file,
        offset=item.offset,
        unusable="" if _text(term, "definition") else "no_definition",
        metadata={"body_system": system} if system else {},
    )


def _findings(pathology: str, items: list[Item], file: str) -> Record:
    lines = [f"Imaging findings of {pathology}"]
    for item in items:
        name, modality = _text(item.value, "name"), _text(item.value, "modality")
        where = f" ({modality})" if modality else ""
        lines.append(f"{name}{where}: {_text(item.value, 'description')}")
    return Record(
        native_id=f"findings:{pathology}:{items[0].offset}",
        title=f"Imaging findings of {pathology}",
        text="\n".join(lines),
        file=file,
        offset=items[0].offset,
    )


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value.strip()[:10_000] if isinstance(value, str) else ""
