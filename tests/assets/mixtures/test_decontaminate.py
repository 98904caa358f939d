"""mixtures/decontaminated: copies of benchmark items go with evidence, the rest stays."""

from __future__ import annotations

import hashlib
import io
import pickle
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.mixtures.decontaminate import heldout_mask, make_decontaminated
from assets.ports import Compute
from assets.recipes.data import BenchmarkCap, ContaminationCaps

ITEM = (
    "A 67-year-old man comes to the physician because of a two-day history of ringing in his left "
    "ear; audiometry shows a sensorineural hearing loss of 45 dB."
)
ITEM_WORDS = re.findall(r"\w+", ITEM.lower())
SHORT_ITEM = "Where does the spleen lie in a horse?"
TOO_SHORT = "Name the largest bone."
CAP = BenchmarkCap(
    benchmark="",
    max_items_per_ngram=10,
    max_documents_per_ngram=1000,
    alarm_removed_share=0.1,
    max_removed_share=1.0,
    min_removed_documents=0,
)
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


ITEM_COLUMNS = ("benchmark", "item_id", "kind", "text")
COLUMNS = ("doc_id", "source", "native_id", "text", "text_hash", "cluster_id", "duplicate_count")


def parquet(rows: Sequence[dict[str, Any]], columns: Sequence[str] = COLUMNS) -> bytes:
    buffer = io.BytesIO()
    empty = pl.DataFrame(schema={name: pl.String for name in columns if name != COLUMNS[-1]})
    empty = empty.with_columns(pl.lit(1, dtype=pl.Int64).alias(COLUMNS[-1]))
    (pl.DataFrame(rows) if rows else empty).write_parquet(buffer)
    return buffer.getvalue()


def decontaminated(
    folder: Path,
    documents: Sequence[dict[str, Any]],
    items: Sequence[dict[str, Any]],
    *,
    heldout_share: float = 0.0,
    ngram_words: int = 13,
    caps: Sequence[BenchmarkCap] = (CAP,),
    parts: int = 0,
    compute: Compute | None = None,
) -> tuple[dict[str, pl.DataFrame], Outcome, Path]:
    """Run on one file, or on the documents in so many parts sorted by doc_id."""
    lake = FakeLake(folder / "lake")
    inputs = (
        commit_folder(lake, "mixtures/deduped", files_of(documents, parts)),
        commit_folder(lake, "corpora/benchmarks", {"items.parquet": parquet(items, ITEM_COLUMNS)}),
    )
    step = Step(
        family="mixtures",
        name="decontaminated",
        partition="p",
        code_version="1",
        config={
            "ngram_words": ngram_words,
            "heldout_share": heldout_share,
            "caps": asdict(ContaminationCaps(caps=tuple(caps))),
        },
    )
    ws = fake_workspace(folder, step, inputs, lake=lake, compute=compute)
    outcome = make_decontaminated(ws)
    tables = {
        name: pl.read_parquet(ws.out_dir / f"{name}.parquet")
        for name in ("heldout", "removed", "matrix", "generic")
    }
    where = "documents/*.parquet" if parts else "documents.parquet"
    tables["documents"] = pl.read_parquet(ws.out_dir / where)
    assert sorted(ws.published) == sorted(files_of(documents, parts))
    return tables, outcome, ws.out_dir


def files_of(documents: Sequence[dict[str, Any]], parts: int) -> Mapping[str, bytes]:
    if not parts:
        return {"documents.parquet": parquet(documents)}
    rows = sorted(documents, key=lambda row: str(row["doc_id"]))
    size = -(-len(rows) // parts)
    return {
        f"documents/{number:05d}.parquet": parquet(rows[number * size : (number + 1) * size])
        for number in range(parts)
    }


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
            "rule": "normalised",
            "ngram": "a 67 year old man comes to the physician because of a two",
            "num_shared": len(ITEM_WORDS) - 13 + 1,
            "overlap": 1.0,
        }
    ]
    assert tables["documents"]["native_id"].to_list() == ["clean"]
    assert tables["matrix"].rows(named=True) == [
        {
            "source": "wiki",
            "benchmark": "medqa",
            "num_documents": 1,
            "exact": 0,
            "normalised": 1,
            "ngram": 0,
            "share": 0.5,
        }
    ]
    assert outcome.counts["removed"] == 1
    assert outcome.metrics == {"removed_share/wiki": 0.5}
    assert "ALARM: medqa removes 1 documents of wiki (50.0%)" in outcome.summary


def test_twelve_shared_words_of_a_longer_item_are_not_enough(tmp_path: Path) -> None:
    documents = [
        document("wiki", "twelve", " ".join([FILLER, *ITEM_WORDS[8:20], FILLER])),
        document("wiki", "thirteen", " ".join([FILLER, *ITEM_WORDS[8:21], FILLER])),
    ]
    tables, _, _ = decontaminated(tmp_path, documents, [item("medqa", "7", ITEM)])
    assert tables["removed"].select("native_id", "rule", "num_shared").rows() == [
        ("thirteen", "ngram", 1)
    ]
    assert tables["removed"]["overlap"][0] == pytest.approx(1 / (len(ITEM_WORDS) - 12))


def test_a_short_item_counts_as_a_whole_and_a_very_short_one_only_as_a_whole_document(
    tmp_path: Path,
) -> None:
    documents = [
        document("wiki", "whole", f"Quiz: where does the SPLEEN lie, in a horse? {FILLER}"),
        document("wiki", "part", f"Where does the spleen lie in a cow? {FILLER}"),
        document("wiki", "bone", f"{TOO_SHORT} {FILLER}"),
        document("wiki", "only", "name the LARGEST bone"),
    ]
    items = [item("arc", "1", SHORT_ITEM), item("arc", "2", TOO_SHORT)]
    tables, outcome, _ = decontaminated(tmp_path, documents, items)
    found = tables["removed"].sort("item_id")
    assert found.select("native_id", "item_id", "ngram", "num_shared", "rule").rows() == [
        ("whole", "1", "where does the spleen lie in a horse", 1, "normalised"),
        ("only", "2", "name the largest bone", 1, "normalised"),
    ]
    assert outcome.counts["items_by_whole_document_only"] == 1
    assert outcome.counts["items_by_whole_text_only"] == 1


def test_an_ngram_does_not_reach_across_the_end_of_a_document(tmp_path: Path) -> None:
    halves = [" ".join(ITEM_WORDS[:12]), " ".join(ITEM_WORDS[12:24])]
    documents = [document("wiki", str(n), half) for n, half in enumerate(halves)]
    documents.sort(key=lambda row: row["doc_id"])
    tables, _, _ = decontaminated(
        tmp_path, documents, [item("medqa", "7", " ".join(ITEM_WORDS[:24]))]
    )
    assert tables["removed"].height == 0


STEM = "which of the following is the most appropriate next step in management of this patient"


def stems(benchmark: str, number: int) -> list[dict[str, Any]]:
    return [
        item(benchmark, str(n), f"case number {n} has its own words {n}, {STEM}")
        for n in range(number)
    ]


def test_a_stem_of_many_items_is_a_phrase_and_no_evidence(tmp_path: Path) -> None:
    documents = [document("notes", "1", f"{FILLER} {STEM} {FILLER}")]
    tables, outcome, _ = decontaminated(tmp_path / "more", documents, stems("medqa", 11))
    assert tables["removed"].height == 0
    assert outcome.counts["generic_ngrams_ignored"] == tables["generic"].height > 0
    assert tables["generic"]["reason"].unique().to_list() == ["items"]
    assert tables["generic"]["num_items"].max() == 11
    assert "which of the following is the most" in outcome.summary
    tables, outcome, _ = decontaminated(tmp_path / "fewer", documents, stems("medqa", 10))
    assert tables["removed"].height == 10
    assert outcome.counts["removed"] == 1


def test_the_stem_of_one_benchmark_does_not_blind_another(tmp_path: Path) -> None:
    """The same words are a template of medqa and a trace of the one item of arc."""
    documents = [document("notes", "1", f"{FILLER} {STEM} {FILLER}")]
    items = [*stems("medqa", 11), *stems("arc", 1)]
    tables, _, _ = decontaminated(tmp_path, documents, items)
    assert tables["removed"]["benchmark"].to_list() == ["arc"]
    assert tables["generic"]["benchmark"].unique().to_list() == ["medqa"]


def test_a_cap_of_one_benchmark_leaves_the_others_alone(tmp_path: Path) -> None:
    documents = [document("notes", "1", f"{FILLER} {STEM} {FILLER}")]
    caps = [CAP, replace(CAP, benchmark="medqa", max_items_per_ngram=2)]
    items = [*stems("medqa", 3), *stems("arc", 3)]
    tables, _, _ = decontaminated(tmp_path, documents, items, caps=caps)
    assert tables["removed"]["benchmark"].to_list() == ["arc"] * 3


def test_an_item_of_a_template_is_still_found_when_it_stands_whole(tmp_path: Path) -> None:
    items = stems("medqa", 40)
    documents = [
        document("notes", "whole", f"{FILLER}; {items[7]['text'].upper()} {FILLER}"),
        document("notes", "verbatim", f"{FILLER}; {items[8]['text']} {FILLER}"),
        document("notes", "stem", f"{FILLER} {STEM} {FILLER}"),
    ]
    tables, _, _ = decontaminated(tmp_path, documents, items)
    found = tables["removed"].sort("item_id")
    assert found.select("native_id", "item_id", "rule").rows() == [
        ("whole", "7", "normalised"),
        ("verbatim", "8", "exact"),
    ]


def test_a_phrase_of_a_source_is_no_evidence_there_but_is_elsewhere(tmp_path: Path) -> None:
    """Thirteen words of an item that a source prints on every page are the source's own."""
    part = " ".join(ITEM_WORDS[3:17])
    documents = [document("forms", str(n), f"{part} page {n} {FILLER}") for n in range(5)]
    documents += [document("wiki", "leak", f"{part} {FILLER}")]
    documents += [document("forms", "whole", f"{ITEM} {FILLER}")]
    tables, outcome, _ = decontaminated(
        tmp_path,
        documents,
        [item("medqa", "7", ITEM)],
        caps=[replace(CAP, max_documents_per_ngram=4)],
    )
    assert set(tables["removed"]["native_id"]) == {"leak", "whole"}
    assert (
        tables["generic"].select("reason", "source", "num_documents", "item_id").rows()
        == [("documents", "forms", 6, "7")] * 2
    )
    assert "documents of forms" in outcome.summary


def test_a_benchmark_that_removes_more_than_its_budget_stops_the_mixture(tmp_path: Path) -> None:
    documents = [document("wiki", str(n), f"{ITEM} {n}") for n in range(3)]
    documents += [document("wiki", f"clean {n}", f"{FILLER} {n}") for n in range(7)]
    items = [item("medqa", "7", ITEM)]
    with pytest.raises(ValueError, match=r"medqa removes 3 documents of wiki \(30.0%\).*25.0%"):
        decontaminated(
            tmp_path / "over", documents, items, caps=[replace(CAP, max_removed_share=0.25)]
        )
    small = replace(CAP, max_removed_share=0.25, min_removed_documents=3)
    tables, outcome, _ = decontaminated(tmp_path / "small", documents, items, caps=[small])
    assert tables["documents"].height == 7
    assert outcome.counts["alarms"] == 0


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


class Elsewhere:
    """An engine at its worst: items travel as bytes, run in reverse, and each runs twice."""

    name = "elsewhere"
    workers = 3

    def map(
        self, function: Callable[[Any], Any], items: Sequence[Any], label: str = ""
    ) -> list[Any]:
        send = pickle.dumps((function, list(items)))
        for _ in range(2):
            run, work = pickle.loads(send)
            results = [run(item) for item in reversed(work)]
        answers: list[Any] = pickle.loads(pickle.dumps(results[::-1]))
        return answers


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
