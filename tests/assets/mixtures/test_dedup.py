"""mixtures/deduped: planted copies are found, near ones proved, and order never matters."""

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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.mixtures.dedup import capped, make_deduped

DEDUP = {"shingle_words": 3, "num_hashes": 128, "num_bands": 32, "threshold": 0.7, "seed": 1}
WORDS = [f"word{number}" for number in range(400)]


def document(source: str, native_id: str, text: str) -> dict[str, Any]:
    return {
        "doc_id": hashlib.sha256(f"{source}/{native_id}/{text}".encode()).hexdigest()[:32],
        "source": source,
        "native_id": native_id,
        "title": native_id,
        "text": text,
        "text_hash": hashlib.sha256(text.encode()).hexdigest()[:32],
        "language": "en",
        "domain": "medical" if source == "journal" else "general",
        "licence": "CC0-1.0",
        "provenance": "{}",
    }


def deduped(
    folder: Path,
    documents: Sequence[dict[str, Any]],
    *,
    caps: dict[str, int] | None = None,
    dedup: dict[str, Any] = DEDUP,
    shuffle: random.Random | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, Outcome, Path]:
    lake = FakeLake(folder / "lake")
    manifests = []
    by_source: dict[str, list[dict[str, Any]]] = {}
    for item in documents:
        by_source.setdefault(item["source"], []).append(item)
    for source, rows in by_source.items():
        if shuffle is not None:
            shuffle.shuffle(rows)
        buffer = io.BytesIO()
        pl.DataFrame(rows).write_parquet(buffer)
        manifests.append(
            commit_folder(
                lake,
                "corpora/documents",
                {"documents.parquet": buffer.getvalue()},
                partition=source,
                source=source,
            )
        )
    if shuffle is not None:
        shuffle.shuffle(manifests)
    config = {"sources": caps or dict.fromkeys(by_source, 10**9), "dedup": dedup}
    step = Step(family="mixtures", name="deduped", partition="p", code_version="1", config=config)
    ws = fake_workspace(folder, step, tuple(manifests), lake=lake)
    outcome = make_deduped(ws)
    kept = pl.read_parquet(ws.out_dir / "documents.parquet")
    merged = pl.read_parquet(ws.out_dir / "merged.parquet")
    return kept, merged, outcome, ws.out_dir


def sentence(seed: int, length: int = 60) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)


def brute_jaccard(left: str, right: str, shingle_words: int = 3) -> float:
    sets = []
    for text in (left, right):
        words = re.findall(r"\w+", text.lower())
        sets.append(
            {tuple(words[i : i + shingle_words]) for i in range(len(words) - shingle_words + 1)}
        )
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_a_planted_exact_copy_in_another_source_is_merged_into_the_smallest_doc_id(
    tmp_path: Path,
) -> None:
    text = " ".join(sentence(1))
    pair = [document("journal", "a", text), document("wiki", "b", text)]
    kept, merged, outcome, _ = deduped(tmp_path, [*pair, document("wiki", "c", "other text")])
    first, second = sorted(item["doc_id"] for item in pair)
    assert merged.rows(named=True) == [
        {
            "doc_id": second,
            "source": next(i["source"] for i in pair if i["doc_id"] == second),
            "native_id": next(i["native_id"] for i in pair if i["doc_id"] == second),
            "text_hash": pair[0]["text_hash"],
            "kept_doc_id": first,
            "similarity": 1.0,
            "rule": "exact",
        }
    ]
    row = kept.row(by_predicate=pl.col("doc_id") == first, named=True)
    assert (row["cluster_id"], row["duplicate_count"]) == (first, 2)
    assert outcome.counts["merged_exact"] == 1
    assert outcome.counts["documents_too_short_for_near"] == 1


def test_a_planted_near_duplicate_goes_and_the_longest_text_stays(tmp_path: Path) -> None:
    words = sentence(2)
    long = document("wiki", "long", " ".join([*words, "one", "more", "end"]))
    short = document("journal", "short", " ".join(words))
    copy = document("journal", "short copy", " ".join(words))
    kept, merged, outcome, _ = deduped(tmp_path, [short, copy, long])
    assert kept["doc_id"].to_list() == [long["doc_id"]]
    assert kept["duplicate_count"].to_list() == [3]
    assert set(merged["doc_id"]) == {short["doc_id"], copy["doc_id"]}
    assert set(merged["kept_doc_id"]) == {long["doc_id"]}
    # 58 shingles of the short text, all in the 61 of the long one.
    assert merged["similarity"].to_list() == [58 / 61, 58 / 61]
    assert set(merged["rule"]) == {"near"}
    assert outcome.counts["merged_near"] == 2
    assert outcome.metrics["removed_share/journal"] == 1.0
    assert outcome.metrics["largest_cluster_share"] == 1.0
    assert "ALARM: journal lost 100%" in outcome.summary


def test_case_and_punctuation_do_not_hide_a_copy(tmp_path: Path) -> None:
    words = sentence(3)
    plain = document("wiki", "plain", " ".join(words))
    loud = document("wiki", "loud", ", ".join(word.upper() for word in words) + "!")
    _, merged, _, _ = deduped(tmp_path, [plain, loud])
    assert merged.select("doc_id", "similarity", "rule").rows() == [(plain["doc_id"], 1.0, "near")]


def test_unrelated_documents_and_short_ones_stay(tmp_path: Path) -> None:
    documents = [document("wiki", str(seed), " ".join(sentence(seed))) for seed in range(30)]
    documents += [document("wiki", f"s{i}", f"two {i}") for i in range(5)]
    kept, merged, outcome, _ = deduped(tmp_path, documents)
    assert kept.height == 35
    assert merged.height == 0
    assert outcome.counts["documents_too_short_for_near"] == 5


def test_a_chain_does_not_swallow_documents_unlike_the_kept_one(tmp_path: Path) -> None:
    """Each neighbour is similar, the two ends are not: the far end must stay."""
    words = sentence(4, 100)
    documents = [
        document("wiki", str(shift), " ".join(words[shift : shift + 60]))
        for shift in range(0, 41, 8)
    ]
    kept, merged, _, _ = deduped(tmp_path, documents)
    assert kept.height >= 2
    assert merged.height >= 2
    text = {item["doc_id"]: item["text"] for item in documents}
    for row in merged.rows(named=True):
        exact = brute_jaccard(text[row["doc_id"]], text[row["kept_doc_id"]])
        assert row["similarity"] == pytest.approx(exact, abs=0)
        assert exact >= 0.7


def test_planted_near_duplicates_are_recalled_against_brute_force(tmp_path: Path) -> None:
    rng = random.Random(5)
    documents = []
    for seed in range(60):
        words = sentence(seed, 80)
        documents.append(document("wiki", f"{seed}", " ".join(words)))
        for place in rng.sample(range(80), rng.randint(1, 6)):
            words[place] = f"changed{place}"
        documents.append(document("journal", f"{seed}", " ".join(words)))
    _, merged, _, _ = deduped(tmp_path, documents)
    truth = [
        (left["doc_id"], right["doc_id"])
        for left, right in zip(documents[0::2], documents[1::2], strict=True)
        if brute_jaccard(left["text"], right["text"]) >= 0.7
    ]
    found = {frozenset(pair) for pair in merged.select("doc_id", "kept_doc_id").rows()}
    assert len(truth) > 30
    assert found <= {frozenset(pair) for pair in truth}
    assert len(found) >= 0.99 * len(truth)


def test_a_template_of_hundreds_of_entries_is_bounded_and_counted(tmp_path: Path) -> None:
    frame = sentence(6, 120)
    documents = [
        document("registry", f"{number}", " ".join([*frame, f"entry{number}", f"code{number}"]))
        for number in range(300)
    ]
    kept, merged, outcome, _ = deduped(tmp_path, documents)
    assert outcome.counts["large_buckets"] > 0
    assert outcome.counts["pairs_skipped_in_large_buckets"] > 0
    all_pairs = 300 * 299 // 2
    assert outcome.counts["candidate_pairs"] < all_pairs / 2
    assert kept.height + merged.height == 300
    assert merged.height > 270
    assert "ALARM: registry lost" in outcome.summary


texts = st.lists(
    st.lists(st.sampled_from(["a", "b", "C", "d.", "e", "f"]), min_size=0, max_size=12).map(
        " ".join
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(contents=texts, seed=st.integers(0, 1000))
def test_order_of_files_and_rows_changes_no_byte_and_all_is_accounted_for(
    contents: list[str], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    documents = [
        document(("journal", "wiki")[index % 2], str(index), text)
        for index, text in enumerate(contents)
    ]
    kept, merged, outcome, straight = deduped(tmp_path_factory.mktemp("straight"), documents)
    shuffled = list(documents)
    random.Random(seed).shuffle(shuffled)
    _, _, other, crooked = deduped(
        tmp_path_factory.mktemp("crooked"), shuffled, shuffle=random.Random(seed)
    )
    for name in ("documents.parquet", "merged.parquet"):
        assert (straight / name).read_bytes() == (crooked / name).read_bytes()
    assert outcome == other
    ids = [*kept["doc_id"], *merged["doc_id"]]
    assert sorted(ids) == sorted(item["doc_id"] for item in documents)
    assert set(merged["kept_doc_id"]) <= set(kept["doc_id"])
    assert kept["doc_id"].is_sorted() and merged["doc_id"].is_sorted()
    text = {item["doc_id"]: item["text"] for item in documents}
    for row in merged.rows(named=True):
        pair = text[row["doc_id"]], text[row["kept_doc_id"]]
        if row["rule"] == "exact":
            assert pair[0] == pair[1] and row["similarity"] == 1.0
        else:
            assert row["similarity"] == brute_jaccard(*pair) >= 0.7


def test_the_cap_takes_documents_in_the_order_of_their_id(tmp_path: Path) -> None:
    documents = [document("wiki", str(n), f"{n:04d} " + "é" * 8) for n in range(50)]
    kept, _, outcome, _ = deduped(tmp_path, documents, caps={"wiki": 21 * 20 + 20})
    assert kept["doc_id"].to_list() == sorted(d["doc_id"] for d in documents)[:20]
    assert outcome.counts["documents_over_cap"] == 30


def test_a_cap_below_the_first_document_says_so() -> None:
    documents = pl.DataFrame([document("wiki", "a", "ten bytes!")])
    with pytest.raises(ValueError, match=r"wiki: max_text_bytes 9 is below .* \(10 bytes\)"):
        capped(documents, "wiki", 9)


def test_a_source_without_an_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"names the sources \['nowhere', 'wiki'\]"):
        deduped(tmp_path, [document("wiki", "a", "x")], caps={"wiki": 100, "nowhere": 1})


def test_the_same_document_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="occurs more than once, in wiki"):
        deduped(tmp_path, [document("wiki", "a", "x"), document("wiki", "a", "x")])


def test_a_threshold_outside_the_unit_interval_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"threshold 1.7 is not in \(0, 1\]"):
        deduped(tmp_path, [document("wiki", "a", "x")], dedup={**DEDUP, "threshold": 1.7})


def test_bands_that_do_not_divide_the_hashes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="128 hashes do not split into 7 bands"):
        deduped(tmp_path, [document("wiki", "a", "x y z")], dedup={**DEDUP, "num_bands": 7})
