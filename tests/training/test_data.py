"""The loader: which samples a step and a rank read, and what it counts."""

from pathlib import Path
from typing import Any

import pytest
import torch
from training_jobs import MODEL, make_spec, write_shards

from model.network import Network
from training.data import Loader, data_fingerprint
from training.shards import SampleOrder, Shards, steps_without_update


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    return write_shards(tmp_path / "shards")


def _loader(tmp_path: Path, shards: Path, *, rank: int = 0, **changes: Any) -> Loader:
    return Loader(make_spec(tmp_path, shards, **changes), rank=rank)


def test_a_step_reads_its_stretch_of_the_stream(tmp_path: Path, shards: Path) -> None:
    order = SampleOrder(20, seed=3)
    loader = _loader(tmp_path, shards)
    for step in (0, 1, 7):
        expected = [order.sample_at(p) for p in range(4 * step, 4 * step + 4)]
        assert loader.sample_indices(step) == expected


def test_ranks_share_a_step_in_contiguous_slices(tmp_path: Path, shards: Path) -> None:
    alone = _loader(tmp_path, shards)
    pair = [_loader(tmp_path, shards, rank=rank, world_size=2) for rank in (0, 1)]
    for step in range(6):
        slices = pair[0].sample_indices(step) + pair[1].sample_indices(step)
        assert slices == alone.sample_indices(step)


def test_an_epoch_reads_every_sample_once(tmp_path: Path, shards: Path) -> None:
    loader = _loader(tmp_path, shards)
    read = [i for step in range(5) for i in loader.sample_indices(step)]
    assert sorted(read) == list(range(20))


def test_micro_batches_hold_the_samples_in_order(tmp_path: Path, shards: Path) -> None:
    loader = _loader(tmp_path, shards)
    batch = loader.batch(2)
    assert [m.tokens_BT.shape for m in batch.micro_batches] == [(2, 32), (2, 32)]
    tokens = torch.cat([m.tokens_BT for m in batch.micro_batches])
    for row, index in zip(tokens, loader.sample_indices(2), strict=True):
        assert row.tolist() == Shards(shards).sample(index).tokens_C.tolist()


def test_the_loader_counts_what_the_network_predicts(tmp_path: Path, shards: Path) -> None:
    network = Network(MODEL)
    network.init_weights(0)
    loader = _loader(tmp_path, shards)
    for step in range(5):
        batch = loader.batch(step)
        counts = [
            int(network.loss(m.tokens_BT, m.segments_BT, m.loss_mask_BT)[1])
            for m in batch.micro_batches
        ]
        assert sum(counts) == batch.num_predicted
        assert batch.num_predicted < batch.num_tokens <= 4 * 32


def test_steps_without_update_are_those_that_the_result_says_were_skipped() -> None:
    assert steps_without_update({"skipped_steps": [4, 2, 4]}) == {2, 4}


@pytest.mark.parametrize("size", [2, 4])
def test_any_number_of_ranks_reads_the_same_samples_in_each_step(
    size: int, tmp_path: Path, shards: Path
) -> None:
    alone = _loader(tmp_path, shards)
    for step in range(30):
        spec = make_spec(tmp_path, shards, world_size=size, micro_batch_samples=1)
        parts = [Loader(spec, rank=rank).sample_indices(step) for rank in range(size)]
        assert [sample for part in parts for sample in part] == alone.sample_indices(step)


def test_shards_of_another_context_are_refused(tmp_path: Path, shards: Path) -> None:
    with pytest.raises(ValueError, match="shards have 32 tokens a sample, the spec asks for 64"):
        _loader(tmp_path, shards, context_tokens=64)


def test_shards_of_a_larger_vocabulary_are_refused(tmp_path: Path, shards: Path) -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="shards use 64 token ids, the model has 32"):
        _loader(tmp_path, shards, model=replace(MODEL, vocab_size=32))


def test_the_data_fingerprint_tells_shards_apart(tmp_path: Path, shards: Path) -> None:
    same = write_shards(tmp_path / "same")
    longer = write_shards(tmp_path / "longer", num_samples=21)
    assert data_fingerprint(shards) == data_fingerprint(same) != data_fingerprint(longer)
