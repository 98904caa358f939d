"""mixtures/deduped: planted copies are found, near ones proved, and order never matters."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.fakes import FakeLake
from assets.mixtures.deduplication.deduped import Limits
from assets.mixtures.deduplication.signatures import SigningLimits
from tests.assets.mixtures.deduplication.case import (
    DEDUP,
    SIGNATURES,
    Threads,
    brute_jaccard,
    committed,
    deduped,
    document,
    merge,
    sentence,
    signed,
)

TIGHT = Limits(edges=2, part_bytes=300, few_bytes=0)
TIGHT_SIGNING = SigningLimits(file_bytes=600, edges=2, shingled_bytes=0)


def test_an_exact_copy_in_another_source_is_merged_into_the_smallest_doc_id(
    tmp_path: Path,
) -> None:
    text = " ".join(sentence(1))
    pair = [document("journal", "a", text), document("wiki", "b", text)]
    found = deduped(tmp_path, [*pair, document("wiki", "c", "other text")])
    first, second = sorted(pair, key=lambda item: str(item["doc_id"]))
    assert found.merged.rows(named=True) == [
        {
            "doc_id": second["doc_id"],
            "source": second["source"],
            "native_id": second["native_id"],
            "text_hash": second["text_hash"],
            "kept_doc_id": first["doc_id"],
            "similarity": 1.0,
            "rule": "exact",
            "linked_doc_id": first["doc_id"],
            "link_similarity": 1.0,
            "cluster_id": first["doc_id"],
        }
    ]
    row = found.documents.row(by_predicate=pl.col("doc_id") == first["doc_id"], named=True)
    assert (row["cluster_id"], row["duplicate_count"]) == (first["doc_id"], 2)
    assert found.outcome.counts["merged_exact"] == 1
    assert found.outcome.counts["documents_compared_exactly_only"] == 1


def test_a_near_duplicate_goes_and_the_longest_text_stays(tmp_path: Path) -> None:
    words = sentence(2)
    long = document("wiki", "long", " ".join([*words, "one", "more", "end"]))
    short = document("journal", "short", " ".join(words))
    copy = document("journal", "short copy", " ".join(words))
    found = deduped(tmp_path, [short, copy, long])
    assert found.documents["doc_id"].to_list() == [long["doc_id"]]
    assert found.documents["duplicate_count"].to_list() == [3]
    # 58 shingles of the short text, all in the 61 of the long one.
    assert found.merged["similarity"].to_list() == [58 / 61, 58 / 61]
    assert set(found.merged["rule"]) == {"near"}
    first, second = sorted([short["doc_id"], copy["doc_id"]])
    assert found.merged.select("doc_id", "linked_doc_id", "link_similarity").rows() == [
        (first, long["doc_id"], 58 / 61),
        (second, first, 1.0),
    ]
    assert found.outcome.counts["merged_near"] == 2
    assert found.outcome.metrics["removed_share/journal"] == 1.0
    assert "ALARM: journal lost 100%" in found.outcome.summary


def test_a_chain_is_one_cluster_whose_evidence_tells_link_and_true_similarity_apart(
    tmp_path: Path,
) -> None:
    words = sentence(3, 100)
    middle = document("wiki", "b", " ".join(words))
    start = document("wiki", "a", " ".join([*sentence(4, 14), *words[14:], "longest", "of", "all"]))
    end = document("wiki", "c", " ".join([*words[:86], *sentence(5, 14)]))
    found = deduped(tmp_path, [start, middle, end])
    far = brute_jaccard(start["text"], end["text"])
    assert far < 0.7 <= brute_jaccard(middle["text"], end["text"])
    assert found.documents["doc_id"].to_list() == [start["doc_id"]]
    row = found.merged.row(by_predicate=pl.col("doc_id") == end["doc_id"], named=True)
    assert row["similarity"] == far
    assert row["linked_doc_id"] == middle["doc_id"]
    assert row["link_similarity"] == brute_jaccard(middle["text"], end["text"]) >= 0.7
    assert row["kept_doc_id"] == row["cluster_id"] == start["doc_id"]


def test_case_and_punctuation_do_not_hide_a_copy(tmp_path: Path) -> None:
    words = sentence(3)
    plain = document("wiki", "plain", " ".join(words))
    loud = document("wiki", "loud", ", ".join(word.upper() for word in words) + "!")
    found = deduped(tmp_path, [plain, loud])
    assert found.merged.select("doc_id", "similarity", "rule").rows() == [
        (plain["doc_id"], 1.0, "near")
    ]


def test_unrelated_documents_and_short_ones_stay(tmp_path: Path) -> None:
    documents = [document("wiki", str(seed), " ".join(sentence(seed))) for seed in range(30)]
    documents += [document("wiki", f"s{i}", f"two {i}") for i in range(5)]
    found = deduped(tmp_path, documents)
    assert (found.documents.height, found.merged.height) == (35, 0)
    assert found.outcome.counts["documents_compared_exactly_only"] == 5


def test_what_is_merged_is_what_brute_force_merges(tmp_path: Path) -> None:
    rng = random.Random(5)
    documents = []
    for seed in range(60):
        words = sentence(seed, 80)
        documents.append(document("wiki", f"{seed}", " ".join(words)))
        for place in rng.sample(range(80), rng.randint(1, 6)):
            words[place] = f"changed{place}"
        documents.append(document("journal", f"{seed}", " ".join(words)))
    found = deduped(tmp_path, documents, num_parts=4)
    truth = {
        frozenset((left["doc_id"], right["doc_id"]))
        for left, right in zip(documents[0::2], documents[1::2], strict=True)
        if brute_jaccard(left["text"], right["text"]) >= 0.7
    }
    pairs = {frozenset(pair) for pair in found.merged.select("doc_id", "kept_doc_id").rows()}
    assert len(truth) > 30
    assert pairs <= truth
    assert len(pairs) >= 0.99 * len(truth)


def test_a_bucket_of_hundreds_is_bounded_and_counted(tmp_path: Path) -> None:
    frame = sentence(6, 120)
    documents = [
        document("registry", f"{number}", " ".join([*frame, f"entry{number}", f"code{number}"]))
        for number in range(300)
    ]
    keep_templates = {**SIGNATURES, "min_template_documents": 10_000, "form_share": 1.0}
    found = deduped(tmp_path, documents, signatures=keep_templates)
    assert found.outcome.counts["large_buckets"] > 0
    assert found.outcome.counts["pairs_skipped_in_large_buckets"] > 0
    assert found.outcome.counts["candidate_pairs"] < 300 * 299 // 4
    assert (found.documents.height, found.merged.height) == (1, 299)
    assert found.outcome.counts["largest_cluster"] == 300
    assert "ALARM: registry lost" in found.outcome.summary


texts = st.lists(
    st.one_of(
        st.lists(st.sampled_from(["a", "b", "C", "d.", "e", "\u00e9"]), max_size=12).map(" ".join),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    ),
    min_size=1,
    max_size=14,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(contents=texts, seed=st.integers(0, 1000), num_parts=st.integers(2, 5))
@pytest.mark.slow
def test_rows_parts_workers_and_limits_change_no_byte_and_all_is_accounted_for(
    contents: list[str], seed: int, num_parts: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    documents = [
        document(("journal", "wiki")[index % 2], str(index), text)
        for index, text in enumerate(contents)
    ]
    shuffled = list(documents)
    random.Random(seed).shuffle(shuffled)
    straight = deduped(tmp_path_factory.mktemp("straight"), documents)
    crooked = deduped(
        tmp_path_factory.mktemp("crooked"),
        shuffled,
        num_parts=num_parts,
        compute=Threads(),
        limits=Limits(edges=2, standing_bytes=0, few_bytes=0),
        signing=TIGHT_SIGNING,
    )
    assert straight.bytes_of_all() == crooked.bytes_of_all()
    assert straight.outcome == crooked.outcome
    everything = deduped(
        tmp_path_factory.mktemp("cut"), shuffled, num_parts=2, limits=TIGHT, signing=TIGHT_SIGNING
    )
    assert everything.documents.equals(straight.documents)
    assert everything.merged.equals(straight.merged)
    kept, merged = straight.documents, straight.merged
    ids = [*kept["doc_id"], *merged["doc_id"]]
    assert sorted(ids) == sorted(item["doc_id"] for item in documents)
    assert kept["duplicate_count"].sum() == len(documents)
    assert set(merged["kept_doc_id"]) <= set(kept["doc_id"])
    assert kept["doc_id"].is_sorted() and merged["doc_id"].is_sorted()
    assert (merged["link_similarity"] >= 0.7).all()


@pytest.mark.parametrize("clusters", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_many_parts_and_shards_find_the_clusters_that_one_worker_finds(
    tmp_path: Path, clusters: int
) -> None:
    rng = random.Random(7)
    documents = []
    for seed in range(clusters):
        words = sentence(seed, 90)
        for copy in range(rng.randint(1, 9)):
            words[rng.randrange(90)] = f"new{copy}"
            documents.append(document(rng.choice("abc"), f"{seed}-{copy}", " ".join(words)))
    one = deduped(tmp_path / "one", documents)
    many = deduped(
        tmp_path / "many",
        documents,
        num_parts=5,
        compute=Threads(),
        limits=TIGHT,
        signing=TIGHT_SIGNING,
    )
    assert one.merged.height > 2 * clusters
    assert many.documents.equals(one.documents)
    assert many.merged.equals(one.merged)
    assert len(list((many.folder / "documents").iterdir())) > 5


def test_the_cap_takes_documents_in_the_order_of_their_id_over_parts(tmp_path: Path) -> None:
    documents = [document("wiki", str(n), f"{n:04d} " + "\u00e9" * 8) for n in range(50)]
    found = deduped(tmp_path, documents, caps={"wiki": 21 * 20 + 20}, num_parts=6)
    assert found.documents["doc_id"].to_list() == sorted(d["doc_id"] for d in documents)[:20]
    assert found.outcome.counts["documents_over_cap"] == 30


def test_a_source_without_documents_gives_an_empty_table(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    manifest = committed(lake, [document("wiki", "a", "some text")])["wiki"]
    path = Path(lake.uri(manifest)) / "documents/00000.parquet"
    pl.read_parquet(path).clear().write_parquet(path)
    manifest = _recommitted(lake, manifest, {"documents/00000.parquet": path.read_bytes()})
    sketch, outcome = signed(tmp_path, lake, manifest)
    found = merge(tmp_path, lake, [manifest, sketch], caps={"wiki": 100})
    assert outcome.counts["documents"] == 0
    assert (found.documents.height, found.merged.height) == (0, 0)
    assert found.documents.columns[-2:] == ["cluster_id", "duplicate_count"]


def _recommitted(lake: FakeLake, manifest: Any, files: dict[str, bytes]) -> Any:
    from assets.fakes import commit_folder

    return commit_folder(lake, "corpora/documents", files, partition=manifest.partition, again=True)


def test_a_cap_below_the_first_document_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"wiki: max_text_bytes 9 is below its first document"):
        deduped(tmp_path, [document("wiki", "a", "ten bytes!")], caps={"wiki": 9})


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
        deduped(tmp_path, [document("wiki", "a", "x")], signatures={**SIGNATURES, "num_bands": 7})


def test_a_recipe_that_asks_for_other_shingles_than_were_signed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dedup wants shingle_words 4, but signatures have 3"):
        deduped(tmp_path, [document("wiki", "a", "x")], dedup={**DEDUP, "shingle_words": 4})


def test_signatures_of_other_documents_are_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    before = committed(lake, [document("wiki", "a", "one")])["wiki"]
    sketch, _ = signed(tmp_path, lake, before)
    after = committed(FakeLake(tmp_path / "lake2"), [document("wiki", "b", "two")])["wiki"]
    path = Path(FakeLake(tmp_path / "lake2").uri(after)) / "documents/00000.parquet"
    changed = _recommitted(lake, after, {"documents/00000.parquet": path.read_bytes()})
    with pytest.raises(ValueError, match=r"1 signatures, and they are not those of the 1 doc"):
        merge(tmp_path, lake, [changed, sketch], caps={"wiki": 100})


def test_a_missing_part_of_signatures_is_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    documents = [document("wiki", str(n), f"text {n}") for n in range(4)]
    whole = committed(lake, documents, num_parts=1)["wiki"]
    sketch, _ = signed(tmp_path, lake, whole)
    other = FakeLake(tmp_path / "lake2")
    parts = committed(other, documents, num_parts=2)["wiki"]
    folder = Path(other.uri(parts))
    files = {entry.path: (folder / entry.path).read_bytes() for entry in parts.files}
    cut = _recommitted(lake, parts, files)
    with pytest.raises(ValueError, match="wiki has 2 parts of documents, but 1 of signatures"):
        merge(tmp_path, lake, [cut, sketch], caps={"wiki": 100})


def test_a_corrupt_part_of_signatures_is_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    copies = [document("wiki", name, "one two three four") for name in "ab"]
    manifest = committed(lake, copies)["wiki"]
    sketch, _ = signed(tmp_path, lake, manifest)
    path = Path(lake.uri(sketch)) / "settled/merged/00000.arrow"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(RuntimeError, match="differs from what its writer recorded"):
        merge(tmp_path, lake, [manifest, sketch], caps={"wiki": 100})


def test_parts_that_overlap_are_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    documents = [document("wiki", str(n), f"text {n}") for n in range(4)]
    parts = committed(lake, documents, num_parts=2)["wiki"]
    folder = Path(lake.uri(parts))
    files = {
        f"documents/{1 - index:05d}.parquet": (folder / entry.path).read_bytes()
        for index, entry in enumerate(parts.files)
    }
    swapped = _recommitted(lake, parts, files)
    with pytest.raises(ValueError, match="wiki are not sorted by doc_id over their parts"):
        signed(tmp_path, lake, swapped)
