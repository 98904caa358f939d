"""A text whose tokens are packed is found wherever they lie, and no other is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.forgetting.token_scan import MIN_TOKENS, TokenScan, scan_tokens
from tests.artifacts import encoded

CONTEXT = 64
RNG = np.random.default_rng(5)
TEXT = RNG.integers(10, 2000, 40).tolist()
LONG = RNG.integers(10, 2000, 150).tolist()


def scanned(
    folder: Path, samples: Sequence[Sequence[int]], texts: Mapping[str, Sequence[int]]
) -> TokenScan:
    """Pack samples by hand, two a shard, and scan them."""
    table = np.zeros((len(samples), CONTEXT), dtype="<u2")
    for row, ids in enumerate(samples):
        table[row, : len(ids)] = ids
    files = {
        f"tokens/{number:05d}.bin": table[2 * number : 2 * number + 2].tobytes()
        for number in range(-(-len(samples) // 2))
    }
    info = {
        "context_tokens": CONTEXT, "vocab_size": 2000, "pad_id": 0, "dtype": "uint16",
        "num_samples": len(samples), "samples_per_shard": 2, "num_tokens": 0,
        "has_loss_mask": False,
    }  # fmt: skip
    lake = FakeLake(folder)
    made = commit_folder(lake, "tokenizers/shards_stage1", {**files, "shards.json": encoded(info)})
    return scan_tokens(lake, made, texts)


def noise(count: int, seed: int = 0) -> list[int]:
    found: list[int] = np.random.default_rng(seed).integers(10, 2000, count).tolist()
    return found


def test_a_whole_text_is_found_where_it_lies(tmp_path: Path) -> None:
    samples = [noise(60), noise(60, 1), [1, *noise(10, 2), 2, 1, *TEXT, 2]]
    (found,) = scanned(tmp_path, samples, {"a": TEXT}).longest
    assert (found.run_tokens, found.is_whole) == (len(TEXT), True)
    assert (found.sample, found.start) == (2, 13)


def test_a_text_that_is_not_there_shares_no_run(tmp_path: Path) -> None:
    found = scanned(tmp_path, [noise(60, seed) for seed in range(5)], {"a": TEXT})
    assert found.longest == ()
    assert found.num_tokens_read == 5 * CONTEXT


def test_a_part_of_it_is_told_and_is_not_the_whole(tmp_path: Path) -> None:
    (found,) = scanned(tmp_path, [[*noise(5), *TEXT[10:30], *noise(5, 1)]], {"a": TEXT}).longest
    assert (found.run_tokens, found.is_whole, found.start) == (20, False, 5)


def test_a_run_does_not_go_on_into_the_next_sample(tmp_path: Path) -> None:
    first = [*noise(CONTEXT - 20), *TEXT[:20]]
    (found,) = scanned(tmp_path, [first, TEXT[20:]], {"a": TEXT}).longest
    assert (found.run_tokens, found.is_whole) == (20, False)


def test_a_text_longer_than_a_sample_is_whole_when_it_fills_one(tmp_path: Path) -> None:
    marked = [1, *LONG]
    samples = [marked[:CONTEXT], marked[CONTEXT : 2 * CONTEXT], marked[2 * CONTEXT :]]
    (found,) = scanned(tmp_path, samples, {"a": LONG}).longest
    assert found.is_whole
    assert found.run_tokens >= CONTEXT - 1


def test_a_repeated_beginning_is_measured_on_its_own_diagonal(tmp_path: Path) -> None:
    (found,) = scanned(tmp_path, [[*TEXT[:12], *TEXT[:30]]], {"a": TEXT}).longest
    assert (found.start, found.run_tokens) == (12, 30)


def test_a_phrase_is_not_looked_for_and_said_to_be_so(tmp_path: Path) -> None:
    phrase = TEXT[: MIN_TOKENS - 1]
    found = scanned(tmp_path, [phrase], {"a": phrase, "b": LONG})
    assert (found.longest, found.too_short) == ((), ("a",))


@pytest.mark.parametrize("texts", [{}, {"a": TEXT[:3]}])
def test_nothing_to_look_for_reads_the_tokens_all_the_same(
    tmp_path: Path, texts: dict[str, list[int]]
) -> None:
    assert scanned(tmp_path, [noise(60)], texts).num_tokens_read == CONTEXT
