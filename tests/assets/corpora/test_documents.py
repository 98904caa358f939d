"""corpora/documents: everything that was read is accounted for, the same way every time."""

from __future__ import annotations

import io
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.corpora import document_shards, documents
from assets.corpora.document_schema import DOCUMENT_SCHEMA, document_id
from assets.corpora.documents import make_documents
from assets.corpora.normalise import normalise, text_hash_of
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import resolve
from assets.corpora.sources import Source, source
from assets.corpora.tombstones import SHINGLE_SCHEMA
from assets.fakes import FakeLake, commit_folder, fake_manifest, fake_workspace
from assets.lineage.workspace import Outcome
from assets.recipes.graph import documents_step, raw_step

GOOD = (
    "Patients with acute infection were studied over two years and the results of treatment were "
    "compared with earlier reports. Recovery was faster when therapy began within one day, while "
    "older people needed longer care. No severe side effects were seen, but mild nausea was "
    "common. We conclude that early therapy should be preferred, and that further controlled "
    "trials have to show whether lower doses would be enough for young adults."
)
GERMAN = (
    "Die Patienten mit akuter Infektion wurden zwei Jahre lang beobachtet und die Ergebnisse der "
    "Behandlung mit frueheren Berichten verglichen. Die Genesung verlief schneller, wenn die "
    "Therapie am ersten Tag begann; Menschen in hohem Alter brauchten mehr Pflege. Schwere "
    "Nebenwirkungen traten nicht auf, doch leichte Uebelkeit war oft zu sehen. Wir meinen, dass "
    "ein frueher Beginn besser ist und weitere Versuche die Dosis klaeren sollten."
)


def _build(tmp_path: Path, entry: Source) -> tuple[Outcome, Path]:
    """Make raw and documents of a source in a lake of their own."""
    lake = FakeLake(tmp_path / "lake")
    snapshot = resolve(entry, tmp_path)
    raw = raw_step(entry.to_dict(), snapshot.to_dict())
    ws = fake_workspace(tmp_path, raw, lake=lake)
    make_raw(snapshot.paths)(ws)
    manifest = fake_manifest(raw, ws.out_dir)
    lake.commit(lake.begin(raw.family, raw.name, raw.fingerprint), manifest)
    ws = fake_workspace(tmp_path, documents_step(raw), (manifest,), lake=lake)
    return make_documents(ws), ws.out_dir


def _inbox(tmp_path: Path, *lines: dict[str, Any] | bytes, **files: str) -> tuple[Outcome, Path]:
    """Make the documents of published files."""
    return _drop(tmp_path, "inbox_public", *lines, **files)


def _drop(
    tmp_path: Path, name: str, *lines: dict[str, Any] | bytes, **files: str
) -> tuple[Outcome, Path]:
    folder = tmp_path / name
    folder.mkdir(parents=True, exist_ok=True)
    content = b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines)
    (folder / "a.jsonl").write_bytes(content)
    for stem, text in files.items():
        (folder / f"{stem}.txt").write_text(text)
    return _build(tmp_path, source(name))


def test_a_forgotten_record_is_dropped_with_its_reason_and_the_counts_add_up(
    tmp_path: Path,
) -> None:
    _, out = _inbox(tmp_path, {"id": "1", "text": GOOD}, {"id": "2", "text": GERMAN})
    kept = pl.read_parquet(out / "documents/*.parquet").filter(pl.col("native_id") == "1")
    lake = FakeLake(tmp_path / "lake")
    rows = kept.select("doc_id", "text_hash")
    none = pl.DataFrame(schema=SHINGLE_SCHEMA)
    files = {"tombstones.parquet": _bytes(rows), "shingles.parquet": _bytes(none)}
    request = commit_folder(
        lake, "corpora/tombstones", files, partition="", near="drop", sources=[]
    )
    raw = raw_step(source("inbox_public").to_dict(), {"files": []})
    held = {"files/a.jsonl": (tmp_path / "inbox_public" / "a.jsonl").read_bytes()}
    manifest = commit_folder(lake, "corpora/raw", held, partition="inbox_public")
    ws = fake_workspace(tmp_path / "b", documents_step(raw), (manifest, request), lake=lake)
    outcome = make_documents(ws)
    assert outcome.counts["read"] == 2
    assert (outcome.counts["kept"], outcome.counts["dropped"]) == (1, 1)
    dropped = pl.read_parquet(ws.out_dir / "dropped/*.parquet")
    told = dropped.select("reason", "title", "excerpt").rows()
    assert told == [("tombstoned", "", "by doc_id")]
    assert GOOD[:20] not in (ws.out_dir / "counts.json").read_text()


def _bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def test_every_record_is_kept_dropped_or_quarantined(tmp_path: Path) -> None:
    outcome, out = _inbox(
        tmp_path,
        {"id": "1", "text": GOOD, "title": " A  title "},
        {"id": "2", "text": "Too short."},
        {"id": "3", "text": ""},
        b"{broken",
        notes=GOOD + " With a last remark.",
    )
    assert outcome.counts["read"] == 5
    report = json.loads((out / "counts.json").read_text())
    assert report.pop("languages") == {"en": 2}
    assert report.pop("taken_out") == {}
    assert report.pop("samples")["too_few_words"][0]["excerpt"] == "Too short."
    assert report == {
        "read": 5,
        "kept": 2,
        "dropped": 2,
        "quarantined": 1,
        "reasons": {
            "dropped: no_text": 1,
            "dropped: too_few_words": 1,
            "quarantined: malformed_json": 1,
        },
    }
    kept = pl.read_parquet(out / "documents/*.parquet")
    row = kept.row(by_predicate=pl.col("native_id") == "1", named=True)
    assert row["title"] == "A title"
    assert row["doc_id"] == document_id("inbox_public", "1", GOOD)
    assert row["text_hash"] == text_hash_of(GOOD)
    assert row["licence"] == "LicenseRef-User-Provided"
    assert json.loads(row["provenance"]) == {"file": "a.jsonl", "offset": 0}
    dropped = pl.read_parquet(out / "dropped/*.parquet")
    assert dict(zip(dropped["native_id"], dropped["reason"], strict=True)) == {
        "2": "too_few_words",
        "3": "no_text",
    }
    quarantine = pl.read_parquet(out / "quarantine/*.parquet").row(0, named=True)
    assert quarantine["reason"] == "malformed_json"
    assert quarantine["excerpt"] == "{broken"


def test_files_have_the_binding_schema_even_when_empty(tmp_path: Path) -> None:
    _, out = _inbox(tmp_path, {"text": "Too short."})
    assert pl.read_parquet_schema(out / "documents/00000.parquet") == DOCUMENT_SCHEMA
    assert list(pl.read_parquet_schema(out / "dropped/00000.parquet")) == [
        "doc_id", "source", "native_id", "title", "reason", "excerpt", "text_hash",
    ]  # fmt: skip
    assert list(pl.read_parquet_schema(out / "quarantine/00000.parquet")) == [
        "source", "file", "offset", "reason", "excerpt",
    ]  # fmt: skip
    assert (out / "reasons.png").read_bytes().startswith(b"\x89PNG")


def test_a_repeated_record_is_kept_once(tmp_path: Path) -> None:
    line = {"id": "1", "text": GOOD}
    outcome, out = _inbox(tmp_path, line, line, {**line, "text": f"  {GOOD}\r\n"})
    assert outcome.counts["kept"] == 1
    assert pl.read_parquet(out / "dropped/*.parquet")["reason"].to_list() == ["repeated_record"] * 2


def test_the_same_text_under_two_names_is_two_documents(tmp_path: Path) -> None:
    outcome, out = _inbox(tmp_path, {"id": "1", "text": GOOD}, {"id": "2", "text": GOOD})
    assert outcome.counts["kept"] == 2
    assert pl.read_parquet(out / "documents/*.parquet")["text_hash"].n_unique() == 1


def test_a_record_may_state_its_own_labels(tmp_path: Path) -> None:
    code = "def add(a, b):\n    return a + b\n\n\n" * 5
    _, out = _inbox(
        tmp_path,
        {"id": "1", "text": GOOD, "domain": "medical", "licence": "CC0-1.0"},
        {"id": "2", "text": code, "domain": "code", "language": "en"},
        {"id": "3", "text": GERMAN},
    )
    rows = {r["native_id"]: r for r in pl.read_parquet(out / "documents/*.parquet").to_dicts()}
    assert (rows["1"]["domain"], rows["1"]["licence"]) == ("medical", "CC0-1.0")
    assert rows["1"]["language"] == "en"
    assert "\n    return a + b" in rows["2"]["text"]
    assert (rows["3"]["domain"], rows["3"]["language"]) == ("general", "de")


def test_a_language_that_the_source_does_not_allow_is_dropped(tmp_path: Path) -> None:
    folder = tmp_path / "inbox_public"
    folder.mkdir()
    (folder / "a.txt").write_text(GERMAN)
    _, out = _build(tmp_path, replace(source("inbox_public"), language="en"))
    assert pl.read_parquet(out / "dropped/*.parquet")["reason"].to_list() == [
        "language_not_allowed"
    ]


def test_reading_stops_at_the_sources_cap(tmp_path: Path) -> None:
    folder = tmp_path / "inbox_public"
    folder.mkdir()
    lines = [json.dumps({"id": str(i), "text": f"{GOOD} Case {i}."}) for i in range(9)]
    (folder / "a.jsonl").write_text("\n".join(lines))
    outcome, _ = _build(tmp_path, replace(source("inbox_public"), max_records=4))
    assert outcome.counts["read"] == outcome.counts["kept"] == 4


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    lines = [{"id": str(i), "text": f"{GOOD} Case {i}."} for i in range(20)]
    lines += [{"id": "x", "text": "short"}, {"id": "y", "text": GERMAN}]
    _, first = _inbox(tmp_path / "first", *lines, b"{")
    _, second = _inbox(tmp_path / "second", *lines, b"{")
    names = sorted(path.relative_to(first).as_posix() for path in first.rglob("*.*"))
    assert names == [
        "counts.json", "documents/00000.parquet", "dropped/00000.parquet",
        "quarantine/00000.parquet", "reasons.png",
    ]  # fmt: skip
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_documents_are_sorted_by_their_id(tmp_path: Path) -> None:
    lines = [{"id": str(i), "text": f"{GOOD} Case {i}."} for i in range(50)]
    _, out = _inbox(tmp_path, *lines)
    ids = pl.read_parquet(out / "documents/*.parquet")["doc_id"].to_list()
    assert ids == sorted(ids)
    assert all(len(doc_id) == 32 for doc_id in ids)


def test_the_identity_of_a_document_is_pinned() -> None:
    # A change here is a change of every doc_id: raise the code version of corpora/documents.
    assert document_id("pubmed", "1", "text") == "7036422a6d403d654e43da222bb1336b"


@given(st.text(), st.text(alphabet=" \n\t\r\u00a0"))
def test_spacing_around_a_text_does_not_change_its_identity(text: str, padding: str) -> None:
    first = normalise(text, keep_layout=False)
    second = normalise(padding + text + padding, keep_layout=False)
    assert document_id("s", "n", first) == document_id("s", "n", second)


@pytest.mark.parametrize(
    ("name", "read", "kept", "text_bytes"),
    [
        pytest.param("icd10cm", 1918, 1918, (2_500_000, 3_200_000), marks=pytest.mark.slow),
        pytest.param("hpo", 19484, 16449, (5_500_000, 6_000_000), marks=pytest.mark.slow),
        ("wikipedia_gensim106", 206, 104, (2_600_000, 3_100_000)),
    ],
)
def test_real_sources_give_their_documents(
    tmp_path: Path, name: str, read: int, kept: int, text_bytes: tuple[int, int]
) -> None:
    outcome, out = _build(tmp_path, source(name))
    assert (outcome.counts["read"], outcome.counts["kept"]) == (read, kept)
    assert outcome.counts["quarantined"] == 0
    assert text_bytes[0] < outcome.counts["text_bytes"] < text_bytes[1]
    table = pl.read_parquet(out / "documents/*.parquet")
    assert table["doc_id"].n_unique() == table.height == kept
    assert table["licence"].unique().to_list() == [source(name).licence]
    assert table["language"].unique().to_list() == ["en"]


def test_the_standard_library_gives_code_with_its_indentation(tmp_path: Path) -> None:
    outcome, out = _build(tmp_path, source("python_stdlib"))
    assert outcome.counts["text_bytes"] > 2_000_000
    kept = pl.read_parquet(out / "documents/*.parquet")
    assert kept["domain"].unique().to_list() == ["code"]
    assert kept["text"].str.contains("\n    def ").sum() > 50


@pytest.mark.slow
def test_the_older_pubmed_file_is_read_in_25_seconds(tmp_path: Path) -> None:
    started = time.process_time()
    outcome, _ = _build(tmp_path, source("pubmed_1976_1980"))
    assert time.process_time() - started < 25
    assert outcome.counts["read"] == 30_000
    assert outcome.counts["kept"] == 14_181
    assert outcome.counts["quarantined"] == 0


@pytest.mark.slow
def test_an_abstract_that_a_publisher_owns_carries_that_licence(tmp_path: Path) -> None:
    outcome, out = _build(tmp_path, source("pubmed_2020_2021"))
    assert outcome.counts["read"] == 20_788
    kept = pl.read_parquet(out / "documents/*.parquet")
    owned = kept.filter(pl.col("licence") == "LicenseRef-Publisher-Copyright")
    assert owned.height == 13_106
    assert owned["provenance"].str.contains('"copyright"').all()


def test_parts_hold_ranges_of_ids_whatever_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [{"id": str(i), "text": f"{GOOD} Case {i}."} for i in range(60)]
    _, whole = _inbox(tmp_path / "one", *lines, {"id": "7", "text": f"{GOOD} Case 7."})
    monkeypatch.setattr(documents, "PART_BYTES", 3000)
    outcome, out = _inbox(tmp_path / "many", *lines, {"id": "7", "text": f"{GOOD} Case 7."})
    parts = sorted((out / "documents").iterdir())
    assert len(parts) > 5
    together = pl.concat([pl.read_parquet(part) for part in parts])
    assert together.equals(pl.read_parquet(whole / "documents/00000.parquet"))
    assert outcome.counts["dropped"] == 1


def test_memory_is_spooled_in_fragments_that_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [{"id": str(i), "text": f"{GOOD} Case {i}."} for i in range(40)]
    _, whole = _inbox(tmp_path / "one", *lines)
    monkeypatch.setattr(document_shards, "BATCH_BYTES", 2000)
    monkeypatch.setattr(document_shards, "SPOOL_BYTES", 4000)
    _, out = _inbox(tmp_path / "many", *lines)
    name = "documents/00000.parquet"
    assert (out / name).read_bytes() == (whole / name).read_bytes()


def test_notes_are_masked_before_they_have_an_identity(tmp_path: Path) -> None:
    text = f"{GOOD} Patient: Maria Gonzalez, MRN 48213377, phone (415) 555-0132."
    _, out = _drop(tmp_path, "inbox", {"id": "1", "text": text, "title": "Note on Maria Gonzalez"})
    row = pl.read_parquet(out / "documents/*.parquet").row(0, named=True)
    for secret in ("Gonzalez", "48213377", "555-0132"):
        assert secret not in json.dumps(row)
    assert row["text_hash"] != text_hash_of(text)
    assert json.loads((out / "counts.json").read_text())["taken_out"]["masked/name"] >= 1


def test_what_cannot_be_read_is_masked_as_well(tmp_path: Path) -> None:
    _, out = _drop(tmp_path, "inbox", b'{broken "phone (415) 555-0132')
    row = pl.read_parquet(out / "quarantine/*.parquet").row(0, named=True)
    assert row["reason"] == "malformed_json" and "555-0132" not in row["excerpt"]


def test_ids_and_file_names_of_notes_are_not_kept(tmp_path: Path) -> None:
    note = {"id": "MRN-48213377", "text": f"{GOOD} Seen again."}
    _, out = _drop(tmp_path, "inbox", note, b"{", Gonzalez_Maria=f"{GOOD} A second note.")
    tables = [pl.read_parquet(out / f"{name}/*.parquet") for name in ("documents", "quarantine")]
    written = json.dumps([table.to_dicts() for table in tables])
    assert "48213377" not in written and "Gonzalez" not in written
    ids = sorted(tables[0]["native_id"])
    assert [native_id.split(":")[0] for native_id in ids] == ["file-00000", "file-00001"]
