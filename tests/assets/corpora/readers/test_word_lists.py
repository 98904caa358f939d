"""Dictionaries, poems and files of many short documents."""

from __future__ import annotations

import json
from pathlib import Path

from assets.corpora.readers.line_documents import read_fortunes, read_line_documents
from assets.corpora.readers.poetry import read_poetry
from assets.corpora.readers.record import Bad, Reader, Record
from assets.corpora.readers.word_lists import read_edict, read_gcide, read_wordnet


def _read(tmp_path: Path, reader: Reader, content: bytes) -> list[Record | Bad]:
    path = tmp_path / "a"
    path.write_bytes(content)
    return list(reader(path, "a"))


def _told(items: list[Record | Bad]) -> list[tuple[int, str]]:
    return [(i.offset, i.reason if isinstance(i, Bad) else i.text) for i in items]


def test_an_entry_of_gcide_begins_with_its_headword(tmp_path: Path) -> None:
    content = (
        b"preface\n\nAb \\Ab\\ n.\n   1. A {muscle}.\n\n   Syn: b.\n"
        b"Bad \\Bad\\ a.\n   \xff\nCat \\Cat\\ n.\n   Purrs.\n"
    )
    items = _read(tmp_path, read_gcide, content)
    assert [told[1] for told in _told(items)] == [
        "Ab n.\n1. A muscle.\n\nSyn: b.",
        "not_utf8",
        "Cat n.\nPurrs.",
    ]
    assert [content[item.offset :][:3] for item in items] == [b"Ab ", b"Bad", b"Cat"]


def test_a_synset_is_its_words_and_its_gloss(tmp_path: Path) -> None:
    content = (
        b'  1 the licence\n00001 29 v 02 sigh 0 let_out 4 000 | breathe; "she sighed"  \n'
        b"00002 29 v 01\n00003 29 v 01 x 0 000 |  \n"
    )
    first, *others = _read(tmp_path, read_wordnet, content)
    assert isinstance(first, Record)
    assert (first.native_id, first.title, first.text) == (
        "v00001",
        "sigh",
        'sigh, let out: breathe; "she sighed"',
    )
    assert [told[1] for told in _told(others)] == ["malformed_synset"] * 2


def test_an_entry_of_edict_is_its_word_reading_and_senses(tmp_path: Path) -> None:
    content = (
        "\u3000\uff1f /EDICT/\n\u718a [\u304f\u307e] /(n) bear/EntL1234567X/\n"
        "\u3042 /(int) ah/\nnothing\n"
    ).encode("euc_jp")
    items = _read(tmp_path, read_edict, content + b"\xff\xff /x/\n")
    assert [told[1] for told in _told(items)] == [
        "\u718a\u3010\u304f\u307e\u3011\n(n) bear",
        "\u3042\n(int) ah",
        "malformed_entry",
        "not_euc_jp",
    ]


def test_a_poem_is_its_heading_and_lines(tmp_path: Path) -> None:
    poems = [
        {"title": "A", "author": "B", "paragraphs": ["one", " two "]},
        {"rhythmic": "C", "content": ["three"]},
        {"title": "lost", "paragraphs": []},
        {"title": "none"},
        "text",
    ]
    items = _read(tmp_path, read_poetry, json.dumps(poems).encode())
    assert [told[1] for told in _told(items)] == [
        "A\u3000B\none\ntwo", "C\nthree", "lost", "no_text_field", "no_text_field",
    ]  # fmt: skip
    assert isinstance(items[2], Record) and items[2].unusable == "no_text"


def test_fortunes_stand_between_percent_signs(tmp_path: Path) -> None:
    content = b"one\nmore\n%\n\x1b[33mtwo\x1b[m\n%\n\n%\n\xff\n"
    assert _told(_read(tmp_path, read_fortunes, content)) == [
        (0, "one\nmore"),
        (11, "two"),
        (28, "not_utf8"),
    ]


def test_every_line_is_a_document(tmp_path: Path) -> None:
    assert _told(_read(tmp_path, read_line_documents, b"one\n\n two\n\xff\n")) == [
        (0, "one"),
        (5, " two"),
        (10, "not_utf8"),
    ]
