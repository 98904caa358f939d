"""Attention of one layer and the plan that all layers of a forward pass share.

A plan is built once per forward: rotary tables, document starts, and one mask for the global and
one for the sliding layers. The kernel is chosen by device: SDPA on CPU, FlexAttention on CUDA.
Shape suffixes are those of model/network.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model.config import ModelConfig


@dataclass(frozen=True, kw_only=True)
class Mask:
    """Which keys a query sees; `allowed` None with `causal` is the plain lower triangle."""

    causal: bool
    allowed_B1TS: Tensor | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every layer needs to know about where the tokens stand."""

    position_BT: Tensor
    keep_BT11: Tensor | None
    """0 where a document begins (no previous token for the convolution), else 1."""
    rotary: dict[int, tuple[Tensor, Tensor]]
    """Head dimension -> cosine and sine, fp32, [B or 1, T, 1, C/2]."""
    masks: dict[bool, Mask]
    """By sliding."""


def make_plan(
    config: ModelConfig, tokens_BT: Tensor, segments_BT: Tensor | None, past_tokens: int
) -> Plan:
    """Work out positions, rotary tables and masks; `past_tokens` are in the cache already."""
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
            segments_BT = None
    return Plan(
        position_BT=position_BT,
        keep_BT11=keep_BT11 if segments_BT is not None else None,
        rotary={
            dim: rotary_table(position_BT, dim, config.rope_theta)
            for dim in {config.heads(layer)[2] for layer in range(config.num_layers)}
        },
        masks={
            sliding: _make_mask(
                segments_BT,
                num_tokens=num_tokens,
                past_tokens=past_tokens,
                window=config.sliding_window if sliding else None,
                device=device,
            )
            for sliding in {config.is_sliding(layer) for layer in range(config.num_layers)}
        },
    )


def _make_mask(
    segments_BT: Tensor | None,
    *,
    num_tokens: int,
    past_tokens: int,
    window: int | None,
    device: torch.device,
) -> Mask:
    past = past_tokens if window is None else min(past_tokens, window - 1)
    fits = window is None or past + num_tokens <= window
    if segments_BT is None and fits and (not past or num_tokens == 1):
        return Mask(causal=num_tokens > 1, allowed_B1TS=None)
    query_T1 = torch.arange(past, past + num_tokens, device=device)[:, None]
    key_1S = torch.arange(past + num_tokens, device=device)[None]
    allowed_BTS = (key_1S <= query_T1)[None]
    if window is not None:
        allowed_BTS = allowed_BTS & (key_1S > query_T1 - window)
    if segments_BT is not None:
        # Padding (-1) sees padding, so that no row is empty and softmax stays finite.
        allowed_BTS = allowed_BTS & (segments_BT[:, :, None] == segments_BT[:, None, :])
    return Mask(causal=False, allowed_B1TS=allowed_BTS[:, None])


def attend(q_BHTC: Tensor, k_BKSC: Tensor, v_BKSC: Tensor, mask: Mask) -> Tensor:
    """Return softmax(q k / sqrt(C)) v with grouped kv heads, [B, H, T, C]."""
    return F.scaled_dot_product_attention(
        q_BHTC,
        k_BKSC,
        v_BKSC,
        attn_mask=mask.allowed_B1TS,
        is_causal=mask.causal,
        enable_gqa=q_BHTC.shape[1] != k_BKSC.shape[1],
    )


def rotary_table(position_BT: Tensor, dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of position * theta^(-2i/dim), fp32, [B, T, 1, dim/2]."""
    exponent = torch.arange(0, dim, 2, device=position_BT.device, dtype=torch.float32) / dim
    angle = position_BT[:, :, None, None].float() * (theta**-exponent)
    return angle.cos(), angle.sin()


def rotate(x_BTHC: Tensor, table: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate channel i with channel i + C/2 (half-split pairing), computed in fp32."""
    cos, sin = table
    first, second = x_BTHC.float().chunk(2, dim=-1)
    rotated = torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)
    return rotated.to(x_BTHC.dtype)
