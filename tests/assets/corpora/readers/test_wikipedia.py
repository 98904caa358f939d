"""Wikipedia dumps: articles, redirects, and the real file."""

from __future__ import annotations

import bz2
from pathlib import Path

from assets.corpora.readers.record import Bad, Record
from assets.corpora.readers.wikipedia import read_wikipedia
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source

FIXTURE = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" xml:lang="en">
<page><title>A</title><ns>0</ns><id>1</id><revision><id>7</id><timestamp>2016-04-01</timestamp>
<text xml:space="preserve">'''A''' is a [[letter]].</text></revision></page>
<page><title>B</title><ns>0</ns><id>2</id><redirect title="A" /><revision><text>x</text>
</revision></page>
<page><title>Talk:A</title><ns>1</ns><id>3</id><revision><text>x</text></revision></page>
<page><title>No text</title><ns>0</ns><id>4</id></page>
</mediawiki>"""


def test_pages_become_articles_or_say_why_not(tmp_path: Path) -> None:
    path = tmp_path / "a.bz2"
    path.write_bytes(bz2.compress(FIXTURE.encode()))
    article, redirect, talk, broken = read_wikipedia(path, "a.bz2")
    assert isinstance(article, Record)
    assert article.text == "A\n\nA is a letter."
    assert article.metadata == {"revision": "7", "timestamp": "2016-04-01"}
    assert isinstance(redirect, Record) and redirect.unusable == "redirect"
    assert isinstance(talk, Record) and talk.unusable == "not_an_article"
    assert isinstance(broken, Bad) and broken.reason == "no_id_title_or_text"


def test_the_real_dump_gives_106_clean_articles() -> None:
    path = next(iter(resolve(source("wikipedia_gensim106"), Path("none")).paths.values()))
    records = [item for item in read_wikipedia(path, "f") if isinstance(item, Record)]
    articles = [record for record in records if not record.unusable]
    assert (len(records), len(articles)) == (206, 106)
    text = "\n".join(record.text for record in articles)
    assert 2_500_000 < len(text) < 3_500_000
    for markup in ("{{", "[[", "]]", "{|", "<ref", "'''", "&nbsp;"):
        assert markup not in text, markup
    assert "Anarchism is a political philosophy that advocates self-governed societies" in text
    assert "The American Revolutionary War (1775\u20131783)" in text
