"""Chinese poetry and classics: JSON arrays of poems or chapters, one record each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assets.corpora.readers.json_items import json_items
from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad

_TITLES = ("title", "rhythmic", "chapter")
_BODIES = ("paragraphs", "content", "para")
_MAX_CHARS = 200


def read_poetry(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    for number, item in enumerate(json_items(path, name, how.limits)):
        if isinstance(item, Bad):
            yield item
            continue
        poem = item.value
        found = [_lines(poem.get(key)) for key in _BODIES] if isinstance(poem, dict) else []
        found = [body for body in found if body is not None]
        body = next((body for body in found if body), [])
        if not found:
            yield bad(name, item.offset, "no_text_field", str(type(poem).__name__))
            continue
        title = next((text for key in _TITLES if (text := _text(poem, key))), "")
        author = _text(poem, "author")
        heading = "\u3000".join(part for part in (title, author) if part)
        yield Record(
            native_id=f"{name}:{number}",
            title=title,
            text="\n".join(part for part in (heading, *body) if part),
            file=name,
            offset=item.offset,
            unusable="" if body else "no_text",  # lost but for its title
            metadata={"author": author} if author else {},
        )


def _text(poem: dict[str, Any], key: str) -> str:
    value = poem.get(key)
    return value.strip()[:_MAX_CHARS] if isinstance(value, str) else ""


def _lines(value: Any) -> list[str] | None:
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        return None
    return [line.strip() for line in value]
