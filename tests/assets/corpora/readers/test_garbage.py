"""Wild input: every reader answers with records and quarantined places, in bounded memory.

The counts rule rests on this: what a reader yields is read, and nothing is raised.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.corpora.readers.catalogue import READERS, read_file
from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.record import DEFAULT_READING, Bad, Fields, Reading, Record

SMALL = Reading(
    limits=ReadLimits(max_line_bytes=2000, max_record_bytes=2000, max_nesting=8, max_rows=50)
)
IN_PROCESS = sorted(set(READERS) - {"columnar", "hpoa", "icd10cm", "obo", "pubmed", "wikipedia"})
XML = ["icd10cm", "pubmed", "wikipedia", "pmc"]
PIECES = st.sampled_from(
    [
        b'{"text": "a"}',
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\\",
        b"\n",
        b"\r\n",
        b"\t",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"text",
        b"id\ttext",
        b" | ",
        b".SH x",
        b".so y",
        b".TS",
        b"%",
        b"/",
        b"<",
        b"[Term]",
        b"id: X:1",
        b"name: n",
        b'def: "d" []',
        b'def: "',
        b",",
        b":",
        b"1e999",
        b"null",
        b"\x1b[31m",
        b"w \\w\\",
        b"0001 29 v 01 x 0 000 | g",
        b'"\\ud800"',
        b"9" * 5000,
        b"x" * 3000,
    ]
)
TAGS = st.sampled_from(
    [
        b"<article>",
        b"</article>",
        b"<front><article-meta>",
        b"</article-meta></front>",
        b"<body>",
        b"</body>",
        b"<sec>",
        b"<p>x</p>",
        b"<MedlineCitation>",
        b"</MedlineCitation>",
        b"<PMID>1</PMID>",
        b"<Article>",
        b"</Article>",
        b"<page>",
        b"</page>",
        b"<section>",
        b"</section>",
        b"<diag>",
        b"</diag>",
        b"<id>1</id>",
        b"<!ENTITY x 'y'>",
        b"&x;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"\0",
        b"\xff",
        b"<revision><text>{{x</text></revision>",
    ]
)


def _check(path: Path, reader: str, how: Reading = SMALL) -> None:
    items = list(read_file(reader, path, path.name, how))
    assert len(items) <= how.limits.max_rows + 1
    for item in items:
        assert isinstance(item, Record | Bad)
        assert item.file == path.name and item.offset >= 0
        if isinstance(item, Bad):
            assert item.reason and len(item.excerpt) <= 200
            item.excerpt.encode()
        else:
            assert item.native_id and len(item.text) <= how.limits.max_record_bytes
            f"{item.native_id}{item.title}{item.text}{item.licence}{item.metadata}".encode()


@pytest.mark.parametrize("reader", [*IN_PROCESS, "obo"])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, max_size=30))
def test_no_text_makes_a_reader_raise(tmp_path: Path, reader: str, pieces: list[bytes]) -> None:
    suffix = ".tsv" if reader == "files" else ".txt"
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"".join(pieces))
    _check(path, reader)


@pytest.mark.parametrize("reader", XML)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(TAGS, max_size=30))
def test_no_markup_makes_a_reader_raise(tmp_path: Path, reader: str, pieces: list[bytes]) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"".join(pieces))
    _check(path, reader)


@pytest.mark.parametrize("suffix", ["gz", "zst", "bz2", "dz"])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), cut=st.integers(0, 300))
def test_no_archive_makes_a_reader_raise(
    tmp_path: Path, suffix: str, content: bytes, cut: int
) -> None:
    path = tmp_path / f"a.jsonl.{suffix}"
    whole = gzip.compress(content) if suffix in ("gz", "dz") else content
    if suffix == "zst":
        whole = zstandard.ZstdCompressor().compress(content)
    path.write_bytes(whole[:cut])
    _check(path, "files")


def test_reading_stops_at_the_limit_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n' * 60)
    *items, last = read_file("jsonl", path, "a.jsonl", SMALL)
    assert len(items) == 50
    assert isinstance(last, Bad) and (last.reason, last.offset) == ("too_many_rows", 50 * 14)


_CHILD = """
import json, resource, sys
from pathlib import Path
from assets.corpora.readers.catalogue import read_file
from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.record import Bad, Reading
path, reader, limits = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
import pyarrow
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
told = []
for item in read_file(reader, path, path.name, Reading(limits=ReadLimits(**limits))):
    told.append(item.reason if isinstance(item, Bad) else "record")
    if len(told) > 5:
        break
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([told, peak / 1024]))
"""


def _measure(path: Path, reader: str, **limits: int) -> tuple[list[str], float]:
    """Return what a reader says of a file and by how many MiB its process grew."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path), reader, json.dumps(limits)],
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=True,
    )
    told, peak = json.loads(done.stdout)
    return told, peak


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["jsonl", "tsv", "obo"])
def test_a_line_of_ten_gigabytes_costs_a_hundred_megabytes(tmp_path: Path, reader: str) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(10 << 30)  # sparse: no disk is used
    told, peak = _measure(path, reader)
    assert told and set(told) <= {"record_too_large", "stream_too_large"}
    assert peak < 100


@pytest.mark.parametrize("reader", ["plain_text", "manpage", "python", "poetry", "pmc"])
def test_a_file_that_is_too_large_for_one_record_is_not_read_on(
    tmp_path: Path, reader: str
) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    if reader == "poetry":
        with path.open("r+b") as file:
            file.write(b'["')
    told, peak = _measure(path, reader)
    assert told == ["record_too_large"]
    assert peak < 120


@cache
def _bomb(suffix: str) -> bytes:
    """Return 300 MiB of zeros, packed."""
    content = bytes(300 << 20)
    if suffix == "gz":
        return gzip.compress(content, 1)
    return zstandard.ZstdCompressor().compress(content)


@pytest.mark.parametrize(
    ("reader", "suffix"),
    [
        ("jsonl", "gz"),
        ("pubmed", "zst"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                ("plain_text", "gz"), ("plain_text", "zst"), ("obo", "gz"), ("pubmed", "gz"),
                ("jsonl", "zst"), ("obo", "zst"),
            )
        ),
    ],
)  # fmt: skip
def test_a_bomb_costs_bounded_memory(tmp_path: Path, suffix: str, reader: str) -> None:
    path = tmp_path / f"bomb.{suffix}"
    path.write_bytes(_bomb(suffix))
    told, peak = _measure(path, reader)
    assert told[-1] in ("decompression_limit", "record_too_large")
    assert peak < 120


def test_an_entity_bomb_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    lines = ['<!ENTITY a0 "aaaaaaaaaa">']
    lines += [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)]
    path.write_text(f"<!DOCTYPE x [{''.join(lines)}]><article><body>&a11;</body></article>")
    told, peak = _measure(path, "pmc")
    assert told == ["entity_declaration"] and peak < 20


@pytest.mark.parametrize("reader", ["jsonl", "poetry"])
def test_json_nested_a_million_deep_is_refused(tmp_path: Path, reader: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": ' + "[" * 1_000_000)
    told, peak = _measure(path, reader)
    assert told == ["nested_too_deep"] and peak < 60


def test_a_record_over_the_limit_of_its_source_is_quarantined(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "x" * 1500, "pad": ""}))
    how = Reading(fields=Fields(), limits=ReadLimits(max_record_bytes=1000))
    [item] = read_file("jsonl", path, "a.jsonl", how)
    assert isinstance(item, Bad) and item.reason == "record_too_large"
    [item] = read_file("jsonl", path, "a.jsonl", DEFAULT_READING)
    assert isinstance(item, Record)
