"""What all layers of one forward pass share: positions, rotary tables, document starts, masks.

Built once per forward. Shape suffixes are those of model/network.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from model.attention import Mask, make_mask
from model.config import ModelConfig


class Slices(Protocol):
    """What a rank does that shares each sequence with others: training/slices.py."""

    def share(self, x_BS: Tensor) -> Tensor:
        """Return this rank's slice of a tensor whose second dimension is the whole sequence."""

    def last_of_previous(self, x_BTJC: Tensor) -> Tensor:
        """Return the last token of the slice before ours, [B, 1, J, C]; zero for the first."""

    def to_heads(
        self, q_BTHC: Tensor, k_BTKC: Tensor, v_BTKC: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Trade a slice of all heads for the whole sequence of some."""

    def to_tokens(self, x_BSHC: Tensor) -> Tensor:
        """Trade back."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every layer needs to know about where the tokens stand."""

    position_BT: Tensor
    keep_BT11: Tensor | None
    """0 where a document begins (no previous token for the convolution), else 1."""
    rotary: dict[int, tuple[Tensor, Tensor]]
    """Head dimension -> cosine and sine, fp32, [B or 1, T, 1, C/2]."""
    masks: dict[bool, Mask]
    """By sliding; always of the whole sequence."""
    slices: Slices | None = None
    """Set when ranks share the sequence: all the rest is then about this rank's slice."""


def make_plan(
    config: ModelConfig,
    tokens_BT: Tensor,
    segments_BT: Tensor | None,
    past_tokens: int,
    slices: Slices | None = None,
) -> Plan:
    """Work out positions, rotary tables and masks; `past_tokens` are in the cache already.

    Tokens and segments are those of the whole sequence, also where ranks share it.
    """
    num_tokens, device = tokens_BT.shape[1], tokens_BT.device
    if segments_BT is not None and past_tokens:
        raise ValueError("a cache holds one document per row: leave segments out when decoding")
    position_BT = past_tokens + torch.arange(num_tokens, device=device)[None]
    keep_BT11 = None
    if segments_BT is not None:
        is_start_BT = torch.ones_like(segments_BT, dtype=torch.bool)
        is_start_BT[:, 1:] = segments_BT[:, 1:] != segments_BT[:, :-1]
        start_BT = torch.where(is_start_BT, position_BT, 0).cummax(dim=1).values
        position_BT = position_BT - start_BT
        keep_BT11 = (~is_start_BT)[:, :, None, None]
        if not is_start_BT[:, 1:].any():
            segments_BT = keep_BT11 = None
    if slices is not None:
        position_BT = slices.share(position_BT)
        keep_BT11 = None if keep_BT11 is None else slices.share(keep_BT11)
    return Plan(
        slices=slices,
        position_BT=position_BT,
        keep_BT11=keep_BT11,
        rotary={
            dim: rotary_table(position_BT, dim, config.rope_theta)
            for dim in {config.heads(layer)[2] for layer in range(config.num_layers)}
        },
        masks={
            sliding: make_mask(
                segments_BT,
                num_tokens=num_tokens,
                past_tokens=past_tokens,
                window=config.sliding_window if sliding else None,
                device=device,
            )
            for sliding in {config.is_sliding(layer) for layer in range(config.num_layers)}
        },
    )


def rotary_table(position_BT: Tensor, dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of position * theta^(-2i/dim), fp32, [B, T, 1, dim/2]."""
    exponent = torch.arange(0, dim, 2, device=position_BT.device, dtype=torch.float32) / dim
    angle = position_BT[:, :, None, None].float() * (theta**-exponent)
    return angle.cos(), angle.sin()
