"""FlexAttention: the same masks as blocks that a GPU kernel skips, where a device can run it.

Lazily imported and compiled once per process; SDPA with explicit masks stays the fallback.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

_MIN_CAPABILITY = (8, 0)
"""Ampere: what Triton's attention kernels are built for."""


def can_use_flex(device: torch.device) -> bool:
    return (
        device.type == "cuda"
        and torch.cuda.get_device_capability(device) >= _MIN_CAPABILITY
        and torch.version.hip is None
    )


def flex_mask(
    segments_BT: Tensor | None, *, num_tokens: int, window: int | None, device: torch.device
) -> BlockMask:
    """Return the block mask of a forward without a cache: causal, windowed, per document."""

    def allowed(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        seen = key <= query
        if window is not None:
            seen = seen & (key > query - window)
        if segments_BT is not None:
            seen = seen & (segments_BT[batch, query] == segments_BT[batch, key])
        return seen

    rows = None if segments_BT is None else segments_BT.shape[0]
    return create_block_mask(allowed, rows, None, num_tokens, num_tokens, device=str(device))


def attend_flex(q_BHTC: Tensor, k_BKSC: Tensor, v_BKSC: Tensor, mask: BlockMask) -> Tensor:
    grouped = q_BHTC.shape[1] != k_BKSC.shape[1]
    kernel = _compiled() if q_BHTC.is_cuda else _interpreted()
    out_BHTC: Tensor = kernel(q_BHTC, k_BKSC, v_BKSC, block_mask=mask, enable_gqa=grouped)
    return out_BHTC


def _interpreted() -> Callable[..., Any]:
    return cast("Callable[..., Any]", flex_attention)


@cache
def _compiled() -> Callable[..., Any]:
    return torch.compile(flex_attention, dynamic=False)
