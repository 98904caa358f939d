"""A source is compared once: a mixture of more sources is what a full run makes of them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.compute import InlineCompute
from assets.fakes import FakeLake
from assets.lineage.manifest import Manifest
from assets.lineage.storage import Folder
from assets.mixtures.deduplication.screening import (
    least_equal,
    lows_of,
    worth_proving,
    write_lows,
)
from tests.assets.mixtures.deduplication.case import (
    DEDUP,
    Result,
    brute_jaccard,
    committed,
    deduped,
    document,
    merge,
    sentence,
    signed,
)
from tests.assets.mixtures.deduplication.test_entry import entered, licensed


class Counting(InlineCompute):
    """Remembers how many items each step had."""

    def __init__(self) -> None:
        self.items: dict[str, int] = {}

    def map(self, function: Any, items: Any, label: str = "") -> list[Any]:
        self.items[label] = self.items.get(label, 0) + len(items)
        return super().map(function, items, label)


def world(seed: int, num_sources: int) -> list[dict[str, Any]]:
    """Documents with copies and near copies within and across sources."""
    rng = random.Random(seed)
    documents = []
    for number in range(10):
        words = sentence(seed * 100 + number, 60)
        for copy in range(rng.randint(1, 6)):
            if rng.random() < 0.6:
                words[rng.randrange(60)] = f"new{copy}"
            source = f"source{rng.randrange(num_sources)}"
            documents.append(document(source, f"{number}-{copy}", " ".join(words)))
    return documents


def mixed(folder: Path, lake: FakeLake, made: dict[str, tuple[Manifest, Manifest]]) -> Result:
    inputs = [each[0] for each in made.values()] + [each[1] for each in made.values()]
    return merge(folder, lake, inputs, caps=dict.fromkeys(made, 10**9))


@pytest.mark.slow
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 500), num_sources=st.integers(2, 4), num_parts=st.integers(1, 3))
def test_one_source_more_gives_what_a_full_run_gives_and_signs_no_other_again(
    seed: int, num_sources: int, num_parts: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _grows_as_a_full_run(world(seed, num_sources), num_parts, tmp_path_factory)


def test_a_third_source_gives_what_a_full_run_gives(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    _grows_as_a_full_run(world(1, 3), 2, tmp_path_factory)


def _grows_as_a_full_run(
    documents: list[dict[str, Any]], num_parts: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Take one source after another; at the end stands what a run of all of them gives."""
    whole = deduped(tmp_path_factory.mktemp("whole"), documents)
    folder = tmp_path_factory.mktemp("grown")
    lake = FakeLake(folder / "lake")
    made: dict[str, tuple[Manifest, Manifest]] = {}
    for source, manifest in committed(lake, documents, num_parts).items():
        made[source] = (manifest, signed(folder, lake, manifest)[0])
        found = mixed(folder, lake, made)
    assert found.documents.equals(whole.documents)
    assert found.merged.equals(whole.merged)
    assert {name: found.outcome.counts[name] for name in ("clusters", "linked_pairs")} == {
        name: whole.outcome.counts[name] for name in ("clusters", "linked_pairs")
    }
    linked = whole.merged.filter(pl.col("rule") == "near")
    texts = {item["doc_id"]: item["text"] for item in documents}
    for row in linked.iter_rows(named=True):
        assert row["similarity"] == brute_jaccard(texts[row["doc_id"]], texts[row["kept_doc_id"]])


def test_a_mixture_of_one_more_source_reads_no_text_of_the_others_without_a_pair(
    tmp_path: Path,
) -> None:
    documents = [document("a", str(n), " ".join(sentence(n))) for n in range(40)]
    documents += [document("a", f"near{n}", " ".join([*sentence(n), "end"])) for n in range(9)]
    documents += [document("b", str(n), " ".join(sentence(n + 900))) for n in range(9)]
    compute = Counting()
    lake = FakeLake(tmp_path / "lake")
    manifests = committed(lake, documents, 3)
    sketches = [signed(tmp_path, lake, each)[0] for each in manifests.values()]
    inputs = [*manifests.values(), *sketches]
    found = merge(tmp_path, lake, inputs, caps={"a": 10**9, "b": 10**9}, compute=compute)
    assert found.outcome.counts["merged_near"] == 9
    assert {name: compute.items.get(name, 0) for name in ("cut links", "cut similarities")} == {
        "cut links": 0,
        "cut similarities": 0,
    }


def test_a_recipe_may_ask_for_more_similarity_than_was_signed_but_not_for_less(
    tmp_path: Path,
) -> None:
    words = sentence(1)
    near = [document("wiki", "a", " ".join(words)), document("wiki", "b", " ".join(words[:-9]))]
    similarity = brute_jaccard(near[0]["text"], near[1]["text"])
    assert 0.8 < similarity < 0.9
    loose = deduped(tmp_path / "loose", near, dedup={**DEDUP, "threshold": 0.8})
    strict = deduped(tmp_path / "strict", near, dedup={**DEDUP, "threshold": 0.9})
    assert (loose.merged.height, strict.merged.height) == (1, 0)
    with pytest.raises(ValueError, match=r"threshold 0.6, but signatures prove pairs from 0.7 on"):
        deduped(tmp_path / "less", near, dedup={**DEDUP, "threshold": 0.6})


def test_where_the_first_of_a_text_is_left_out_its_copy_stands_for_it(tmp_path: Path) -> None:
    words = sentence(5)
    copies = [document("wiki", name, " ".join(words)) for name in "abc"]
    copies.sort(key=lambda item: str(item["doc_id"]))
    near = document("wiki", "near", " ".join([*words, "one", "more"]))
    other = document("other", "same", " ".join(words))
    documents = [licensed(copies[0], "CC-BY-SA-4.0"), *copies[1:], near, other]
    taken = {"wiki": ["CC0-1.0"]}
    found = entered(tmp_path / "left", documents, licences=taken, num_parts=2)
    never = entered(tmp_path / "never", documents[1:], num_parts=2)
    assert found.outcome.counts["documents_of_other_licences"] == 1
    assert found.table("merged").equals(never.table("merged"))
    assert found.table("documents").equals(never.table("documents"))
    assert found.table("merged").height == 3


def test_a_pair_at_the_threshold_is_worth_a_proof_and_a_poor_one_is_not(tmp_path: Path) -> None:
    least = least_equal(0.7, 128)
    assert least == 68
    rng = np.random.default_rng(1)
    lows = rng.integers(0, 256, (4, 128), dtype=np.uint8)
    lows[1, :least], lows[2, : least - 20] = lows[0, :least], lows[0, : least - 20]
    folder = Folder(uri=str(tmp_path))
    source = ((0, write_lows(lows[:2], folder, "0")), (2, write_lows(lows[2:], folder, "1")))
    read = lows_of(np.array([0, 1, 2, 3], dtype=np.uint64), source, 128)
    assert (read == lows).all()
    left, right = np.array([0, 0, 0]), np.array([1, 2, 3])
    assert worth_proving(left, right, [read[:2], read[2:]], least).tolist() == [True, False, False]
