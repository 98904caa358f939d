"""tokenizers/spans: every run that is long enough is found, wherever it lies, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.tokenizers import spans
from assets.tokenizers.checks import spans_are_found
from assets.tokenizers.span_search import SpanIndex
from assets.tokenizers.spans import make_spans, partition_bits
from tests.artifacts import parquet

CONTEXT, GRAM, WINDOW = 32, 3, 4
CERTAIN = GRAM + WINDOW - 1

Samples = list[list[list[int]]]
"""Documents of each sample, one behind the other."""


def shards(lake: FakeLake, name: str, samples: Samples, dtype: str = "uint16") -> Manifest:
    rows, tokens, segments = [], np.zeros((len(samples), CONTEXT), dtype), []
    for sample, documents in enumerate(samples):
        at = 0
        for number, ids in enumerate(documents):
            tokens[sample, at : at + len(ids)] = ids
            segments.append((sample, at))
            rows.append(
                {
                    "doc_id": f"{name}-{sample}-{number}", "sample": sample, "start": at,
                    "end": at + len(ids), "piece": 0, "copy": 0,
                }
            )  # fmt: skip
            at += len(ids)
    info = {
        "context_tokens": CONTEXT, "vocab_size": 500, "pad_id": 0, "dtype": dtype,
        "num_samples": len(samples), "samples_per_shard": 2, "num_tokens": sum(map(len, rows)),
        "has_loss_mask": False,
    }  # fmt: skip
    unsigned = dict.fromkeys(("sample", "start", "end", "piece", "copy"), pl.UInt32)
    files = {
        "shards.json": json.dumps(info).encode(),
        "index.parquet": parquet(sorted(rows, key=lambda row: str(row["doc_id"])), **unsigned),
    }
    for first in range(0, len(samples), 2):
        files[f"tokens/{first // 2:05d}.bin"] = tokens[first : first + 2].tobytes()
    return commit_folder(lake, f"tokenizers/{name}", files)


def index_of(folder: Path, *made: Samples) -> tuple[SpanIndex, list[Manifest], Outcome]:
    lake = FakeLake(folder / "lake")
    inputs = [shards(lake, f"shards_stage{n + 1}", each) for n, each in enumerate(made)]
    step = Step(
        family="tokenizers",
        name="spans",
        partition="p",
        code_version="1",
        config={"gram_tokens": GRAM, "window_grams": WINDOW},
    )
    ws = fake_workspace(folder / "work", step, tuple(inputs), lake=lake)
    outcome = make_spans(ws)
    files = {
        path.relative_to(ws.out_dir).as_posix(): path.read_bytes()
        for path in ws.out_dir.rglob("*")
        if path.is_file()
    }
    return SpanIndex(lake, commit_folder(lake, "tokenizers/spans", files)), inputs, outcome


IDS = st.lists(st.integers(1, 4), min_size=1, max_size=15)
SAMPLES = st.lists(st.lists(IDS, min_size=1, max_size=2), min_size=1, max_size=5)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(first=SAMPLES, second=SAMPLES, answer=st.lists(st.integers(1, 5), max_size=40))
def test_every_long_run_is_found_and_every_match_is_true(
    tmp_path_factory: pytest.TempPathFactory, first: Samples, second: Samples, answer: list[int]
) -> None:
    index, inputs, _ = index_of(tmp_path_factory.mktemp("spans"), first, second)
    found = index.search(np.array(answer, dtype=np.int64), [m.fingerprint for m in inputs])
    got = {(m.shards.node, m.sample, m.start, m.first, m.length) for m in found.matches}
    held = index.doc_ids(m.piece for m in found.matches)
    expected = set()
    for node, samples in (
        ("tokenizers/shards_stage1", first),
        ("tokenizers/shards_stage2", second),
    ):
        for sample, documents in enumerate(samples):
            at = 0
            for ids in documents:
                expected |= {
                    (node, sample, at + start, begin, length)
                    for start, begin, length in maximal_runs(ids, answer)
                }
                at += len(ids)
    assert got <= expected, "a match is no maximal run"
    assert {run for run in expected if run[-1] >= CERTAIN} <= got
    for match in found.matches:
        samples = first if match.shards.node.endswith("1") else second
        _, sample, number = held[match.piece].rsplit("-", 2)
        assert int(sample) == match.sample
        assert match.start >= sum(map(len, samples[match.sample][: int(number)]))


def maximal_runs(ids: list[int], answer: list[int]) -> set[tuple[int, int, int]]:
    """Return (start in the document, start in the answer, length) of all runs of GRAM and more."""
    found = set()
    for start in range(len(ids)):
        for begin in range(len(answer)):
            if start and begin and ids[start - 1] == answer[begin - 1]:
                continue
            length = 0
            while (
                start + length < len(ids)
                and begin + length < len(answer)
                and ids[start + length] == answer[begin + length]
            ):
                length += 1
            if length >= GRAM:
                found.add((start, begin, length))
    return found


@pytest.mark.parametrize("tokens_per_partition", [8, 1 << 25])
def test_partitions_change_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokens_per_partition: int
) -> None:
    monkeypatch.setattr(spans, "_PARTITION_TOKENS", tokens_per_partition)
    documents = [[list(range(n, n + 14)), list(range(100, 112))] for n in range(1, 8)]
    index, inputs, outcome = index_of(tmp_path, documents)
    assert index.info.partition_bits == (5 if tokens_per_partition == 8 else 0)
    found = index.search(np.arange(5, 15), [inputs[0].fingerprint])
    assert {(m.sample, m.first, m.length) for m in found.matches} == {
        (n, max(0, n - 4), min(n + 15, 15) - max(n + 1, 5)) for n in range(7)
    }
    assert outcome.counts["pieces"] == 14
    assert not list((tmp_path / "work").rglob(".buckets"))


def test_places_beyond_the_cap_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.tokenizers import span_search

    monkeypatch.setattr(span_search, "MAX_HITS_PER_GRAM", 2)
    index, inputs, _ = index_of(tmp_path, [[[7, 8, 9]], [[7, 8, 9]], [[7, 8, 9]], [[7, 8, 9]]])
    found = index.search(np.array([7, 8, 9]), [inputs[0].fingerprint])
    assert (len(found.matches), found.places_left_out) == (2, 2)


def test_shards_that_were_not_asked_for_are_left_out(tmp_path: Path) -> None:
    index, inputs, _ = index_of(tmp_path, [[[1, 2, 3, 4]]], [[[1, 2, 3, 4]]])
    found = index.search(np.array([1, 2, 3, 4]), [inputs[1].fingerprint])
    assert [m.shards.node for m in found.matches] == ["tokenizers/shards_stage2"]


def test_wide_tokens_are_indexed_too(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path)
    made = shards(lake, "shards_stage1", [[[70_000, 70_001, 70_002]]], dtype="uint32")
    step = Step(
        family="tokenizers", name="spans", partition="p", code_version="1",
        config={"gram_tokens": GRAM, "window_grams": WINDOW},
    )  # fmt: skip
    ws = fake_workspace(tmp_path / "work", step, (made,), lake=lake)
    assert make_spans(ws).counts["grams"] == 1


def test_more_tokens_than_places_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "MAX_PLACES", 10)
    with pytest.raises(ValueError, match="32 tokens are more than an index of 40 bits"):
        index_of(tmp_path, [[[1, 2, 3]]])


def test_the_check_finds_samples_and_tells_of_lost_ones(tmp_path: Path) -> None:
    index, inputs, _ = index_of(tmp_path, [[[1, 2, 3, 4]], [[5, 6]], [[8, 9, 10]]])
    lake = index._lake
    assert spans_are_found(index.manifest, lake).passed
    path = lake.fetch(inputs[0], inputs[0].file("tokens/00000.bin"))
    path.write_bytes(np.full((2, CONTEXT), 44, "uint16").tobytes())
    path = lake.fetch(index.manifest, index.manifest.file("grams/0000.bin"))
    path.write_bytes(path.read_bytes()[:8])
    verdict = spans_are_found(index.manifest, lake)
    assert not verdict.passed
    assert "of tokenizers/shards_stage1" in verdict.reason


@pytest.mark.parametrize(
    ("tokens", "bits"), [(0, 0), (1, 0), (1 << 25, 0), ((1 << 25) + 1, 1), (1 << 40, 12)]
)
def test_partitions_grow_with_the_tokens(tokens: int, bits: int) -> None:
    assert partition_bits(tokens) == bits
