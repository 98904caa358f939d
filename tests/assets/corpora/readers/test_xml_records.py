"""Cutting XML into records: offsets, damage that stays local, entities that are refused."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from assets.corpora.readers.limits import DEFAULT_LIMITS, ReadLimits
from assets.corpora.readers.record import Bad
from assets.corpora.readers.xml_records import Element, xml_records

BOMB = """<?xml version="1.0"?>
<!DOCTYPE set [
 <!ENTITY a "aaaaaaaaaa">
 <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
 <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<set><r>&c;</r></set>
"""


def _read(
    tmp_path: Path, content: str | bytes, limits: ReadLimits = DEFAULT_LIMITS
) -> list[Element | Bad]:
    path = tmp_path / "a.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(xml_records(path, "a.xml", "r", limits))


def _told(items: list[Element | Bad]) -> list[str]:
    return [i.reason if isinstance(i, Bad) else i.root.get("id", "") for i in items]


def test_records_come_in_order_with_their_offsets(tmp_path: Path) -> None:
    content = '<?xml version="1.0" encoding="utf-8"?>\n<set>\n<r id="1"/></r>'
    content = content.replace("/></r>", ">\u00e9</r>") + '<other/><r id="2">b</r></set>'
    items = _read(tmp_path, content)
    assert _told(items) == ["1", "2"]
    assert [item.offset for item in items] == [
        content.encode().index(b'<r id="1"'),
        content.encode().index(b'<r id="2"'),
    ]


def test_a_malformed_record_does_not_take_its_neighbours(tmp_path: Path) -> None:
    content = '<set><r id="1">a</r><r id="2"><b></r><r id="3">c & d</r><r id="4">d</r></set>'
    items = _read(tmp_path, content)
    assert _told(items) == ["1", "malformed_xml", "malformed_xml", "4"]
    assert isinstance(items[1], Bad)
    assert items[1].offset == content.index('<r id="2"')
    assert items[1].excerpt == '<r id="2"><b></r>'


def test_a_tag_with_the_same_beginning_is_another_tag(tmp_path: Path) -> None:
    assert _told(_read(tmp_path, '<set><rest>x</rest><r id="1">a</r></set>')) == ["1"]


def test_entity_declarations_are_refused_before_anything_is_expanded(tmp_path: Path) -> None:
    items = _read(tmp_path, BOMB)
    assert _told(items) == ["entity_declaration"]


def test_the_same_bomb_does_expand_in_a_plain_parser() -> None:
    assert ET.fromstring(BOMB.encode()).findtext("r") == "a" * 1000


def test_external_entities_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret words")
    content = f'<!DOCTYPE s [<!ENTITY x SYSTEM "file://{secret}">]><s><r>&x;</r></s>'
    assert _told(_read(tmp_path, content)) == ["entity_declaration"]


def test_a_doctype_inside_a_record_is_malformed(tmp_path: Path) -> None:
    content = '<set><r id="1"><!DOCTYPE r [<!ENTITY a "b">]>&a;</r><r id="2">x</r></set>'
    assert _told(_read(tmp_path, content)) == ["malformed_xml", "2"]


def test_an_undeclared_entity_is_malformed(tmp_path: Path) -> None:
    assert _told(_read(tmp_path, "<set><r>&nope;</r></set>")) == ["malformed_xml"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ["no_record"]),
        ("<set></set>", ["no_record"]),
        ('<set><r id="1">a</r><r id="2">cut', ["1", "truncated_record"]),
        ('<?xml version="1.0" encoding="utf-16"?><set><r>a</r></set>', ["not_utf8"]),
        (b"<set><r>\xff\xfe</r></set>", ["malformed_xml"]),
    ],
)
def test_damage_to_the_file_is_named(tmp_path: Path, content: str | bytes, told: list[str]) -> None:
    assert _told(_read(tmp_path, content)) == told


def test_a_record_over_the_limit_is_skipped_and_the_next_is_read(
    tmp_path: Path,
) -> None:
    limits = ReadLimits(max_record_bytes=1 << 20)
    huge = '<r id="huge">' + "x" * (5 << 20) + "</r>"
    items = _read(tmp_path, f'<set><r id="1">a</r>{huge}<r id="2">b</r></set>', limits)
    assert _told(items)[0] == "1"
    assert _told(items)[-1] == "2"
    assert set(_told(items)[1:-1]) == {"record_too_large"}


def test_records_cut_by_chunks_are_whole(tmp_path: Path) -> None:
    count, body = 3000, "y" * 1000
    content = "<set>" + "".join(f'<r id="{i}">{body}</r>' for i in range(count)) + "</set>"
    items = _read(tmp_path, content)
    assert _told(items) == [str(i) for i in range(count)]


def test_many_openings_without_an_end_take_little_time(tmp_path: Path) -> None:
    started = time.process_time()
    items = _read(tmp_path, "<set>" + '<r id="1">' * 300_000)
    assert _told(items) == ["truncated_record"]
    assert time.process_time() - started < 2


def test_a_record_of_too_many_elements_is_not_parsed(tmp_path: Path) -> None:
    items = _read(tmp_path, f"<set><r>{'<a/>' * 1_000_001}</r><r id='2'>b</r></set>")
    assert _told(items) == ["too_many_elements", "2"]


def test_a_deep_record_is_parsed_without_recursion(tmp_path: Path) -> None:
    [item] = _read(tmp_path, f"<set><r id='1'>{'<a>' * 100_000}{'</a>' * 100_000}</r></set>")
    assert isinstance(item, Element)
