"""Wikipedia dumps (XML, bzip2): one record per page, its wikitext turned into plain text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.wikitext import wikitext_to_text
from assets.corpora.readers.xml_records import xml_records

ARTICLE_NAMESPACE = "0"


def read_wikipedia(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    for item in xml_records(path, name, "page", how.limits):
        if isinstance(item, Bad):
            yield item
            continue
        page = item.root
        identifier, title = page.findtext("id", "").strip(), page.findtext("title", "").strip()
        wikitext = page.findtext("revision/text")
        if not identifier or not title or wikitext is None:
            yield bad(name, item.offset, "no_id_title_or_text", title)
            continue
        unusable = ""
        if page.find("redirect") is not None:
            unusable = "redirect"
        elif page.findtext("ns", ARTICLE_NAMESPACE) != ARTICLE_NAMESPACE:
            unusable = "not_an_article"
        text = "" if unusable else wikitext_to_text(wikitext)
        yield Record(
            native_id=identifier,
            title=title,
            text=f"{title}\n\n{text}" if text else "",
            file=name,
            offset=item.offset,
            unusable=unusable,
            metadata={
                "revision": page.findtext("revision/id", "").strip(),
                "timestamp": page.findtext("revision/timestamp", "").strip(),
            },
        )
