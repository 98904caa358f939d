"""Items of a large JSON file: offsets, pieces, damage, nesting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.corpora.readers.json_items import Item, json_items
from assets.corpora.readers.json_text import BadJson, nesting, parse_json
from assets.corpora.readers.limits import DEFAULT_LIMITS, ReadLimits
from assets.corpora.readers.record import Bad

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def _read(
    tmp_path: Path, content: str | bytes, limits: ReadLimits = DEFAULT_LIMITS
) -> list[Item | Bad]:
    path = tmp_path / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(json_items(path, "a.json", limits))


def _told(items: list[Item | Bad]) -> list[Any]:
    return [i.reason if isinstance(i, Bad) else (i.key, i.value) for i in items]


def test_elements_and_members_come_with_their_byte_offsets(tmp_path: Path) -> None:
    items = _read(tmp_path, ' [ "\u00e9\u4e2d", 12 ,{"a": [1]}] ')
    assert _told(items) == [("", "\u00e9\u4e2d"), ("", 12), ("", {"a": [1]})]
    assert [item.offset for item in items] == [3, 12, 16]
    items = _read(tmp_path, '{"\u00e9": 1, "b": null}')
    assert _told(items) == [("\u00e9", 1), ("b", None)]
    assert [item.offset for item in items] == [1, 10]


def test_items_cut_by_chunks_are_whole(tmp_path: Path) -> None:
    values = [{"n": i, "text": "\u4e2d" * 500} for i in range(3000)]
    items = _read(tmp_path, json.dumps(values, ensure_ascii=False))
    assert [i.value for i in items if isinstance(i, Item)] == values


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", []),
        ("[1, 2", [("", 1), ("", 2), "malformed_json"]),
        ("[1 2]", [("", 1), "malformed_json"]),
        ("[1, tru]", [("", 1), "malformed_json"]),
        ("[1] x", [("", 1), "malformed_json"]),
        ('{"a" 1}', ["malformed_json"]),
        ("{1: 2}", ["malformed_json"]),
        ("", ["no_array_or_object"]),
        ("17", ["no_array_or_object"]),
        (b'["\xff"]', ["not_utf8"]),
        ("[" + "[" * 100_000, ["nested_too_deep"]),
        ("[" + "[" * 100 + "]" * 100 + ", 1]", ["nested_too_deep", ("", 1)]),
    ],
)
def test_damage_ends_the_reading_with_its_reason(
    tmp_path: Path, content: str | bytes, told: list[Any]
) -> None:
    assert _told(_read(tmp_path, content)) == told


def test_an_item_over_the_limit_ends_the_reading(tmp_path: Path) -> None:
    content = json.dumps(["x", "y" * 5_000_000, "z"])
    items = _read(tmp_path, content, ReadLimits(max_record_bytes=1 << 20))
    assert _told(items) == [("", "x"), "record_too_large"]


@settings(deadline=None)
@given(values=st.lists(VALUES, max_size=5), indent=st.sampled_from([None, 1]))
def test_any_array_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any], indent: int | None
) -> None:
    content = json.dumps(values, indent=indent)
    items = _read(tmp_path_factory.mktemp("json"), content)
    assert [item.value for item in items if isinstance(item, Item)] == values


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@example("{")
@given(VALUES)
def test_nesting_is_the_depth_of_the_value(value: Any) -> None:
    assert nesting(json.dumps(value).encode()) == _depth(value)
    assert nesting(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) == _depth(
        value
    )


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        parse_json(content, 64)
    except BadJson as error:
        assert error.reason in ("not_utf8", "nested_too_deep", "malformed_json")
