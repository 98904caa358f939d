"""Bytes of tensors that one micro-batch keeps for its backward pass; torch-free.

Every term is a tensor that model/network.py, model/kernels.py or model/attention.py keeps, by the
names they have there: N tokens of the micro-batch on this device, D hidden, H query heads, K kv
heads, C channels of a head, F feed-forward, w bytes of an element.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.config import ModelConfig
from training.planning.layout import Runtime

_MIN_BLOCK_TOKENS, _GLOBAL_BLOCK_TOKENS = 64, 128
"""Of model/attention.py, which needs torch."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One micro-batch on one device."""

    samples: int
    context_tokens: int
    sequence_parallel: int
    element_bytes: int
    runtime: Runtime

    @property
    def tokens(self) -> float:
        return self.samples * self.context_tokens / self.sequence_parallel


def layer_bytes(config: ModelConfig, layer: int, run: Pass) -> float:
    """Return what one layer keeps between its forward and its backward."""
    heads, kv_heads, dim = config.heads(layer)
    # Past one head per device, Ulysses has to give several devices the same k and v.
    kv_heads = max(kv_heads, run.sequence_parallel)
    query, key = heads * dim, kv_heads * dim
    blocks = num_blocks(config, layer, run.context_tokens)
    width = 2 * config.hidden_size  # The layer's input and the normalised input of W_pack.
    width += query + 2 * key  # W_pack's output, of which q, k and v are views.
    if config.conv_window:
        width += 2 * key + 2 * key  # Previous raw k and v; k and v after the convolution.
    width += query + key  # q and k after the rotation.
    width += query * (2 if blocks > 1 else 1)  # Attention's output; blocks are joined by a copy.
    width += 2 * config.hidden_size  # The same two of the feed-forward half.
    width += 3 * config.intermediate_size  # gate, up, and their product.
    scales = (heads + 2) * 4  # log-sum-exp per head; one scale per norm; both fp32.
    return run.tokens * (width * run.element_bytes + scales) + _kept_masks(config, layer, run)


def peak_in_layer_bytes(config: ModelConfig, run: Pass) -> float:
    """Return what the backward of a layer needs beyond what was kept: its feed-forward half."""
    width = 3 * config.intermediate_size + 2 * config.hidden_size
    return run.tokens * width * run.element_bytes


def boundary_bytes(config: ModelConfig, run: Pass) -> float:
    """Return one layer's input: all that a checkpointed layer keeps."""
    return run.tokens * config.hidden_size * run.element_bytes


def shared_bytes(config: ModelConfig, run: Pass) -> float:
    """Return what all layers share: rotary tables, positions, and masks as booleans."""
    dims = {config.heads(layer)[2] for layer in range(config.num_layers)}
    tables = run.tokens * sum(dims) * 4
    positions = run.tokens * 3 * 8
    if run.runtime.kernel == "flex":
        return tables + positions
    kinds = {config.is_sliding(layer): layer for layer in range(config.num_layers)}
    masks = sum(mask_entries(config, layer, run) for layer in kinds.values())
    return tables + positions + masks


def num_blocks(config: ModelConfig, layer: int, context_tokens: int) -> int:
    """Return how many calls the attention of a layer takes without flex kernels."""
    return -(-context_tokens // _block_tokens(config, layer))


def mask_entries(config: ModelConfig, layer: int, run: Pass) -> float:
    """Return the entries of a layer's explicit masks, for packed documents."""
    context = run.context_tokens
    size = _block_tokens(config, layer)
    window = config.sliding_window if config.is_sliding(layer) else context
    entries = 0
    for first in range(0, context, size):
        last = min(first + size, context)
        entries += (last - first) * (last - max(0, first - window + 1))
    return run.samples * entries


def _kept_masks(config: ModelConfig, layer: int, run: Pass) -> float:
    """Every call of the SDPA kernel turns its boolean mask into numbers and keeps them."""
    if run.runtime.kernel == "flex":
        return 0.0
    return mask_entries(config, layer, run) * run.element_bytes


def _block_tokens(config: ModelConfig, layer: int) -> int:
    if not config.is_sliding(layer):
        return _GLOBAL_BLOCK_TOKENS
    return max(config.sliding_window // 2, _MIN_BLOCK_TOKENS)
