"""Reading packed samples: a batch is its samples, and a sample is what the format says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.shards import Shards, ShardsInfo

Pieces = list[list[int]]
"""Lengths of the document pieces of every sample; what is left of it is padding."""


def write(
    folder: Path, pieces: Pieces, *, context: int, per_shard: int, mask: bool = False
) -> npt.NDArray[np.int64]:
    """Write a shards folder; return its tokens. Token 0 is padding, and unknown text too."""
    rng = np.random.default_rng(len(pieces))
    tokens = rng.integers(0, 5, (len(pieces), context))
    for row, lengths in zip(tokens, pieces, strict=True):
        used = sum(lengths)
        row[used:] = 0
        if used:
            row[used - 1] = 7  # The last token of a document is its end mark, never padding.
    for kind in ("tokens", "segments", "mask"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for shard, first in enumerate(range(0, len(pieces), per_shard)):
        name = f"{shard:05d}.bin"
        part = tokens[first : first + per_shard]
        pairs = [
            (row, start)
            for row, lengths in enumerate(pieces[first : first + per_shard])
            for start in np.cumsum([0, *lengths])[:-1].tolist()
        ]
        (folder / "tokens" / name).write_bytes(part.astype("<u2").tobytes())
        (folder / "segments" / name).write_bytes(np.array(pairs, dtype="<u4").tobytes())
        (folder / "mask" / name).write_bytes((part % 2).astype("u1").tobytes())
    ShardsInfo(
        context_tokens=context,
        vocab_size=8,
        pad_id=0,
        dtype="uint16",
        num_samples=len(pieces),
        samples_per_shard=per_shard,
        num_tokens=sum(map(sum, pieces)),
        has_loss_mask=mask,
    ).write(folder)
    return tokens


def expected_segments(lengths: list[int], context: int) -> list[int]:
    numbered = [number for number, length in enumerate(lengths) for _ in range(length)]
    return numbered + [-1] * (context - len(numbered))


CONTEXT = 12


@st.composite
def samples(draw: st.DrawFn) -> list[int]:
    lengths, left = [], CONTEXT
    for length in draw(st.lists(st.integers(1, CONTEXT), min_size=1, max_size=5)):
        if length <= left:
            lengths.append(length)
            left -= length
    return lengths


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(samples(), min_size=1, max_size=9),
    per_shard=st.integers(1, 9),
    mask=st.booleans(),
    data=st.data(),
)
def test_a_batch_holds_tokens_segments_and_mask_of_its_samples(
    pieces: Pieces,
    per_shard: int,
    mask: bool,
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    tokens = write(folder, pieces, context=CONTEXT, per_shard=per_shard, mask=mask)
    indices = data.draw(st.lists(st.integers(0, len(pieces) - 1), max_size=12))
    batch = Shards(folder).batch(indices)
    assert batch.tokens_BC.tolist() == tokens[indices].tolist()
    segments = [expected_segments(pieces[i], CONTEXT) for i in indices]
    assert batch.segment_BC.tolist() == segments
    chosen = (tokens[indices] % 2 == 1) | (not mask)
    assert np.array_equal(batch.loss_mask_BC, (batch.segment_BC >= 0) & chosen)


def test_a_sample_is_a_batch_of_one(tmp_path: Path) -> None:
    write(tmp_path, [[4, 8], [3], [12]], context=12, per_shard=2, mask=True)
    shards = Shards(tmp_path)
    batch = shards.batch([2, 0, 1])
    for row, index in enumerate((2, 0, 1)):
        sample = shards.sample(index)
        assert np.array_equal(sample.tokens_C, batch.tokens_BC[row])
        assert np.array_equal(sample.segment_C, batch.segment_BC[row])
        assert np.array_equal(sample.loss_mask_C, batch.loss_mask_BC[row])
    assert batch.tokens_BC.dtype == np.int64 and batch.segment_BC.dtype == np.int32


@pytest.mark.parametrize("index", [-1, 3])
def test_a_sample_outside_the_artifact_is_refused(index: int, tmp_path: Path) -> None:
    write(tmp_path, [[4, 8], [3], [12]], context=12, per_shard=2)
    with pytest.raises(IndexError, match=rf"sample {index} outside 0\.\.2"):
        Shards(tmp_path).batch([0, index])


def test_only_some_shards_are_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.shards._MAX_OPEN_SHARDS", 2)
    tokens = write(tmp_path, [[5]] * 6, context=6, per_shard=1)
    shards = Shards(tmp_path)
    assert (
        shards.batch([5, 0, 3, 1, 4, 2]).tokens_BC.tolist() == tokens[[5, 0, 3, 1, 4, 2]].tolist()
    )
    for path in (tmp_path / "tokens").iterdir():
        path.unlink()
    # The two read last (shards come in ascending order) are still mapped, the others are gone.
    assert shards.batch([4, 5]).tokens_BC.tolist() == tokens[[4, 5]].tolist()
    with pytest.raises(FileNotFoundError):
        shards.batch([0])
