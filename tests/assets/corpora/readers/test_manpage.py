"""Manual pages: man and mdoc macros into text."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.manpage import read_manpage, roff_to_text
from assets.corpora.readers.record import Bad, Reading, Record

PAGE = (
    r""".\" a comment
.TH LS 1 "2021" "GNU"
.SH NAME
ls \- """
    + "\u4e00\u89a7"
    + r"""
.SH OPTIONS
.TP
\fB\-a\fR, \fB\-\-all\fR
show \(lqall\(rq \" a remark
.BR ls (1)
.B "two words"
.TS
l l.
hidden	table
.TE
.de XX
hidden macro
..
end
"""
)


def test_macros_become_headings_and_lines() -> None:
    assert roff_to_text(PAGE) == (
        "NAME\n\nls - \u4e00\u89a7\n\nOPTIONS\n\n-a, --all\nshow \u201call\u201d\nls(1)\n"
        "two words\nend"
    )


def test_mdoc_macros_become_words() -> None:
    source = ".Dd May 1\n.Sh NAME\n.Nm tar\n.Op Fl x Ar file\n.Pp\nText.\n"
    assert roff_to_text(source) == "NAME\n\ntar\nx file\n\nText."


def test_a_page_is_one_record_and_a_redirect_none(tmp_path: Path) -> None:
    path = tmp_path / "ls.1.gz"
    path.write_bytes(gzip.compress(b".SH NAME\nls\n"))
    [record] = read_manpage(path, "man/ls.1.gz")
    assert isinstance(record, Record)
    assert (record.title, record.text, record.unusable) == ("ls.1", "NAME\n\nls", "")
    path.write_bytes(gzip.compress(b".so man1/other.1\n"))
    [record] = read_manpage(path, "man/ls.1.gz")
    assert isinstance(record, Record) and record.unusable == "redirect"


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\xff", "not_utf8"), (b"x" * 101, "record_too_large")]
)
def test_an_unreadable_page_is_quarantined(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.1"
    path.write_bytes(content)
    [item] = read_manpage(path, "a.1", Reading(limits=ReadLimits(max_record_bytes=100)))
    assert isinstance(item, Bad) and item.reason == reason


@given(st.text(alphabet=st.sampled_from('.\\"fBRsTSde(*[]\n x-'), max_size=200))
def test_any_source_gives_text(source: str) -> None:
    assert isinstance(roff_to_text(source), str)
