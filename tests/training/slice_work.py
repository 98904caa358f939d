"""What the ranks of tests/training/test_sequence.py do; the fork server finds it by name."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from model.config import ModelConfig
from model.network import Network
from training.ranks import process_group
from training.slices import join_slices


def make_network(config: ModelConfig) -> Network:
    """A network with weights large enough that every part matters."""
    network = Network(config)
    network.init_weights(5)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.dim() == 2:
                parameter.mul_(1.0 if "lm_head" in name else 8.0)
    return network


def gradients(network: Network, rows: tuple[Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
    """Return loss, z-loss, count and every gradient of one forward and backward."""
    total, z_loss, count = network.objective(*rows, z_weight=1e-3)
    total.backward()
    grads = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    return {"total": total.detach(), "z_loss": z_loss, "count": count.float(), **grads}


def gradients_of_a_slice(
    folder: Path,
    config: ModelConfig,
    degree: int,
    checkpointing: bool,
    rows: tuple[Tensor, Tensor, Tensor],
) -> None:
    torch.set_num_threads(1)
    with process_group(os.environ) as ranks:
        network = make_network(config)
        network.activation_checkpointing = checkpointing
        network.slices = join_slices(ranks, degree)
        save_file(gradients(network, rows), folder / f"{ranks.rank}.safetensors")
