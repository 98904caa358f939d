"""Load a model folder: ours (ModelConfig fields) or the official Hugging Face layout."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from model.config import ModelConfig
from model.network import Network


def load_model(folder: Path, *, device: str = "cpu") -> tuple[Network, Tokenizer]:
    """Return the network in evaluation mode and the tokenizer that lies beside it."""
    return load_network(folder, device=device), Tokenizer.from_file(str(folder / "tokenizer.json"))


def load_network(folder: Path, *, device: str = "cpu") -> Network:
    with torch.device("meta"):
        network = Network(load_config(folder))
    weights = load_file(folder / "model.safetensors", device=device)
    network.load_state_dict(weights, strict=True, assign=True)
    return network.eval()


def load_config(folder: Path) -> ModelConfig:
    return ModelConfig.from_dict(json.loads((folder / "config.json").read_text()))
