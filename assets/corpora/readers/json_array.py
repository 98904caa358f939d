"""JSON arrays: one object an element, streamed, each a record by its column names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.json_items import json_items
from assets.corpora.readers.labelled import record_of_row
from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad


def read_json_array(
    path: Path, name: str, how: Reading = DEFAULT_READING
) -> Iterator[Record | Bad]:
    for number, item in enumerate(json_items(path, name, how.limits), 1):
        if isinstance(item, Bad):
            yield item
        elif not isinstance(item.value, dict):
            yield bad(name, item.offset, "no_text_field", type(item.value).__name__)
        else:
            yield record_of_row(
                item.value, how.fields, file=name, offset=item.offset, number=number
            )
