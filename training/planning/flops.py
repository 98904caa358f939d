"""Floating-point operations of training, counted from the architecture; torch-free."""

from __future__ import annotations

from model.config import ModelConfig

FLOPS_FORMULA = (
    "tokens x (6 x parameters without the input embedding + 12 x sum over layers of "
    "query heads x head dimension x mean visible keys); causal and window limits counted, "
    "document boundaries not"
)


def train_flops(config: ModelConfig, *, context_tokens: int, tokens: int) -> float:
    """Return the floating-point operations of forward and backward (FLOPS_FORMULA)."""
    matmul = 6 * (config.num_parameters() - config.vocab_size * config.hidden_size)
    attention = 0.0
    for layer in range(config.num_layers):
        heads, _, dim = config.heads(layer)
        window = config.sliding_window if config.is_sliding(layer) else context_tokens
        attention += 12 * heads * dim * mean_visible(context_tokens, window)
    return tokens * (matmul + attention)


def recomputed_flops(config: ModelConfig, *, context_tokens: int, tokens: int) -> float:
    """Return what activation checkpointing adds: each layer's forward again, not the head's."""
    head = 2 * config.vocab_size * config.hidden_size
    forward = train_flops(config, context_tokens=context_tokens, tokens=1) / 3
    return tokens * (forward - head)


def mean_visible(context_tokens: int, window: int) -> float:
    """Return the mean over positions of min(position + 1, window)."""
    window = min(window, context_tokens)
    return (window * (window + 1) / 2 + (context_tokens - window) * window) / context_tokens
