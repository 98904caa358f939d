"""Safetensors by header and byte range: checks, splitting, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model.config import ModelConfig
from model.network import Network
from model.weights import (
    WeightsError,
    check_tensors,
    copy_weights,
    expected_shapes,
    read_entries,
)

CONFIG = ModelConfig(
    vocab_size=12,
    hidden_size=8,
    intermediate_size=10,
    num_layers=2,
    num_global_heads=1,
    num_global_kv_heads=1,
    num_swa_heads=2,
    num_swa_kv_heads=1,
    sliding_window=4,
    sliding_window_layers=(1,),
    conv_window=2,
    rope_theta=1e4,
    max_position_embeddings=16,
)


def weights(dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    net = Network(CONFIG)
    net.init_weights(1)
    return {name: value.to(dtype).contiguous() for name, value in net.state_dict().items()}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_copied_weights_are_the_same_bytes(tmp_path: Path, dtype: torch.dtype) -> None:
    given = weights(dtype)
    save_file(given, tmp_path / "in.safetensors")
    stored = copy_weights(tmp_path / "in.safetensors", tmp_path, CONFIG)
    assert stored == {torch.float32: "F32", torch.bfloat16: "BF16"}[dtype]
    got = load_file(tmp_path / "model.safetensors")
    assert set(got) == set(given)
    assert all(torch.equal(got[name], given[name]) for name in given)


def test_copying_does_not_depend_on_the_order_in_the_source(tmp_path: Path) -> None:
    given = weights()
    for name, items in (("a", list(given.items())), ("b", list(given.items())[::-1])):
        (tmp_path / name).mkdir()
        save_file(dict(items), tmp_path / f"{name}.safetensors", metadata={"who": name})
        copy_weights(tmp_path / f"{name}.safetensors", tmp_path / name, CONFIG)
    first, second = ((tmp_path / n / "model.safetensors").read_bytes() for n in "ab")
    assert first == second


def test_large_weights_are_split_with_an_index_that_finds_every_tensor(tmp_path: Path) -> None:
    given = weights()
    save_file(given, tmp_path / "in.safetensors")
    (tmp_path / "out").mkdir()
    copy_weights(tmp_path / "in.safetensors", tmp_path / "out", CONFIG, max_shard_bytes=1000)
    index = json.loads((tmp_path / "out" / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == 4 * CONFIG.num_parameters()
    assert set(index["weight_map"]) == set(given)
    names = sorted(set(index["weight_map"].values()))
    assert names[0] == f"model-00001-of-{len(names):05d}.safetensors" and len(names) > 3
    for name, file in index["weight_map"].items():
        assert torch.equal(load_file(tmp_path / "out" / file)[name], given[name])
    sizes = [sum(e.num_bytes for e in read_entries(tmp_path / "out" / n).values()) for n in names]
    assert max(sizes) <= 1000 and sum(sizes) == 4 * CONFIG.num_parameters()


def test_expected_shapes_add_up_to_the_number_of_parameters() -> None:
    for config in (CONFIG, replace(CONFIG, conv_window=0), replace(CONFIG, num_layers=4)):
        total = 0
        for shape in expected_shapes(config).values():
            count = 1
            for size in shape:
                count *= size
            total += count
        assert total == config.num_parameters()


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.safetensors"
    save_file(weights(), path)
    with pytest.raises(WeightsError, match=r"missing model\.layers\.2\.input_layernorm"):
        check_tensors(read_entries(path), replace(CONFIG, num_layers=3))
    with pytest.raises(WeightsError, match=r"unknown model\.layers\.0\.self_attn\.conv_k"):
        check_tensors(read_entries(path), replace(CONFIG, conv_window=0))
    with pytest.raises(WeightsError, match=r"shape \[12, 8\], the architecture asks for \[13, 8\]"):
        check_tensors(read_entries(path), replace(CONFIG, vocab_size=13))


def test_mixed_types_are_refused(tmp_path: Path) -> None:
    given = weights()
    given["model.norm.weight"] = given["model.norm.weight"].bfloat16()
    save_file(given, tmp_path / "in.safetensors")
    with pytest.raises(WeightsError, match=r"mix the types \['BF16', 'F32'\]"):
        copy_weights(tmp_path / "in.safetensors", tmp_path, CONFIG)


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.safetensors"
    save_file(weights(), path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="the file is cut short"):
        read_entries(path)


@pytest.mark.parametrize("content", [b"", b"\x00" * 8, b"\xff" * 64, b"{}"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a safetensors file"):
        read_entries(path)
