"""mixtures/signatures: templates weigh nothing, forms keep their entries, sketches are golden."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from assets.compute import InlineCompute
from assets.fakes import FakeLake
from assets.lineage.storage import Folder
from assets.mixtures.deduplication.components import LABELS, label_components
from assets.mixtures.deduplication.frames import read_frames, write_frame
from assets.recipes.data import SignatureSpec
from tests.assets.mixtures.deduplication.case import (
    SIGNATURES,
    committed,
    deduped,
    document,
    sentence,
    signed,
)

FORM = "it is a kind of entry that the registry keeps and reviews every second year"


def entry(number: int, shared: int, title: str = "", source: str = "registry") -> dict[str, Any]:
    """A form: a name and sixty words that entries with the same `shared` have in common."""
    words = [f"name{number}", *FORM.split(), *sentence(1000 + shared, 60)]
    return document(source, f"{number}", " ".join(words), title or f"Entry {number}")


def test_entries_of_a_form_with_the_same_definition_are_different_facts(tmp_path: Path) -> None:
    documents = [entry(number, shared=number // 2) for number in range(80)]
    found = deduped(tmp_path, documents)
    assert found.documents.height == 80
    assert found.outcome.counts["pairs_of_different_entries"] == 40
    loose = deduped(tmp_path / "loose", documents, signatures={**SIGNATURES, "form_share": 1.0})
    assert loose.merged.height == 40


def test_a_near_copy_of_an_entry_under_its_own_title_is_still_found(tmp_path: Path) -> None:
    documents = [entry(number, shared=number) for number in range(80)]
    words = documents[7]["text"].split()
    words[40] = "changed"
    copy = document("registry", "again", " ".join(words), documents[7]["title"].upper())
    found = deduped(tmp_path, [*documents, copy])
    assert found.merged["rule"].to_list() == ["near"]
    pair = {*found.merged["doc_id"], *found.merged["kept_doc_id"]}
    assert pair == {copy["doc_id"], documents[7]["doc_id"]}


def test_words_of_a_template_bring_no_documents_together(tmp_path: Path) -> None:
    """Eighty of ninety words are the form's: untreated, all entries are alike."""
    form = sentence(1, 80)
    documents = [
        document("notes", f"{n}", " ".join([*form, *sentence(n + 50, 10)]), "Note")
        for n in range(60)
    ]
    treated = deduped(tmp_path / "treated", documents)
    assert treated.merged.height == 0
    never = {**SIGNATURES, "min_template_documents": 10_000}
    assert deduped(tmp_path / "untreated", documents, signatures=never).merged.height == 59


def test_a_document_of_templates_alone_is_compared_exactly_only(tmp_path: Path) -> None:
    form = " ".join(sentence(1, 80))
    documents = [document("notes", f"{n}", f"{form} {n}", "Note") for n in range(60)]
    found = deduped(tmp_path, documents, signatures={**SIGNATURES, "min_shingles": 8})
    assert found.merged.height == 0
    assert found.outcome.counts["documents_compared_exactly_only"] == 60


def test_templates_are_on_record_with_a_phrase_and_their_documents(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    documents = [entry(number, shared=number) for number in range(30)]
    manifest, outcome = signed(tmp_path, lake, committed(lake, documents, 3)["registry"])
    templates = pl.read_parquet(Path(lake.uri(manifest)) / "templates.parquet")
    words = FORM.split()
    expected = {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}
    assert set(templates["phrase"]) == expected
    assert set(templates["num_sampled"]) == set(templates["num_documents"]) == {30}
    assert outcome.counts["template_shingles"] == 30 * len(expected)
    assert "titles tell them apart" in outcome.summary


def _arrow(path: Path) -> pl.DataFrame:
    frame = pl.from_arrow(pa.ipc.open_file(path).read_all())
    assert isinstance(frame, pl.DataFrame)
    return frame


def test_signatures_are_the_ones_on_record(tmp_path: Path) -> None:
    """A change here changes what is compared everywhere: raise the code versions if it must be."""
    lake = FakeLake(tmp_path / "lake")
    text = "Aspirin 100 mg daily; caf\u00e9 \u9ad8\u8840\u538b after dinner"
    manifest, _ = signed(tmp_path, lake, committed(lake, [document("wiki", "a", text)])["wiki"])
    folder = Path(lake.uri(manifest))
    row = pl.read_parquet(folder / "signatures/00000.parquet").row(0, named=True)
    assert (row["num_shingles"], row["num_template_shingles"], row["entry"]) == (8, 0, 0)
    sketch = _arrow(folder / "sketches/00000.arrow")["lows"][0]
    # The lowest bytes of 1192716309, 549289161, 11323297 and 1581207080.
    assert list(sketch[:4]) == [21, 201, 161, 40]
    keys = _arrow(folder / "bands/00000.arrow")["key"]
    assert len(keys) == 32
    assert keys.sort()[:2].to_list() == GOLDEN


GOLDEN = [401315964607868319, 593395642170375150]


def test_documents_of_another_source_are_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    manifest = committed(lake, [document("wiki", "a", "text")])["wiki"]
    from dataclasses import replace

    with pytest.raises(ValueError, match="holds documents of wiki, not journal"):
        signed(tmp_path, lake, replace(manifest, partition="journal"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_hashes": 0}, "num_hashes 0 must be at least 1"),
        ({"num_bands": 7}, "128 hashes do not split into 7 bands"),
        ({"threshold": 0.0}, "threshold 0.0 not in"),
        ({"form_share": 0.0}, "form_share 0.0 not in"),
        ({"min_template_documents": 1}, "min_template_documents 1 is below 2"),
    ],
)
def test_impossible_specs_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SignatureSpec(**{**SIGNATURES, **change})


@pytest.mark.parametrize("num_shards", [2, 5])
def test_components_over_shards_are_those_of_one_worker(tmp_path: Path, num_shards: int) -> None:
    rng = random.Random(num_shards)
    chain = [(n, n + 1) for n in range(300, 380)]
    edges = chain + [(rng.randrange(300), rng.randrange(300)) for _ in range(220)]
    rng.shuffle(edges)
    files = []
    for number in range(4):
        part = edges[number::4]
        frame = pl.DataFrame(
            {"left": [a for a, _ in part], "right": [b for _, b in part]},
            schema={"left": pl.UInt64, "right": pl.UInt64},
        )
        files.append(write_frame(Folder(uri=str(tmp_path)), f"edges/{number}.parquet", frame))
    labels = []
    for shards in (1, num_shards):
        scratch = Folder(uri=str(tmp_path / str(shards)))
        sent = label_components(InlineCompute(), files, (0, 200), shards, scratch)
        found = read_frames([file for each in sent for _, file in each], LABELS)
        labels.append(found.unique().sort("row"))
    one, many = labels
    assert one.filter(pl.col("row") >= 300)["label"].unique().to_list() == [300]
    linked = one.filter(pl.col("row") != pl.col("label"))
    assert linked.equals(many.filter(pl.col("row") != pl.col("label")))
