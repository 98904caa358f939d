"""mixtures/decontaminated: copies of benchmark items go with evidence, the rest stays."""

from __future__ import annotations

import hashlib
import io
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.mixtures.decontaminate import heldout_mask, make_decontaminated

ITEM = (
    "A 67-year-old man comes to the physician because of a two-day history of ringing in his left "
    "ear; audiometry shows a sensorineural hearing loss of 45 dB."
)
ITEM_WORDS = re.findall(r"\w+", ITEM.lower())
SHORT_ITEM = "Where does the spleen lie in a horse?"
TOO_SHORT = "Name the largest bone."
FILLER = "the quick brown fox jumps over lazy dogs while seven wizards brew tea for the old king"


def item(benchmark: str, item_id: str, text: str) -> dict[str, Any]:
    return {"benchmark": benchmark, "item_id": item_id, "kind": "choice", "text": text}


def document(source: str, native_id: str, text: str) -> dict[str, Any]:
    doc_id = hashlib.sha256(f"{source}/{native_id}".encode()).hexdigest()[:32]
    return {
        "doc_id": doc_id,
        "source": source,
        "native_id": native_id,
        "text": text,
        "text_hash": hashlib.sha256(text.encode()).hexdigest()[:32],
        "cluster_id": doc_id,
        "duplicate_count": 1,
    }


def parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()


def decontaminated(
    folder: Path,
    documents: Sequence[dict[str, Any]],
    items: Sequence[dict[str, Any]],
    *,
    heldout_share: float = 0.0,
    ngram_words: int = 13,
) -> tuple[dict[str, pl.DataFrame], Outcome, Path]:
    lake = FakeLake(folder / "lake")
    inputs = (
        commit_folder(lake, "mixtures/deduped", {"documents.parquet": parquet(documents)}),
        commit_folder(lake, "corpora/benchmarks", {"items.parquet": parquet(items)}),
    )
    step = Step(
        family="mixtures",
        name="decontaminated",
        partition="p",
        code_version="1",
        config={"ngram_words": ngram_words, "heldout_share": heldout_share},
    )
    ws = fake_workspace(folder, step, inputs, lake=lake)
    outcome = make_decontaminated(ws)
    tables = {
        name: pl.read_parquet(ws.out_dir / f"{name}.parquet")
        for name in ("documents", "heldout", "removed", "matrix")
    }
    return tables, outcome, ws.out_dir


def test_a_copy_with_other_case_and_punctuation_is_removed_with_its_evidence(
    tmp_path: Path,
) -> None:
    copy = ITEM.upper().replace("-", " ").replace(";", " --").replace(",", "")
    documents = [
        document("wiki", "dirty", f"{FILLER}. {copy} {FILLER}"),
        document("wiki", "clean", FILLER * 3),
    ]
    tables, outcome, _ = decontaminated(tmp_path, documents, [item("medqa", "7", ITEM)])
    assert tables["removed"].rows(named=True) == [
        {
            "doc_id": documents[0]["doc_id"],
            "source": "wiki",
            "native_id": "dirty",
            "text_hash": documents[0]["text_hash"],
            "benchmark": "medqa",
            "item_id": "7",
            "ngram": "a 67 year old man comes to the physician because of a two",
            "num_shared": len(ITEM_WORDS) - 13 + 1,
        }
    ]
    assert tables["documents"]["native_id"].to_list() == ["clean"]
    assert tables["matrix"].rows() == [("wiki", "medqa", 1)]
    assert outcome.counts["removed"] == 1
    assert outcome.metrics == {"removed_share/wiki": 0.5}
    assert "ALARM: wiki lost 50%" in outcome.summary


def test_twelve_shared_words_of_a_longer_item_are_not_enough(tmp_path: Path) -> None:
    documents = [
        document("wiki", "twelve", " ".join([FILLER, *ITEM_WORDS[8:20], FILLER])),
        document("wiki", "thirteen", " ".join([FILLER, *ITEM_WORDS[8:21], FILLER])),
    ]
    tables, _, _ = decontaminated(tmp_path, documents, [item("medqa", "7", ITEM)])
    assert tables["removed"]["native_id"].to_list() == ["thirteen"]


def test_a_short_item_counts_as_a_whole_and_a_very_short_one_is_reported_unchecked(
    tmp_path: Path,
) -> None:
    documents = [
        document("wiki", "whole", f"Quiz: where does the SPLEEN lie, in a horse? {FILLER}"),
        document("wiki", "part", f"Where does the spleen lie in a cow? {FILLER}"),
        document("wiki", "bone", f"{TOO_SHORT} {FILLER}"),
    ]
    items = [item("arc", "1", SHORT_ITEM), item("arc", "2", TOO_SHORT)]
    tables, outcome, _ = decontaminated(tmp_path, documents, items)
    assert tables["removed"].select("native_id", "item_id", "ngram", "num_shared").rows() == [
        ("whole", "1", "where does the spleen lie in a horse", 1)
    ]
    assert outcome.counts["items_too_short"] == 1


def test_an_ngram_does_not_reach_across_the_end_of_a_document(tmp_path: Path) -> None:
    halves = [" ".join(ITEM_WORDS[:12]), " ".join(ITEM_WORDS[12:24])]
    documents = [document("wiki", str(n), half) for n, half in enumerate(halves)]
    documents.sort(key=lambda row: row["doc_id"])
    tables, _, _ = decontaminated(
        tmp_path, documents, [item("medqa", "7", " ".join(ITEM_WORDS[:24]))]
    )
    assert tables["removed"].height == 0


def test_a_stem_of_many_items_is_a_phrase_and_no_evidence(tmp_path: Path) -> None:
    stem = "which of the following is the most appropriate next step in management of this patient"
    items = [
        item("medqa", str(n), f"case number {n} has its own words {n}, {stem}") for n in range(11)
    ]
    documents = [document("notes", "1", f"{FILLER} {stem} {FILLER}")]
    tables, outcome, _ = decontaminated(tmp_path, documents, items)
    assert tables["removed"].height == 0
    assert outcome.counts["generic_ngrams_ignored"] > 0
    fewer = items[:10]
    (tmp_path / "fewer").mkdir()
    tables, outcome, _ = decontaminated(tmp_path / "fewer", documents, fewer)
    assert tables["removed"].height == 10
    assert outcome.counts["removed"] == 1


def test_every_document_is_trained_on_held_out_or_removed_once(tmp_path: Path) -> None:
    rng = random.Random(1)
    documents = [
        document("wiki", str(n), " ".join(rng.choices(FILLER.split(), k=30)) + f" {n}")
        for n in range(300)
    ]
    for row in documents[::10]:
        row["text"] += " " + ITEM
    tables, outcome, _ = decontaminated(
        tmp_path, documents, [item("medqa", "7", ITEM)], heldout_share=0.3
    )
    ids = [
        *tables["documents"]["doc_id"],
        *tables["heldout"]["doc_id"],
        *tables["removed"]["doc_id"].unique(),
    ]
    assert sorted(ids) == sorted(row["doc_id"] for row in documents)
    counts = outcome.counts
    assert counts["removed"] == 30
    assert 0 < counts["removed_from_heldout"] < 30
    assert 50 < counts["heldout"] < 110
    assert counts["documents_in"] == counts["documents"] + counts["heldout"] + counts["removed"]
    for name in ("documents", "heldout", "removed"):
        assert tables[name]["doc_id"].is_sorted()


def test_the_split_depends_on_the_id_alone_and_grows_with_the_share() -> None:
    ids = pl.Series([f"{n:032x}" for n in range(2000)])
    small, large = heldout_mask(ids, 0.05), heldout_mask(ids, 0.2)
    assert 60 < small.sum() < 140
    assert 320 < large.sum() < 480
    assert not (small & ~large).any()
    assert heldout_mask(ids.reverse(), 0.05).reverse().to_list() == small.to_list()
    assert [n for n in range(60) if small[n]] == [8, 35, 37]


def test_row_order_changes_no_byte(tmp_path: Path) -> None:
    documents = [
        document("wiki", str(n), f"{FILLER} {n} {ITEM if n % 3 else ''}") for n in range(20)
    ]
    items = [item("medqa", "7", ITEM), item("arc", "1", SHORT_ITEM)]
    _, _, straight = decontaminated(tmp_path / "a", documents, items, heldout_share=0.5)
    _, _, crooked = decontaminated(tmp_path / "b", documents[::-1], items[::-1], heldout_share=0.5)
    names = sorted(path.name for path in straight.iterdir())
    assert names == [
        "contamination.png",
        "documents.parquet",
        "heldout.parquet",
        "matrix.parquet",
        "removed.parquet",
    ]
    for name in names:
        assert (straight / name).read_bytes() == (crooked / name).read_bytes()


def test_a_held_out_share_of_everything_is_refused() -> None:
    with pytest.raises(ValueError, match=r"heldout_share 1.0 is not in \[0, 1\)"):
        heldout_mask(pl.Series(["a"]), 1.0)


def test_an_ngram_that_is_too_short_to_prove_anything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ngram_words 5 is below 8"):
        decontaminated(tmp_path, [document("w", "1", "x")], [item("arc", "1", ITEM)], ngram_words=5)
