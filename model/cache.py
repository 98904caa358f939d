"""The hybrid key-value cache of decoding: full on global layers, one window on sliding ones.

It keeps k after convolution and rotation, v after convolution, and beside them the last raw k and
v that the next convolution needs. Shape suffixes are those of model/network.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from model.config import ModelConfig


@dataclass
class LayerCache:
    """State of one layer; None before the first token."""

    window: int | None
    """Tokens a sliding layer sees, the query included; None on a global layer."""
    k_BKSC: Tensor | None = None
    v_BKSC: Tensor | None = None
    raw_B1JC: Tensor | None = None

    def append(self, k_BKTC: Tensor, v_BKTC: Tensor, raw_B1JC: Tensor) -> tuple[Tensor, Tensor]:
        """Return the keys and values the new tokens may look at, and remember them."""
        if self.k_BKSC is not None and self.v_BKSC is not None:
            k_BKTC = torch.cat((self.k_BKSC, k_BKTC), dim=2)
            v_BKTC = torch.cat((self.v_BKSC, v_BKTC), dim=2)
        self.k_BKSC, self.v_BKSC, self.raw_B1JC = k_BKTC, v_BKTC, raw_B1JC
        if self.window is not None and k_BKTC.shape[2] > self.window - 1:
            # The next query is one of the window's tokens, so window - 1 past ones are enough.
            first = k_BKTC.shape[2] - (self.window - 1)
            self.k_BKSC, self.v_BKSC = k_BKTC[:, :, first:], v_BKTC[:, :, first:]
        return k_BKTC, v_BKTC


class Cache:
    """One LayerCache per layer, and the position counter apart from their lengths."""

    def __init__(self, config: ModelConfig) -> None:
        self.num_tokens = 0
        self.layers = [
            LayerCache(window=config.sliding_window if config.is_sliding(layer) else None)
            for layer in range(config.num_layers)
        ]
