"""Full-text articles: headed text, identifiers, the article's own licence, retractions."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.corpora.readers.pmc import read_pmc
from assets.corpora.readers.record import Bad, Record

ARTICLE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving DTD v1.2//EN" "x.dtd">
<article article-type="{kind}" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:ali="http://www.niso.org/schemas/ali/1.0/"><front><journal-meta><journal-title-group>
<journal-title>A Journal</journal-title></journal-title-group></journal-meta><article-meta>
<article-id pub-id-type="pmid">12</article-id><article-id pub-id-type="pmc">PMC34</article-id>
<title-group><article-title>On <italic>E. coli</italic></article-title></title-group>
<pub-date><year>2021</year></pub-date>
<permissions><copyright-statement>(c) The Authors</copyright-statement>{licence}</permissions>
<abstract><sec><title>Background</title><p>Short H<sub>2</sub>O.</p></sec></abstract>
</article-meta></front><body>{body}</body><back><ref-list><title>References</title>
<ref><mixed-citation>Somebody</mixed-citation></ref></ref-list></back></article>"""
BODY = """<p>Lead.</p><sec><title>Methods</title><p>We saw<xref>1</xref>
 <list><list-item><p>one</p></list-item><list-item><p>two</p></list-item></list></p>
<fig><caption><p>Hidden.</p></caption></fig><sec><title>Details</title><p>Deep.</p></sec></sec>
<sec><title>Only a figure</title><fig><caption><p>Hidden.</p></caption></fig></sec>"""


def _read(tmp_path: Path, kind: str = "research-article", **parts: str) -> list[Record | Bad]:
    path = tmp_path / "a.xml"
    parts = {"licence": "", "body": BODY, **parts}
    path.write_text(ARTICLE.format(kind=kind, **parts))
    return list(read_pmc(path, "a.xml"))


def test_an_article_becomes_headed_text(tmp_path: Path) -> None:
    [record] = _read(tmp_path)
    assert isinstance(record, Record)
    assert record.text.split("\n\n") == [
        "On E. coli",
        "Abstract",
        "Background",
        "Short H2O.",
        "Lead.",
        "Methods",
        "We saw one two",
        "Details",
        "Deep.",
    ]
    assert (record.native_id, record.title) == ("PMC34", "On E. coli")
    assert record.metadata == {
        "pmid": "12",
        "journal": "A Journal",
        "year": "2021",
        "article_type": "research-article",
        "copyright": "(c) The Authors",
    }


def _deed(path: str) -> str:
    return f'<license xlink:href="https://creativecommons.org/{path}"><license-p/></license>'


@pytest.mark.parametrize(
    ("licence", "spdx"),
    [
        (_deed("licenses/by/4.0/"), "CC-BY-4.0"),
        (_deed("licenses/by-nc-nd/3.0/igo/"), "CC-BY-NC-ND-3.0"),
        (_deed("publicdomain/zero/1.0/"), "CC0-1.0"),
        (_deed("publicdomain/mark/1.0/"), "CC-PDM-1.0"),
        (
            "<license><ali:license_ref>http://creativecommons.org/licenses/by-sa/4.0/"
            "</ali:license_ref></license>",
            "CC-BY-SA-4.0",
        ),
        (
            "<ali:license_ref>https://creativecommons.org/licenses/by-nc/4.0/</ali:license_ref>",
            "CC-BY-NC-4.0",
        ),
        (
            '<license><license-p>See <ext-link xlink:href="https://creativecommons.org/licenses/'
            'by/2.0/">this</ext-link></license-p></license>',
            "CC-BY-2.0",
        ),
        ('<license xlink:href="https://example.org/own-terms"/>', "LicenseRef-PMC-Stated"),
        ("", "LicenseRef-Publisher-Copyright"),
    ],
)
def test_the_licence_is_the_articles_own(tmp_path: Path, licence: str, spdx: str) -> None:
    [record] = _read(tmp_path, licence=licence)
    assert isinstance(record, Record) and record.licence == spdx


@pytest.mark.parametrize(
    ("kind", "unusable"),
    [("retraction", "retraction_notice"), ("retracted-article", "retracted")],
)
def test_retractions_are_no_documents(tmp_path: Path, kind: str, unusable: str) -> None:
    [record] = _read(tmp_path, kind=kind)
    assert isinstance(record, Record) and record.unusable == unusable


def test_an_article_nested_too_deep_is_quarantined(tmp_path: Path) -> None:
    body = "<sec>" * 500 + "<p>x</p>" + "</sec>" * 500
    [item] = _read(tmp_path, body=body)
    assert isinstance(item, Bad) and item.reason == "nested_too_deep"


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text('<!DOCTYPE a [<!ENTITY b "bbbb">]><article><body>&b;</body></article>')
    [item] = read_pmc(path, "a.xml")
    assert isinstance(item, Bad) and item.reason == "entity_declaration"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<article><body/></article>", "no_article_meta"),
        ("<article><front><article-meta/></front></article>", "no_article_id"),
        ("<article><front></article>", "malformed_xml"),
        ("no xml at all", "no_record"),
    ],
)
def test_what_is_no_article_is_quarantined(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(content)
    [item] = read_pmc(path, "a.xml")
    assert isinstance(item, Bad) and item.reason == reason
