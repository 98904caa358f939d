"""mixtures/decontaminated: caps, budgets, parts and errors."""

from __future__ import annotations

import random
from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.mixtures.decontaminate import heldout_mask, make_decontaminated
from assets.recipes.data import ContaminationCaps
from tests.assets.mixtures.decontamination_case import (
    CAP,
    FILLER,
    ITEM,
    SHORT_ITEM,
    Elsewhere,
    decontaminated,
    document,
    item,
    parquet,
)


def test_chinese_and_japanese_items_are_found_character_by_character(tmp_path: Path) -> None:
    chinese = (
        "\u4e0b\u5217\u54ea\u9879\u662f\u6025\u6027"
        "\u80f0\u817a\u708e\u6700\u5e38\u89c1\u7684\u75c5\u56e0"
    )
    japanese = (
        "\u6025\u6027\u81b5\u708e\u306e\u6700\u3082\u591a\u3044\u539f\u56e0\u306f\u3069\u308c\u304b"
    )
    documents = [
        document("web", "zh", f"\u9898\u76ee\uff1a{chinese[:4]}\u3001{chinese[4:]}\uff1f"),
        document("web", "ja", f"{FILLER} {japanese}"),
        document("web", "part", chinese[:12]),
    ]
    items = [item("cmexam", "1", chinese), item("jmle", "1", japanese)]
    tables, _, _ = decontaminated(tmp_path, documents, items)
    found = tables["removed"].sort("benchmark")
    assert found.select("native_id", "benchmark", "rule").rows() == [
        ("zh", "cmexam", "normalised"),
        ("ja", "jmle", "exact"),
    ]


def test_parts_and_one_file_give_the_same_tables(tmp_path: Path) -> None:
    documents = [
        document("wiki", str(n), f"{FILLER} {n} {ITEM if n % 3 == 0 else ''}") for n in range(40)
    ]
    items = [item("medqa", "7", ITEM), item("arc", "1", SHORT_ITEM)]
    one, _, _ = decontaminated(tmp_path / "1", documents, items, heldout_share=0.5)
    many, outcome, out = decontaminated(
        tmp_path / "7", documents, items, heldout_share=0.5, parts=7
    )
    for name, table in one.items():
        assert table.equals(many[name]), name
    assert len(list((out / "documents").iterdir())) == 7
    assert many["documents"]["doc_id"].is_sorted()
    assert outcome.counts["documents_in"] == 40


def test_no_items_and_empty_parts_remove_nothing(tmp_path: Path) -> None:
    documents = [document("wiki", str(n), FILLER) for n in range(2)]
    nothing = {"benchmark": "", "item_id": "", "kind": "", "text": ""}
    none = pl.DataFrame([nothing]).clear()
    tables, outcome, _ = decontaminated(tmp_path / "items", documents, none.rows(named=True))
    assert tables["documents"].height == 2
    tables, _, out = decontaminated(
        tmp_path / "parts", documents, [item("medqa", "7", ITEM)], parts=3
    )
    assert tables["documents"].height == 2
    assert len(list((out / "documents").iterdir())) == 3
    assert outcome.counts["removed"] == 0


def test_workers_elsewhere_write_the_same_bytes(tmp_path: Path) -> None:
    documents = [
        document("wiki", str(n), f"{FILLER} {n} {ITEM if n % 3 == 0 else ''}") for n in range(40)
    ]
    items = [item("medqa", "7", ITEM), item("arc", "1", SHORT_ITEM)]
    _, _, here = decontaminated(tmp_path / "h", documents, items, heldout_share=0.5, parts=4)
    _, _, there = decontaminated(
        tmp_path / "t", documents, items, heldout_share=0.5, parts=4, compute=Elsewhere()
    )
    files = sorted(path.relative_to(here) for path in here.rglob("*.*"))
    assert len(files) == 10
    for name in files:
        assert (here / name).read_bytes() == (there / name).read_bytes(), name


def test_parts_that_overlap_are_refused(tmp_path: Path) -> None:
    rows = sorted((document("w", str(n), FILLER) for n in range(4)), key=lambda r: r["doc_id"])
    lake = FakeLake(tmp_path / "lake")
    files = {
        "documents/00000.parquet": parquet(rows[::2]),
        "documents/00001.parquet": parquet(rows[1::2]),
    }
    inputs = (
        commit_folder(lake, "mixtures/deduped", files),
        commit_folder(
            lake, "corpora/benchmarks", {"items.parquet": parquet([item("a", "1", ITEM)])}
        ),
    )
    config = {
        "ngram_words": 13,
        "heldout_share": 0.0,
        "caps": asdict(ContaminationCaps(caps=(CAP,))),
    }
    step = Step(
        family="mixtures", name="decontaminated", partition="p", code_version="1", config=config
    )
    with pytest.raises(ValueError, match="parts of mixtures/deduped overlap"):
        make_decontaminated(fake_workspace(tmp_path, step, inputs, lake=lake))


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
        "contamination_rules.png",
        "documents.parquet",
        "generic.parquet",
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
