"""Load a model folder: a checkpoint of ours or a release in the official Hugging Face layout."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from model.export import read_config
from model.network import Network
from model.tokenizer import Tokenizer
from model.weights import FILE_NAME, INDEX_NAME


def load_model(folder: Path, *, device: str = "cpu") -> tuple[Network, Tokenizer]:
    """Return the network in evaluation mode and the tokenizer that lies beside it."""
    return load_network(folder, device=device), Tokenizer.load(folder)


def load_network(folder: Path, *, device: str = "cpu") -> Network:
    """Return the network in evaluation mode, in the type its weights are stored in."""
    with torch.device("meta"):
        network = Network(read_config(folder))
    weights: dict[str, torch.Tensor] = {}
    for path in _weight_files(folder):
        weights |= load_file(path, device=device)
    network.load_state_dict(weights, strict=True, assign=True)
    return network.eval()


def _weight_files(folder: Path) -> list[Path]:
    single, index = folder / FILE_NAME, folder / INDEX_NAME
    if single.is_file():
        return [single]
    if not index.is_file():
        raise FileNotFoundError(f"{folder} has neither {FILE_NAME} nor {INDEX_NAME}")
    names = set(json.loads(index.read_text())["weight_map"].values())
    return [folder / name for name in sorted(names)]
