"""What a training step of our network must compute and move, and how long that takes at best.

Pure arithmetic over a ModelConfig: it measures nothing. FLOPs are those of the model (a backward
pass costs twice its forward; what a kernel computes again is not counted), as MFU is defined in
PaLM (arXiv 2204.02311, appendix B).
"""

from __future__ import annotations

from dataclasses import dataclass

from model.config import ModelConfig

PEAK_BF16_FLOPS = {
    "H100": 989.4e12,
    "H200": 989.4e12,
    "A100": 312e12,
    "B200": 2250e12,
}
"""Dense bf16 of the vendor's data sheets (SXM), by a word of the device's name."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some work of a step: what it computes and what it must move to and from memory."""

    name: str
    flops: float
    num_bytes: float

    def bound_s(self, *, flops_per_s: float, bytes_per_s: float) -> float:
        """Return the least time on a machine, whichever of its two limits binds."""
        return max(self.flops / flops_per_s, self.num_bytes / bytes_per_s)


def seen_pairs(num_tokens: int, window: int | None) -> int:
    """Count the (query, key) pairs of one causal row; a window holds the query itself too."""
    full = num_tokens if window is None else min(window, num_tokens)
    return full * (full + 1) // 2 + (num_tokens - full) * full


def attention(config: ModelConfig, layer: int, *, rows: int, tokens: int, width: int) -> Part:
    """Scores and weighted sums of one layer, forward and backward; `width` is bytes a number."""
    heads, kv_heads, dim = config.heads(layer)
    window = config.sliding_window if config.is_sliding(layer) else None
    pairs = rows * seen_pairs(tokens, window)
    one = rows * tokens * dim * width
    # Forward: q, k, v in, out out. Backward: those and the output's gradient in, three out.
    moved = one * (3 * 2 * heads + 3 * 2 * kv_heads)
    return Part(
        name="sliding attention" if window else "global attention",
        flops=3 * 2 * 2 * pairs * heads * dim,
        num_bytes=moved,
    )


def linears(config: ModelConfig, *, tokens: int, width: int) -> Part:
    """All projections of the body, forward and backward: weights read twice, gradients written."""
    weights = body_weights(config)
    return Part(
        name="projections",
        flops=6 * weights * tokens,
        num_bytes=width * (3 * weights + 6 * _activations(config) * tokens),
    )


def cross_entropy(config: ModelConfig, *, tokens: int, chunk: int, width: int) -> Part:
    """The head and its loss in chunks: every chunk reads the whole head twice, keeps no logits."""
    vocab, hidden = config.vocab_size, config.hidden_size
    chunks = -(-tokens // chunk)
    fp32 = 4
    head = vocab * hidden
    # Both products read the head; the third adds to its fp32 gradient. Logits are written and
    # read once in fp32 at least, and written and read twice in the products' type.
    moved = chunks * head * (2 * width + 2 * fp32) + tokens * vocab * (2 * fp32 + 3 * width)
    return Part(name="cross-entropy", flops=6 * head * tokens, num_bytes=moved)


def adamw(num_parameters: int, *, width: int) -> Part:
    """AdamW with fp32 masters: gradient in, master and two moments in and out, weight out."""
    fp32 = 4
    masters = 0 if width == fp32 else fp32 + width
    return Part(
        name="optimizer",
        flops=12 * num_parameters,
        num_bytes=num_parameters * (width + 6 * fp32 + masters),
    )


def body_weights(config: ModelConfig) -> int:
    """Count the weights of all projections between the embedding and the head."""
    total = 0
    for layer in range(config.num_layers):
        heads, kv_heads, dim = config.heads(layer)
        total += config.hidden_size * (2 * heads + 2 * kv_heads) * dim
        total += 3 * config.hidden_size * config.intermediate_size
    return total


def step_flops(config: ModelConfig, *, rows: int, tokens: int) -> float:
    """Return the model FLOPs of one step over rows x tokens, attention and head included."""
    parts = [linears(config, tokens=rows * tokens, width=2)]
    parts += [
        attention(config, layer, rows=rows, tokens=tokens, width=2)
        for layer in range(config.num_layers)
    ]
    parts.append(cross_entropy(config, tokens=rows * tokens, chunk=rows * tokens, width=2))
    return sum(part.flops for part in parts)


def peak_flops(device_name: str) -> float | None:
    """Return the data sheet's dense bf16 rate of a GPU, or None for one not listed."""
    return next((rate for word, rate in PEAK_BF16_FLOPS.items() if word in device_name), None)


def _activations(config: ModelConfig) -> int:
    """Count the numbers a token's projections read and write in one forward pass."""
    total = 0
    for layer in range(config.num_layers):
        heads, kv_heads, dim = config.heads(layer)
        total += 4 * config.hidden_size + (2 * heads + 2 * kv_heads) * dim
        total += 4 * config.intermediate_size
    return total
